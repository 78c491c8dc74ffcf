import type { Finding, Report } from '../output/finding.ts'
import { type Answer, OUTSIDE_CHECKS } from './outside.checks.ts'

/** Paths that are asked for, each once: nothing is sent but these. */
const PATHS = [
  '/',
  '/bulwark-doctor-asks-for-nothing',
  '/%ff',
  '/openapi.json',
  '/docs',
  '/metrics',
  '/.env',
  '/.git/HEAD',
  '/debug',
] as const

const MOST = 256 * 1024
const STRANGER = 'https://stranger.invalid'

/** Looks at a service as any visitor can: a handful of GET requests, no attack. */
export async function outside(url: URL, signal: AbortSignal): Promise<Report> {
  const answers: Answer[] = []
  const incomplete: string[] = []
  for (const path of PATHS) {
    try {
      answers.push(await asked(url, path, signal))
    } catch (error) {
      incomplete.push(`${url.origin}${path} did not answer (${reason(error)})`)
      if (answers.length === 0) break
    }
  }
  const service = { isHttps: url.protocol === 'https:', isLoopback: LOOPBACK.test(url.hostname) }
  const findings = OUTSIDE_CHECKS.flatMap(({ severity, found, ...rule }): Finding[] => {
    const at = found(answers, service)
    if (at === undefined) return []
    return [
      {
        rule,
        severity,
        title: `${rule.what} (${at})`,
        notes: [],
        file: 'service',
        line: 1,
        fingerprint: `doctor/${rule.id}`,
        details: { at },
      },
    ]
  })
  return {
    command: 'doctor',
    subject: url.origin,
    findings,
    incomplete,
    notChecked: ['what only the service knows of itself: set BULWARK_COOKIE, or name its CONFIG'],
    facts: { asked: PATHS.length },
  }
}

const LOOPBACK = /^(?:localhost|127\.[\d.]+|\[::1\])$/

async function asked(url: URL, path: string, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(url.origin + path, {
    redirect: 'manual',
    headers: { accept: 'text/html,application/json;q=0.9,*/*;q=0.1', origin: STRANGER },
    signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
  })
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.length > MOST) break
  }
  return { path, status: response.status, headers: response.headers, text, stranger: STRANGER }
}

function reason(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error ? cause.message || cause.name : String(cause)
}
