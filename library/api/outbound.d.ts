import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { Dispatcher } from 'undici';
import type { Outcome } from '../kernel/outcome.ts';
import type { Refusal } from '../kernel/refusal.ts';
import { outboundAuditEvent } from './audit-event.ts';
import { type CallParts } from './call.ts';
import { outboundMeter } from './events.ts';
import { type OutboundPolicy, outboundPolicy } from './policy.ts';
import { OutboundRefused, refusals } from './refusals.ts';
export type { OutboundCounts, OutboundEvent, OutboundMeter } from './events.ts';
export type { OutboundOptions, OutboundProxy, OutboundSettings } from './options.ts';
export type { Narrowing, OutboundPolicy } from './policy.ts';
export type { Resolve } from './resolver.ts';
export type { Wires } from './wires.ts';
export { OutboundRefused, outboundAuditEvent, outboundMeter, outboundPolicy, refusals };
/** What `fetch` takes, and the policy. */
export interface SafeFetchInit extends CallParts {
    readonly policy: OutboundPolicy;
}
/**
 * `fetch` for a URL that somebody else chose. It cannot be turned inward: every address is judged
 * where the socket is made, every redirect like a first request, and size and time have an end.
 *
 * The body is read whole before the answer comes, under the policy's caps. Cookies are neither kept
 * nor sent. Answers one of `refusals`, all of which say `outbound.refused` to the client.
 *
 * @throws what the caller's `signal` was aborted with
 * @throws {TypeError} for a request that contradicts itself, such as a GET with a body
 * @see ASVS 1.3.6, 13.2.4, 15.3.2, 15.4.2
 */
export declare function safeFetch(input: string | URL | Request, init: SafeFetchInit): Promise<Outcome<Response>>;
/**
 * The same as a plain `fetch`, for libraries that want to be handed one.
 *
 * @returns a function that rejects with `OutboundRefused`, whose message tells nothing
 */
export declare function outboundFetch(policy: OutboundPolicy): typeof fetch;
/** Guarded agents for clients of your own. */
export interface OutboundAgents {
    /** For undici's `fetch`, `request`, `stream`. */
    readonly dispatcher: Dispatcher;
    /** For `http.request`, axios, got and others built on node:http. */
    readonly httpAgent: HttpAgent;
    /** For `https.request` and what is built on it. */
    readonly httpsAgent: HttpsAgent;
}
/**
 * The sockets of a policy, for undici and node:http. Scheme, port, host and address are judged for
 * every socket, redirects included; what flows through it (credentials in URLs, headers across
 * origins, sizes, the total time) is the client's affair, as `safeFetch` would do it.
 */
export declare function outboundAgent(policy: OutboundPolicy): OutboundAgents;
/**
 * Judges a URL when somebody enters it, without a lookup: URL, scheme, port, host, literal address.
 * Never instead of the fetch, whose address nobody knows yet.
 */
export declare function judgeUrl(url: string, policy: OutboundPolicy): Refusal | undefined;
