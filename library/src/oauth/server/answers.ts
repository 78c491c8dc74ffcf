/** An error as RFC 6749 §5.2 and its successors write it. */
export interface OAuthError {
  readonly status: number
  readonly error: string
  readonly description: string
  /** `www-authenticate`, where the client tried that way. */
  readonly challenge?: string
  readonly retryAfterSeconds?: number
}

/** What an endpoint of the server answers: a JSON body, or an error. */
export type OAuthAnswer =
  | { readonly ok: true; readonly body: object; readonly status?: number }
  | { readonly ok: false; readonly error: OAuthError }

export function fine(body: object, status = 200): OAuthAnswer {
  return { ok: true, body, status }
}

export function wrong(
  error: string,
  description: string,
  status = 400,
): Extract<OAuthAnswer, { readonly ok: false }> {
  return { ok: false, error: { status, error, description } }
}

/** The fields of a form or a query: each name once. */
export type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>

export function one(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function many(parameters: Parameters, name: string): readonly string[] {
  // Without a value it was not said (RFC 6749 §3.1).
  return [parameters[name] ?? []].flat().filter(value => value !== '')
}

const SCOPE_WORD = /^[\x21\x23-\x5b\x5d-\x7e]+$/ // RFC 6749 §3.3

/** The words of a scope, each once; `undefined` when it is malformed. */
export function scopeWords(text: string | undefined): readonly string[] | undefined {
  const words = (text ?? '').split(' ').filter(word => word !== '')
  return words.every(word => SCOPE_WORD.test(word)) ? [...new Set(words)] : undefined
}
