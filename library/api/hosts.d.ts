import type { Refusal } from '../kernel/refusal.ts';
import type { RawRequest } from './framing.ts';
export declare const refusals: {
    readonly missing: {
        readonly code: 'hosts.missing';
        readonly says: 'hosts.malformed';
        readonly status: 400;
        readonly close: true;
    };
    readonly repeated: {
        readonly code: 'hosts.repeated';
        readonly says: 'hosts.malformed';
        readonly status: 400;
        readonly close: true;
    };
    readonly malformed: {
        readonly code: 'hosts.malformed';
        readonly says: 'hosts.malformed';
        readonly status: 400;
        readonly close: true;
    };
    readonly unknown: {
        readonly code: 'hosts.unknown';
        readonly says: 'hosts.unknown';
        readonly status: 421;
    };
};
export interface HostsOptions {
    /** Public origins; their hosts are ours. */
    readonly origins: readonly string[];
    /** More host names (with port where it is not the scheme's), or `*.example.com`. */
    readonly hosts?: readonly string[];
    /** Also every loopback name with any port. For development. */
    readonly loopback?: boolean;
    /** Exact paths answered under any well-formed Host, for load balancers' probes. */
    readonly probePaths?: readonly string[];
}
/**
 * Answers only under names that are ours, so that no link, mail or cache entry can be made to
 * carry somebody else's, and no page that rebinds its DNS name to us can read an answer.
 *
 * @returns a guard that answers `hosts.missing`, `hosts.repeated`, `hosts.malformed` (400) or
 * `hosts.unknown` (421)
 * @throws {ConfigFault} when an origin or host is not one
 * @see ASVS 4.2.1; RFC 9112 §3.2, RFC 9110 §7.4
 */
export declare function hosts(options: HostsOptions): (request: RawRequest) => Refusal | undefined;
