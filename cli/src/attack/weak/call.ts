import type { IncomingMessage } from 'node:http'

/** A request as the twin's routes see it. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly message: IncomingMessage
  readonly remote: string
  readonly cookies: ReadonlyMap<string, string>
  readonly type: string
  readonly raw: Buffer
  /** The parsed body: JSON, or the fields of a form. */
  readonly body: Readonly<Record<string, unknown>>
  readonly params: Readonly<Record<string, string>>
  readonly session: Session | undefined
  readonly user: User | undefined
  header(name: string): string | undefined
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly json?: unknown
  readonly html?: string
  readonly text?: string
  readonly bytes?: Buffer
  readonly type?: string
}

export interface Passkey {
  readonly id: string
  readonly publicKey: string
  counter: number
  readonly user: User
}

export interface User {
  readonly id: string
  readonly email: string
  name: string
  role: string
  salt: string
  hash: string
  verified: boolean
  totp?: { secret: string; active: boolean; lastStep: number }
  backupCodes: Set<string>
  failures: number
  factorFailures: number
  readonly extra: Record<string, unknown>
}

export interface Session {
  id: string
  user: User | undefined
  authenticatedAt: number
  /** Passed the password, not yet the second factor. */
  pending?: User | undefined
  challenge?: string | undefined
}

export interface Order {
  readonly id: string
  owner: User
  item: string
  quantity: number
  readonly extra: Record<string, unknown>
}

export interface Upload {
  readonly id: string
  readonly owner: User
  readonly name: string
  readonly type: string
  readonly bytes: Buffer
}

export type Handler = (call: Call) => Answer | Promise<Answer> | undefined
export type Routes = Readonly<Record<string, Handler>>

export const json = (status: number, value: unknown, headers: Answer['headers'] = {}): Answer => ({
  status,
  json: value,
  headers,
})

export const page = (title: string, body: string, status = 200): Answer => ({
  status,
  html: `<!doctype html><html lang="en"><head><title>${title}</title></head><body>${body}</body></html>`,
})

export const nothing = (headers: Answer['headers'] = {}): Answer => ({ status: 204, headers })

export const refuse = (status: number, code: string, headers: Answer['headers'] = {}): Answer => ({
  status,
  type: 'application/problem+json',
  json: { title: code, status, code },
  headers: { ...(status === 401 ? { 'WWW-Authenticate': 'Session' } : {}), ...headers },
})

export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, letter => `&#${letter.charCodeAt(0)};`)

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
