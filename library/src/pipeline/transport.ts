import type { Incoming } from '../http/incoming.ts'
import type { Refusal } from '../kernel/refusal.ts'
import { refusals } from './refusals.ts'

/**
 * Sends navigations that came over plain http to https, and refuses everything else: an API client
 * that leaks its token on the first hop must notice (ASVS 4.1.2).
 */
export function transport(
  origins: readonly string[],
  probePaths: readonly string[],
): (incoming: Incoming) => Refusal | undefined {
  const probes = new Set(probePaths)
  const first = origins[0] ?? ''
  return incoming => {
    if (incoming.secure || probes.has(incoming.path)) return undefined
    if (!isNavigation(incoming)) return refusals.insecure
    return {
      ...refusals.insecure,
      status: 308,
      headers: { location: (incoming.origin || first) + incoming.target },
    }
  }
}

function isNavigation(incoming: Incoming): boolean {
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD') return false
  return (
    incoming.header('sec-fetch-mode') === 'navigate' ||
    incoming.header('accept')?.includes('text/html') === true
  )
}
