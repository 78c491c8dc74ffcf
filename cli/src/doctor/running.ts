import type { Finding as Posture } from 'bulwark/doctor'
import type { Report } from '../output/finding.ts'
import { asFinding, type Tier } from './posture.ts'

/** Adds what a running service says of itself to what is seen from outside. */
export async function running(
  url: URL,
  cookie: string,
  tier: Tier,
  seen: Report,
  signal: AbortSignal,
): Promise<Report> {
  const address = new URL(`/admin/posture?tier=${tier}`, url)
  const response = await fetch(address, {
    headers: { cookie, accept: 'application/json' },
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
  })
  if (response.status !== 200) {
    const what = `${address.pathname} answered ${response.status}; it wants an administrator who has stepped up`
    return { ...seen, incomplete: [...seen.incomplete, what] }
  }
  const { findings } = (await response.json()) as { readonly findings: readonly Posture[] }
  return {
    ...seen,
    findings: [...seen.findings, ...findings.map(each => asFinding(each, 'service', tier))],
    notChecked: [],
    facts: { ...seen.facts, tier },
  }
}
