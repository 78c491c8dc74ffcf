/** An event of the log as the service tells it. */
export interface AuditEvent {
  readonly sequence: number
  readonly id: string
  readonly at: string
  readonly code: string
  readonly severity: 'info' | 'notice' | 'warning' | 'critical'
  readonly what: string
  readonly outcome: 'success' | 'failure'
  readonly reason?: string
  readonly actorId?: string
  readonly targetId?: string
  readonly requestId?: string
  readonly method?: string
  readonly route?: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly personal: Readonly<Record<string, string>>
}

export interface Span {
  readonly at: string
  readonly signIns: number
  readonly refusals: number
  readonly lockouts: number
  readonly attacks: number
}

export interface Overview {
  readonly accounts: number
  readonly admins: number
  readonly sessions: number
  readonly lockedOut: number
  readonly lastDay: { readonly events: number }
  readonly spans: readonly Span[]
  readonly kinds: readonly { readonly word: string; readonly count: number }[]
  readonly audit: { readonly waiting: number; readonly lost: number }
  readonly store: string
}

export interface User {
  readonly id: string
  readonly email: string
  readonly name: string | null
  readonly role: string
  readonly emailVerified: boolean
  readonly disabledAt: string | null
  readonly createdAt: string
}

export interface UserDetail extends User {
  readonly factors: Readonly<Record<string, number>>
  readonly lockout: { readonly failures: number; readonly until: string | null }
  readonly sessions: readonly {
    readonly id: string
    readonly device: string
    readonly address: string
    readonly factors: readonly string[]
    readonly lastUsedAt: string
  }[]
}

export interface Waiting {
  readonly kind: 'account' | 'name' | 'address' | 'device'
  readonly key: string
  readonly email: string | null
  readonly failures: number
  readonly until: string
}

/** Somebody who asked more often than a rate allows. */
export interface Limited {
  readonly policy: string
  readonly address: string | null
  readonly accountId: string | null
  readonly email: string | null
  readonly count: number
  readonly limit: number | null
  readonly windowSeconds: number | null
  readonly lastAt: string
}

export interface Violation {
  readonly fingerprint: string
  readonly count: number
  readonly firstAt: string
  readonly lastAt: string
  readonly example: {
    readonly directive: string
    readonly blockedUrl: string
    readonly documentUrl: string
    readonly sourceFile: string
    readonly line: number
    readonly sample: string
  }
}

export interface Posture {
  readonly asked: number
  readonly findings: readonly {
    readonly id: string
    readonly severity: 'critical' | 'warning' | 'advice'
    readonly what: string
    readonly why: string
    readonly fix: string
    readonly detail?: string
    readonly accepted?: string
  }[]
}

export interface Chain {
  readonly whole: boolean
  readonly rows: number
  readonly findings: readonly { readonly sequence: number; readonly what: string }[]
}

/** What the service would not do, by its code. */
export class Refused extends Error {}

const SENTENCES: Readonly<Record<string, string>> = {
  'admin.own_account': 'That is your own account. Have somebody else do it.',
  'access.not_found': 'That is not there any more.',
  'access.refused': 'You may not do that.',
  'limits.busy': 'The service has its hands full. Try again in a moment.',
}

/** What went wrong, in words. */
export function wordsFor(error: unknown): string {
  if (error instanceof Refused) return SENTENCES[error.message] ?? 'That did not work.'
  return 'The service cannot be reached. What you see may be old.'
}

async function ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (method === 'POST') {
    const { csrfToken } = (await (await fetch('/csrf-token')).json()) as { csrfToken: string }
    headers['x-csrf-token'] = csrfToken
    if (body !== undefined) headers['content-type'] = 'application/json'
  }
  const given = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(path, { method, headers, ...given })
  const text = await response.text()
  const json: unknown = text === '' ? undefined : JSON.parse(text)
  if (response.ok) return json
  const code = (json as { code?: unknown } | undefined)?.code
  // The page itself knows the way: to the sign-in, or to a fresh proof of identity.
  if (response.status === 401 || code === 'access.step_up') location.assign('/console')
  throw new Refused(String(code ?? response.status))
}

export async function read<T>(path: string, query: Record<string, string> = {}): Promise<T> {
  const given = Object.entries(query).filter(([, value]) => value !== '')
  const text = new URLSearchParams(given).toString()
  return (await ask('GET', text === '' ? path : `${path}?${text}`)) as T
}

export async function act(path: string, body?: unknown): Promise<void> {
  await ask('POST', path, body)
}
