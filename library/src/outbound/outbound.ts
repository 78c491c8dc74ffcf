import type { Agent as HttpAgent } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import type { Dispatcher } from 'undici'
import type { Outcome } from '../kernel/outcome.ts'
import type { Refusal } from '../kernel/refusal.ts'
import { outboundAuditEvent } from './audit-event.ts'
import { Call, type CallParts } from './call.ts'
import { outboundMeter } from './events.ts'
import { type OutboundPolicy, outboundPolicy } from './policy.ts'
import { OutboundRefused, refusals } from './refusals.ts'

export type { OutboundCounts, OutboundEvent, OutboundMeter } from './events.ts'
export type { OutboundOptions, OutboundProxy, OutboundSettings } from './options.ts'
export type { Narrowing, OutboundPolicy } from './policy.ts'
export type { Resolve } from './resolver.ts'
export type { Wires } from './wires.ts'
export { OutboundRefused, outboundAuditEvent, outboundMeter, outboundPolicy, refusals }

/** What `fetch` takes, and the policy. */
export interface SafeFetchInit extends CallParts {
  readonly policy: OutboundPolicy
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
export function safeFetch(
  input: string | URL | Request,
  init: SafeFetchInit,
): Promise<Outcome<Response>> {
  const call = new Call(init.policy)
  if (!(input instanceof Request)) return call.run(String(input), init)
  const { method, headers, body, signal, redirect } = input
  return call.run(input.url, { method, headers, body, signal, redirect, ...init })
}

/**
 * The same as a plain `fetch`, for libraries that want to be handed one.
 *
 * @returns a function that rejects with `OutboundRefused`, whose message tells nothing
 */
export function outboundFetch(policy: OutboundPolicy): typeof fetch {
  return async (input, init = {}) => {
    const { method, headers, body, signal, redirect } = init as CallParts
    const given = { method, headers, body, signal, redirect }
    const parts = Object.fromEntries(Object.entries(given).filter(([, part]) => part !== undefined))
    const outcome = await safeFetch(input, { ...parts, policy })
    if (!outcome.ok) throw new OutboundRefused(outcome.refusal)
    return outcome.value
  }
}

/** Guarded agents for clients of your own. */
export interface OutboundAgents {
  /** For undici's `fetch`, `request`, `stream`. */
  readonly dispatcher: Dispatcher
  /** For `http.request`, axios, got and others built on node:http. */
  readonly httpAgent: HttpAgent
  /** For `https.request` and what is built on it. */
  readonly httpsAgent: HttpsAgent
}

/**
 * The sockets of a policy, for undici and node:http. Scheme, port, host and address are judged for
 * every socket, redirects included; what flows through it (credentials in URLs, headers across
 * origins, sizes, the total time) is the client's affair, as `safeFetch` would do it.
 */
export function outboundAgent(policy: OutboundPolicy): OutboundAgents {
  const { dispatcher, httpAgent, httpsAgent } = policy.agents
  return { dispatcher, httpAgent, httpsAgent }
}

/**
 * Judges a URL when somebody enters it, without a lookup: URL, scheme, port, host, literal address.
 * Never instead of the fetch, whose address nobody knows yet.
 */
export function judgeUrl(url: string, policy: OutboundPolicy): Refusal | undefined {
  const admitted = policy.guard.admit(url)
  return admitted.ok ? undefined : admitted.refusal
}
