import { PROBLEM_TYPE, type Problem, problemOf } from '../http/problem.ts'
import type { Refusal } from '../kernel/refusal.ts'
import type { Answer } from './answer.ts'
import type { Exchange } from './exchange.ts'

/** An answer whose every member is there. */
export interface ProblemAnswer extends Answer {
  readonly type: string
  readonly headers: readonly string[]
  readonly body: string
}

/**
 * Writes the page that people see instead of what they asked for. It runs before or without a session,
 * so it knows nobody; it is told what the client may learn, and the path, and nothing else.
 */
export type ProblemPage = (
  problem: Problem,
  about: { readonly path: string; readonly nonce: string },
) => string

/** What Bulwark answers when it refuses: problem+json, or the same as a page for people. */
export function problemAnswer(
  exchange: Exchange,
  refusal: Refusal,
  problemPage?: ProblemPage,
): ProblemAnswer {
  const problem = problemOf(refusal, exchange.id)
  const headers = problemFields(refusal)
  if (wantsPage(exchange)) {
    return {
      status: refusal.status,
      type: 'text/html; charset=utf-8',
      headers,
      body: bodyOf(exchange, problem, problemPage),
    }
  }
  return { status: refusal.status, type: PROBLEM_TYPE, headers, body: JSON.stringify(problem) }
}

/** The fields that a refusal itself asks for. */
export function problemFields(refusal: Refusal): readonly string[] {
  const fields: string[] = []
  for (const [name, value] of Object.entries(refusal.headers ?? {})) fields.push(name, value)
  if (refusal.retryAfterSeconds !== undefined) {
    fields.push('retry-after', String(Math.ceil(refusal.retryAfterSeconds)))
  }
  if (refusal.status === 401 && refusal.headers?.['www-authenticate'] === undefined) {
    fields.push('www-authenticate', 'Bearer')
  }
  if (refusal.close === true) fields.push('connection', 'close')
  if (refusal.headers?.['cache-control'] === undefined) fields.push('cache-control', 'no-store')
  return fields
}

function bodyOf(exchange: Exchange, problem: Problem, own: ProblemPage | undefined): string {
  if (own === undefined) return page(problem)
  // Decision: a page that fails must not answer a refusal with a fault, so the plain one takes its
  // place. Cost: a mistake in one's own page shows as a plain one.
  try {
    const { nonce, incoming } = exchange
    const text = own(problem, { path: incoming.path, nonce })
    exchange.explained = true
    return text
  } catch {
    return page(problem)
  }
}

function wantsPage(exchange: Exchange): boolean {
  const accept = exchange.incoming.header('accept')
  return accept?.includes('text/html') === true
}

/** Every value in it is ours: a standard phrase, a code, a base64url id. Nothing of the request. */
function page({ title, status, code, requestId, retryAfter }: Problem): string {
  const wait = retryAfter === undefined ? '' : `<p>Try again in ${retryAfter} seconds.</p>`
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><main><h1>${status} ${title}</h1><p>${code}</p>${wait}<p><small>${requestId}</small></p></main></html>\n`
}
