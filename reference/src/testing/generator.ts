/** One request as bytes, and what has to be known about it to read its answer. */
export interface Generated {
  readonly bytes: Buffer
  readonly isHead: boolean
  /** Its length lies, or it asks for another protocol: what follows may be read as something else. */
  readonly isLast: boolean
  /** `METHOD /pattern`, for what the answer teaches. */
  readonly route: string
  /** Names of the members that its body has. */
  readonly names: readonly string[]
}

/** What somebody who is signed in sends along. */
export interface Identity {
  readonly cookie: string
  readonly csrfToken: string
}

export interface GeneratorParts {
  readonly seed: number
  readonly host: string
  readonly routes: readonly { readonly method: string; readonly pattern: string }[]
  /** Who there is; asked at each request, since people get signed out. */
  readonly identities: () => readonly Identity[]
}

export interface Generator {
  next(): Generated
  /** Tells it that a route asked for these members. */
  learn(route: string, names: readonly string[]): void
}

const METHODS = [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'PROPFIND',
  'TRACE',
  'get',
]
const NAMES =
  'email password newPassword currentPassword token name code factor label id type response client_id client_secret redirect_uri scope state nonce code_challenge code_challenge_method code_verifier grant_type refresh_token response_type resource prompt max_age item quantity url events status next reason role policy address accountId limit cursor since until q format device _csrf __proto__ constructor'.split(
    ' ',
  )
const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'application/csp-report',
  'application/reports+json',
  'application/json; charset=utf-7',
  '',
  'a/b; c="',
]
const LIKELY: Readonly<Record<string, readonly unknown[]>> = {
  email: ['ann@example.com', 'bob@example.com', 'nobody@example.com', 'a@b', 'ann@example.com\n'],
  password: ['four unlikely words here', 'short', 'x'.repeat(300), 'pässwörter im Überfluß'],
  quantity: [1, 0, -1, 1e9, 2 ** 53, 0.1, '1'],
  item: ['tea', '', '<script>', 'x'.repeat(300)],
  url: ['http://127.0.0.1:1/', 'https://10.0.0.1/x', 'http://[::1]/', 'javascript:1', 'https://1'],
  events: [['order.placed'], [], ['*'], ['order.placed', 'order.placed']],
  grant_type: ['authorization_code', 'refresh_token', 'client_credentials', 'password'],
  response_type: ['code', 'token', 'code id_token'],
  code_challenge_method: ['S256', 'plain'],
  factor: ['totp', 'backup-code', 'passkey'],
  code: ['000000', '123456', '٠٠٠٠٠٠', 'a'.repeat(64)],
  limit: ['1', '100', '1e3', '-1', 'NaN'],
}
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  accept: [
    'text/html',
    'application/json',
    '*/*',
    'image/png',
    'text/html;q=0.1, */*;q=0',
    ';',
    'a',
  ],
  origin: ['{own}', 'https://evil.example', 'null', ''],
  'sec-fetch-site': ['same-origin', 'none', 'cross-site', 'same-site', 'NONE', ''],
  'sec-fetch-mode': ['navigate', 'cors', 'websocket'],
  authorization: [
    'Bearer x',
    'Bearer eyJhbGciOiJub25lIn0.e30.',
    'Basic YTpi',
    'DPoP x',
    'Bearer',
    '',
  ],
  'x-csrf-token': ['x', 'A'.repeat(86), ''],
  'if-none-match': ['*', '"x"', 'W/"', ''],
  'if-modified-since': ['Thu, 01 Jan 1970 00:00:00 GMT', 'soon'],
  range: ['bytes=0-0', 'bytes=9-1', 'bytes=-1', 'bytes=0-,1-', 'x=1'],
  'content-encoding': ['gzip', 'br', 'identity', 'gzip, gzip', 'zstd'],
  'accept-encoding': ['gzip', 'identity;q=0', '*;q=0'],
  'accept-language': ['de', '*;q=x'],
  expect: ['100-continue', 'wonders'],
  connection: ['keep-alive', 'close', 'upgrade', 'x-csrf-token'],
  upgrade: ['websocket', 'h2c'],
  'last-event-id': ['1', '-1', 'x'],
  'idempotency-key': ['1', 'x'.repeat(300)],
  'x-http-method-override': ['DELETE'],
  'x-forwarded-host': ['evil.example'],
  'x-forwarded-proto': ['http', 'https', 'https, http'],
  dpop: ['x', 'e30.e30.e30'],
  cookie: ['__Host-session=x', 'a=b; a=c', '__Host-session=', '; ; =', '__Host-visitor=x'],
  referer: ['{own}/x', 'https://evil.example/', 'about:blank', '%'],
  'user-agent': ['', 'x'.repeat(2000), '\u00fc'],
  host: ['evil.example', 'localhost', '', 'a b'],
  'transfer-encoding': ['chunked', 'gzip, chunked', 'identity'],
  x_y: ['1'],
}
const FIELD_NAMES = Object.keys(FIELDS)
const SEGMENTS = [
  '..',
  '%2e%2e',
  '%2f',
  '%00',
  '%',
  '%zz',
  'a;b',
  '%c0%af',
  '',
  '\u00e9',
  '%25',
  '~',
  'x'.repeat(300),
]

/** Numbers from a seed, each in [0, 1): mulberry32. */
function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Requests of all kinds, the same for the same seed as long as the service answers the same: half of
 * each is what a friend would send, and any part of it may be something else.
 */
export function generator({ seed, host, routes, identities }: GeneratorParts): Generator {
  const random = numbers(seed)
  const below = (count: number): number => Math.floor(random() * count)
  const oneOf = <T>(list: readonly T[]): T => list[below(list.length)] as T
  const chance = (share: number): boolean => random() < share
  const learnt = new Map<string, Set<string>>()

  const text = (): string => {
    const length = chance(0.1) ? below(2000) : below(12)
    return String.fromCharCode(
      ...Array.from({ length }, () => (chance(0.9) ? 32 + below(95) : below(0xffff))),
    )
  }
  const uuid = (): string =>
    'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => below(16).toString(16))

  const value = (name: string, depth = 0): unknown => {
    const likely = LIKELY[name] ?? (/password/i.test(name) ? LIKELY['password'] : undefined)
    if (likely !== undefined && chance(0.7)) return oneOf(likely)
    switch (below(depth > 3 ? 6 : 9)) {
      case 0:
        return text()
      case 1:
        return 'A'.repeat(43)
      case 2:
        return uuid()
      case 3:
        return oneOf([0, 1, -1, 1.5, 1e21, 2 ** 53 - 1])
      case 4:
        return oneOf([true, false, null])
      case 5:
        return text().slice(0, 3)
      case 6:
        return Array.from({ length: below(4) }, () => value('', depth + 1))
      default:
        return Object.fromEntries(
          Array.from({ length: below(4) }, () => [oneOf(NAMES), value('', depth + 1)]),
        )
    }
  }

  const membersOf = (route: string): Record<string, unknown> => {
    const known = [...(learnt.get(route) ?? [])]
    const names =
      known.length > 0 && chance(0.8) ? known : Array.from({ length: below(5) }, () => oneOf(NAMES))
    if (chance(0.1)) names.push(oneOf(NAMES))
    return Object.fromEntries(names.map(name => [name, value(name)]))
  }

  const pairs = (members: Record<string, unknown>): string =>
    Object.entries(members)
      .map(([name, one]) => `${name}=${encodeURIComponent(String(one).toWellFormed())}`)
      .join('&')

  const parts = (members: Record<string, unknown>): string =>
    Object.entries(members)
      .map(([name, one]) => {
        const file = chance(0.5) ? `; filename="${oneOf(['a.txt', '../a', 'a.png', ''])}"` : ''
        return `--x\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${String(one)}\r\n`
      })
      .join('') + (chance(0.9) ? '--x--\r\n' : '')

  const bodyOf = (type: string, members: Record<string, unknown>): Buffer => {
    if (chance(0.05)) return Buffer.from(text())
    const whole = type.includes('urlencoded')
      ? pairs(members)
      : type.includes('multipart')
        ? parts(members)
        : JSON.stringify(chance(0.05) ? value('') : members)
    return Buffer.from(chance(0.05) ? whole.slice(0, below(whole.length + 1)) : whole)
  }

  const pathOf = (pattern: string): string => {
    const filled = pattern.replace(/:\w+/g, () => (chance(0.7) ? uuid() : oneOf(SEGMENTS)))
    const odd = chance(0.05) ? `${filled}/${oneOf(SEGMENTS)}` : filled
    if (chance(0.6)) return odd
    const query = pairs(
      Object.fromEntries(Array.from({ length: below(4) }, () => [oneOf(NAMES), text()])),
    )
    return `${odd}?${chance(0.1) ? text().replaceAll(' ', '+') : query}`
  }

  return {
    next() {
      const { method: usual, pattern } = oneOf(routes)
      const method = chance(0.85) ? usual : oneOf(METHODS)
      const route = `${usual} ${pattern}`
      const own = `http://${host}`
      const fields = new Map<string, string>([['Host', host]])
      fields.set('X-Forwarded-For', `198.${18 + below(2)}.${below(256)}.${below(256)}`)
      const who = chance(0.6) ? oneOf(identities()) : undefined
      if (who !== undefined) {
        fields.set('cookie', who.cookie)
        if (chance(0.9)) fields.set('x-csrf-token', who.csrfToken)
      }
      if (chance(0.5)) fields.set('origin', own)
      for (let more = below(3); more > 0; more--) {
        const name = oneOf(FIELD_NAMES)
        fields.set(name, chance(0.9) ? oneOf(FIELDS[name] ?? ['']).replace('{own}', own) : text())
      }
      const brings = /^(?:POST|PUT|PATCH)$/.test(method) ? chance(0.95) : chance(0.05)
      let body: Buffer = Buffer.alloc(0)
      let names: readonly string[] = []
      let isLast = fields.has('transfer-encoding') || fields.has('upgrade')
      if (brings) {
        const members = membersOf(route)
        const usualType =
          usual === 'POST' && !/^\/(?:auth|api|admin)/.test(pattern) ? TYPES[2] : TYPES[0]
        const type = chance(0.85) ? (usualType ?? '') : oneOf(TYPES)
        body = bodyOf(type, members)
        names = Object.keys(members)
        if (type !== '') fields.set('Content-Type', type)
        if (chance(0.8)) {
          const told = chance(0.98) ? body.length : below(body.length + 1)
          isLast ||= told !== body.length
          fields.set('Content-Length', String(told))
        } else {
          fields.set('Transfer-Encoding', 'chunked')
          const size =
            body.length === 0 ? '' : `${body.length.toString(16)}\r\n${body.toString('latin1')}\r\n`
          body = Buffer.from(`${size}0\r\n\r\n`, 'latin1')
        }
      }
      const lines = [...fields].map(([name, one]) => `${name}: ${one}`.replaceAll(/[\r\n]/g, ' '))
      const target = pathOf(pattern).replaceAll(/[\r\n ]/g, '')
      const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      return { bytes: Buffer.concat([head, body]), isHead: method === 'HEAD', isLast, route, names }
    },
    learn(route, names) {
      const known = learnt.get(route) ?? new Set()
      for (const name of names) known.add(name)
      learnt.set(route, known)
    },
  }
}
