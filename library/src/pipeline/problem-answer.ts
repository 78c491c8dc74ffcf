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

/** What Bulwark answers when it refuses: problem+json, or the same as a plain page for people. */
export function problemAnswer(exchange: Exchange, refusal: Refusal): ProblemAnswer {
  const problem = problemOf(refusal, exchange.id)
  const headers = problemFields(refusal)
  if (wantsPage(exchange)) {
    return {
      status: refusal.status,
      type: 'text/html; charset=utf-8',
      headers,
      body: page(problem),
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

function wantsPage(exchange: Exchange): boolean {
  const accept = exchange.incoming.header('accept')
  return accept?.includes('text/html') === true
}

/** Every value in it is ours: a standard phrase, a code, a base64url id. Nothing of the request. */
function page({ title, status, code, requestId, retryAfter }: Problem): string {
  const wait = retryAfter === undefined ? '' : `<p>Try again in ${retryAfter} seconds.</p>`
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><main><h1>${status} ${title}</h1><p>${code}</p>${wait}<p><small>${requestId}</small></p></main></html>\n`
}
