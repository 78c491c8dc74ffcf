import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type Bulwark, type BulwarkOptions, type Exchange } from '../../bulwark.ts';
import type { RoutePolicy } from '../../pipeline/route.ts';
/** A request that every defence has let through. */
export interface Protected {
    readonly message: IncomingMessage;
    readonly response: ServerResponse;
    readonly exchange: Exchange;
    /** Who asks; `undefined` for strangers. */
    readonly principal: Exchange['principal'];
    readonly params: Readonly<Record<string, string>>;
    readonly query: unknown;
    readonly body: unknown;
}
/** A route of a plain node:http service. */
export interface NodeRoute extends RoutePolicy {
    handle(request: Protected): void | Promise<void>;
}
/**
 * All defences in front of plain node:http: `createServer(await bulwark(options, routes))`.
 * Routes are `METHOD /path` with `:name` for parameters.
 *
 * @throws {ConfigFault} when an option or a route's policy is wrong
 */
export declare function bulwark(options: BulwarkOptions | {
    readonly bulwark: Bulwark;
}, routes: Readonly<Record<string, NodeRoute>>): Promise<RequestListener>;
