import { randomBytes } from 'node:crypto'
import type { Answer, Call } from './call.ts'
import type { State } from './state.ts'

type HeaderList = Record<string, string | readonly string[]>

/** Puts the headers on every answer, errors too: what a page, and what data should say. */
export function dress(answer: Answer, call: Call | undefined, state: State): HeaderList {
  const weak = (flaw: string) => state.weak(flaw)
  const headers: HeaderList = {}
  const html = answer.html !== undefined
  const put = (flaw: string, name: string, value: string, weaker?: string) => {
    if (!weak(flaw)) headers[name] = value
    else if (weaker !== undefined) headers[name] = weaker
  }
  const nonce = weak('hdr.csp-nonce') ? 'c3RhbGUtbm9uY2UtMQ==' : randomBytes(16).toString('base64')
  const csp = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; report-to csp`
  const frame = weak('hdr.frame') || (weak('oauth.framing') && call?.path.startsWith('/oauth'))
  if (html) {
    put('hdr.csp', 'Content-Security-Policy', frame ? csp : `${csp}; frame-ancestors 'none'`)
    if (weak('hdr.csp-strength'))
      headers['Content-Security-Policy'] =
        `script-src 'self' 'unsafe-inline' *; frame-ancestors 'none'; report-to csp`
    if (weak('hdr.csp-report'))
      headers['Content-Security-Policy'] = csp.replace(
        '; report-to csp',
        "; frame-ancestors 'none'",
      )
    put('hdr.coop', 'Cross-Origin-Opener-Policy', 'same-origin')
    put('hdr.permissions', 'Permissions-Policy', 'camera=(), geolocation=(), microphone=()')
  }
  put('hdr.nosniff', 'X-Content-Type-Options', 'nosniff')
  put('hdr.referrer', 'Referrer-Policy', 'no-referrer', 'unsafe-url')
  put('hdr.hsts', 'Strict-Transport-Security', 'max-age=63072000; includeSubDomains')
  put('hdr.corp', 'Cross-Origin-Resource-Policy', 'same-origin')
  put('session.no-store', 'Cache-Control', 'no-store', 'public, max-age=60')
  if (weak('hdr.version')) headers['Server'] = 'twin/1.4.2'
  put('brute.rate-headers', 'RateLimit-Policy', '"all";q=150;w=4')
  put('audit.request-id', 'X-Request-Id', randomBytes(8).toString('hex'))
  if (weak('hdr.on-errors') && answer.status >= 400)
    for (const name of Object.keys(headers))
      if (/security|options/i.test(name)) delete headers[name]
  Object.assign(headers, cors(call, state), answer.headers)
  return headers
}

/** Cross-origin reading: only one named origin, unless a flaw says otherwise. */
function cors(call: Call | undefined, state: State): HeaderList {
  const origin = call?.header('origin')
  if (call === undefined || origin === undefined) return {}
  const weak = (flaw: string) => state.weak(flaw)
  if (weak('cors.wildcard-private')) return { 'Access-Control-Allow-Origin': '*' }
  const friend = 'https://friend.example'
  const trusted =
    origin === friend ||
    weak('cors.reflect') ||
    weak('cors.preflight-cache') ||
    (weak('cors.null') && origin === 'null') ||
    (weak('cors.lookalike') && origin.includes(state.origin.slice(7).split(':')[0] ?? ''))
  if (!trusted) return { Vary: 'Origin' }
  const preflight = call.method === 'OPTIONS'
  return {
    'Access-Control-Allow-Origin': origin,
    ...(origin === friend || weak('cors.preflight-cache')
      ? {}
      : { 'Access-Control-Allow-Credentials': 'true' }),
    ...(weak('cors.preflight-cache') ? {} : { Vary: 'Origin' }),
    ...(preflight && weak('cors.preflight-cache')
      ? {
          'Access-Control-Allow-Methods': call.header('access-control-request-method') ?? '',
          'Access-Control-Allow-Headers': call.header('access-control-request-headers') ?? '',
        }
      : {}),
  }
}
