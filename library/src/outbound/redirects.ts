import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import type { Guard } from './guard.ts'
import type { OutboundSettings } from './options.ts'
import { because, refusals } from './refusals.ts'
import type { Outgoing } from './request.ts'

/** One request of the chain. */
export interface Hop extends Outgoing {
  readonly url: URL
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Fields that describe a body, and go with it. */
const OF_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
])

/**
 * Fields that may cross to another origin: none can carry a secret that was meant for the first.
 *
 * Decision: a list of what may cross, for `X-Api-Key` and its many cousins are on no list of secrets.
 * Cost: a service that redirects to another host of its own must be called there directly.
 */
const MAY_CROSS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'content-language',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
  'user-agent',
])

/** Whether a response asks to go elsewhere. */
export function isRedirect(status: number, location: unknown): boolean {
  return location !== undefined && REDIRECTS.has(status)
}

/**
 * The request that follows a redirect, judged like the first.
 *
 * @see RFC 9110 §15.4, WHATWG Fetch, HTTP-redirect fetch
 */
export function nextHop(
  hop: Hop,
  status: number,
  location: string | readonly string[],
  { guard, settings }: { readonly guard: Guard; readonly settings: OutboundSettings },
): Outcome<Hop> {
  if (typeof location !== 'string') {
    return refused(because(refusals.redirects, 'more than one Location'))
  }
  const admitted = guard.admit(location, hop.url)
  if (!admitted.ok) return admitted
  const url = admitted.value
  const falls = hop.url.protocol === 'https:' && url.protocol === 'http:'
  if (falls && !settings.dangerouslyAllowDowngrade) return refused(refusals.downgrade)

  const becomesGet =
    status === 303
      ? hop.method !== 'GET' && hop.method !== 'HEAD'
      : hop.method === 'POST' && (status === 301 || status === 302)
  const crosses = url.origin !== hop.url.origin
  const headers: string[] = []
  for (let at = 0; at < hop.headers.length; at += 2) {
    const name = hop.headers[at] ?? ''
    if (crosses && !MAY_CROSS.has(name)) continue
    if (becomesGet && OF_BODY.has(name)) continue
    headers.push(name, hop.headers[at + 1] ?? '')
  }
  return granted(
    becomesGet
      ? { url, method: 'GET', headers, body: null }
      : { url, method: hop.method, headers, body: hop.body },
  )
}
