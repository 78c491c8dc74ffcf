import type { Incoming } from '../../http/incoming.ts';
import type { Outcome } from '../../kernel/outcome.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import { type JsonLimits } from './json.ts';
export declare const refusals: {
    readonly missingType: {
        readonly code: 'content.missing_type';
        readonly says: 'content.unsupported_type';
        readonly status: 415;
    };
    readonly malformedType: {
        readonly code: 'content.malformed_type';
        readonly says: 'content.unsupported_type';
        readonly status: 415;
    };
    readonly unsupportedType: {
        readonly code: 'content.unsupported_type';
        readonly says: 'content.unsupported_type';
        readonly status: 415;
    };
    readonly charset: {
        readonly code: 'content.charset';
        readonly says: 'content.unsupported_type';
        readonly status: 415;
    };
    readonly notAcceptable: {
        readonly code: 'content.not_acceptable';
        readonly says: 'content.not_acceptable';
        readonly status: 406;
    };
    readonly unexpectedBody: {
        readonly code: 'content.unexpected_body';
        readonly says: 'content.unexpected_body';
        readonly status: 400;
    };
};
export interface ContentOptions {
    /** What routes take that say nothing: `application/json`. */
    readonly consumes?: readonly string[];
    /** What routes give that say nothing; empty for anything. */
    readonly produces?: readonly string[];
    readonly json?: JsonLimits;
}
/** What one route takes and gives. */
export interface RouteContent {
    /** Media types without parameters; empty when the route takes no body. */
    readonly consumes?: readonly string[];
    readonly produces?: readonly string[];
}
export interface Content {
    /** The guard for one route, made once at start: 415, 406, 400, before the body. */
    route(rule?: RouteContent): (request: Incoming) => Refusal | undefined;
    readonly json: Required<JsonLimits>;
    /** `parseJson` with these limits, made once. */
    readonly parse: (input: Uint8Array | string) => Outcome<unknown>;
}
/**
 * Which media types may reach a route. A body without a type, or with one that the route does not
 * name, is not read: what a form on another site can send is never taken for JSON.
 *
 * @throws {ConfigFault} when a media type is none, or carries parameters
 * @see ASVS 4.1.1, 3.5.2, 15.3.5; RFC 9110 §15.5.16
 */
export declare function content(options?: ContentOptions): Content;
