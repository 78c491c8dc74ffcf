/** An answer's JSON, or one sentence on why there is none. */
export type Fetched =
  | { readonly ok: true; readonly json: unknown }
  | { readonly ok: false; readonly status?: number; readonly why: string }

const SECONDS = 30
const MAX_BYTES = 128 * 1024 * 1024

/** Fetches JSON within 30 seconds and 128 MiB. Redirects lose the credentials when they change host. */
export async function fetched(
  url: string,
  init: RequestInit,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<Fetched> {
  const headers = new Headers(init.headers)
  headers.set('accept', 'application/json')
  if (authorization !== undefined) headers.set('authorization', authorization)
  try {
    const answer = await fetch(url, {
      ...init,
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(SECONDS * 1000)]),
    })
    if (!answer.ok) {
      await answer.body?.cancel()
      return { ok: false, status: answer.status, why: `${where(url)} answered ${answer.status}` }
    }
    const bytes = await upTo(answer, MAX_BYTES)
    return { ok: true, json: JSON.parse(bytes.toString('utf8')) }
  } catch (error) {
    return { ok: false, why: `${where(url)} ${reason(error)}` }
  }
}

/** Reads a body, and gives up where it grows beyond `most` bytes. */
export async function upTo(answer: Response, most: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of answer.body ?? []) {
    bytes += part.byteLength
    if (bytes > most) throw new RangeError(`answered more than ${most} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** An address without its query and without a password somebody put into it. */
export function where(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

/** Why a fetch failed, in the operating system's own word where there is one. */
export function reason(error: unknown): string {
  if (error instanceof SyntaxError) return 'did not answer with JSON'
  if (error instanceof RangeError) return error.message
  if (error instanceof Error && error.name === 'TimeoutError')
    return `was silent for ${SECONDS} seconds`
  const cause = error instanceof Error ? error.cause : undefined
  const deepest = cause instanceof Error ? cause : error
  const code = deepest instanceof Error && 'code' in deepest ? String(deepest.code) : undefined
  return `is out of reach (${code ?? (deepest instanceof Error ? deepest.message : String(deepest))})`
}
