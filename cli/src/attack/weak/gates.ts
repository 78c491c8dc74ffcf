import type { IncomingMessage } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { type Answer, type Call, refuse } from './call.ts'
import { type State, same } from './state.ts'
import { readJson } from './strict-json.ts'

const JSON_BYTES = 100 * 1024
const FILE_BYTES = 1024 * 1024
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** What is refused before anything of the request is believed. */
export function atTheDoor(message: IncomingMessage, state: State): Answer | undefined {
  const { weak } = bound(state)
  const hosts = message.rawHeaders.filter((name, i) => i % 2 === 0 && /^host$/i.test(name))
  const host = message.headers.host ?? ''
  const own = [state.origin.slice(7), state.origin.slice(7).replace('127.0.0.1', 'localhost')]
  if (hosts.length !== 1 && !weak('http.framing')) return refuse(400, 'framing.host', CLOSE)
  if (
    !own.includes(host.toLowerCase()) &&
    !weak('deploy.host-allow') &&
    !weak('reset.host') &&
    !weak('http.framing')
  )
    return refuse(421, 'host.unknown', CLOSE)
  if (!METHODS.has(message.method ?? '') && !weak('err.method')) return refuse(405, 'method')
  const url = message.url ?? '/'
  if (!url.startsWith('/') && !weak('http.framing')) return refuse(400, 'target')
  const query = url.split('?')[1] ?? ''
  if (
    (url.length > 8192 || query.split('&').length > 200 || /(\[|%5B)[^&]*(\[|%5B)/i.test(query)) &&
    !weak('dos.query') &&
    !weak('dos.redos')
  )
    return refuse(400, 'query.size')
  if (weak('dos.query') && query.length > 4000) throw new RangeError('query')
  if (message.rawHeaders.length > 200 && !weak('dos.headers')) return refuse(431, 'headers.size')
  return undefined
}

const CLOSE = { Connection: 'close' }

/** Reads the body within its limit, or says why not. */
export async function readBody(
  message: IncomingMessage,
  state: State,
): Promise<{ raw: Buffer } | { refusal: Answer }> {
  const { weak } = bound(state)
  const isFile = /^multipart\//i.test(message.headers['content-type'] ?? '')
  const limit = isFile
    ? weak('upload.size-limit')
      ? Infinity
      : FILE_BYTES
    : weak('dos.body-limit')
      ? Infinity
      : weak('dos.password-length')
        ? 2 * 1024 * 1024
        : JSON_BYTES
  const tooLarge = { refusal: refuse(413, 'limits.body', CLOSE) }
  if (Number(message.headers['content-length'] ?? 0) > limit) return tooLarge
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) return tooLarge
    if (size <= 3 * FILE_BYTES) chunks.push(chunk)
  }
  const raw = Buffer.concat(chunks)
  const encoding = message.headers['content-encoding']
  if (encoding === undefined) return { raw }
  if (!weak('dos.gzip-body')) return { refusal: refuse(415, 'content.encoding') }
  return { raw: encoding === 'br' ? brotliDecompressSync(raw) : gunzipSync(raw) }
}

/** Parses the body by its type; unknown types are refused. */
export function parseBody(
  call: Pick<Call, 'method' | 'path' | 'type' | 'raw' | 'header'>,
  state: State,
): { body: Record<string, unknown> } | { refusal: Answer } {
  const { weak, any } = bound(state)
  const { raw, path } = call
  if (raw.length === 0) return { body: {} }
  const type = call.type.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === 'multipart/form-data') {
    if (path === '/api/files') return { body: {} }
    if (!weak('csrf.multipart')) return { refusal: refuse(415, 'content.type') }
    return { body: multipartFields(raw.toString('utf8')) }
  }
  if (type === 'application/x-www-form-urlencoded') {
    const allowed =
      /^\/oauth\//.test(path) || any('csrf.form-post', 'pw.login-get', 'json.other-type')
    if (!allowed) return { refusal: refuse(415, 'content.type') }
    const body: Record<string, unknown> = {}
    for (const [name, value] of new URLSearchParams(raw.toString('utf8'))) {
      const operator = /^(\w+)\[(\$\w+)\]$/.exec(name)
      if (name in body && path.startsWith('/oauth/') && !weak('oauth.params-twice'))
        return { refusal: { status: 400, json: { error: 'invalid_request' } } }
      if (operator) body[operator[1] ?? ''] = { [operator[2] ?? '']: value }
      else body[name] = value
    }
    return { body }
  }
  const isJson = type === 'application/json' && !/charset=(?!utf-8)/i.test(call.type)
  if (
    !isJson &&
    !weak('json.other-type') &&
    !(weak('csrf.text-plain-json') && /^(text\/plain)?$/.test(type))
  )
    return { refusal: refuse(415, 'content.type') }
  try {
    if (!raw.equals(Buffer.from(raw.toString('utf8'))) && !weak('json.malformed'))
      throw new SyntaxError('not UTF-8')
    const value = readJson(
      raw.toString('utf8').replace(weak('json.malformed') ? /,\s*(?=[\]}])/g : /$^/, ''),
      {
        duplicates: weak('json.duplicate-keys'),
        depth: weak('dos.deep-json'),
        proto: any('json.prototype'),
        numbers: weak('json.numbers'),
      },
    )
    if (weak('dos.deep-json')) JSON.stringify(value)
    const object = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (!object && !(Array.isArray(value) && weak('brute.batch')))
      throw new SyntaxError('no object')
    return { body: value as Record<string, unknown> }
  } catch (error) {
    if (error instanceof RangeError || weak('err.stack-trace')) throw error
    return { refusal: refuse(400, 'json.malformed') }
  }
}

function multipartFields(text: string): Record<string, unknown> {
  const found = text.matchAll(/name="([^"]*)"(?:[^\r\n]*\r\n)+?\r\n([\s\S]*?)\r\n--/g)
  return Object.fromEntries([...found].map(([, name, value]) => [name ?? '', value ?? '']))
}

/** Refuses what a browser sent on behalf of another site. */
export function csrf(call: Call, state: State): Answer | undefined {
  const { weak } = bound(state)
  if (!UNSAFE.has(call.method)) return undefined
  if (call.path.startsWith('/oauth/') && call.path !== '/oauth/authorize') return undefined
  if (call.path === '/reports/csp') return undefined
  const login = /^\/auth\/(login|mfa\/verify)$/.test(call.path)
  const type = call.type.split(';')[0]?.trim() ?? ''
  if (weak('csrf.form-post') && type === 'application/x-www-form-urlencoded') return undefined
  if (weak('csrf.text-plain-json') && /^(text\/plain)?$/.test(type)) return undefined
  if (weak('csrf.multipart') && type === 'multipart/form-data') return undefined
  if (weak('csrf.login') && login) return undefined
  if (weak('csrf.logout') && call.path === '/auth/logout') return undefined
  const refusal = refuse(403, 'csrf.refused')
  const origin = call.header('origin')
  const site = call.header('sec-fetch-site')
  const ownHost = state.origin.slice(7)
  if (weak('csrf.origin-null') && origin === 'null') return undefined
  if (
    weak('csrf.origin-lookalike') &&
    origin?.includes(ownHost.split(':')[0] ?? '') &&
    origin !== state.origin
  )
    return undefined
  if (weak('csrf.sibling-site') && site === 'same-site') return undefined
  if (
    weak('csrf.cookie-injection') &&
    call.header('x-csrf-token') !== undefined &&
    call.cookies.get('csrf_token') === call.header('x-csrf-token')
  )
    return undefined
  const token = call.header('x-csrf-token')
  const right =
    token !== undefined &&
    call.session !== undefined &&
    same(token, state.mac('csrf', call.session.id))
  if (weak('csrf.fetch-metadata') && right) return undefined
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return refusal
  if (origin !== undefined && origin !== state.origin) return refusal
  if (call.session === undefined || call.header('authorization') !== undefined) return undefined
  if (weak('csrf.no-origin') && token === undefined && origin === undefined) return undefined
  if (weak('csrf.token-binding') && token !== undefined) return undefined
  return right ? undefined : refusal
}

function bound(state: State) {
  const weak = (flaw: string) => state.weak(flaw)
  return { weak, any: (...flaws: string[]) => flaws.some(weak) }
}
