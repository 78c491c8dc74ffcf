import { ConfigFault } from '../../kernel/fault.ts'

/** Bears the session. */
export const SESSION_COOKIE = '__Host-session'
/** Recognises a browser that signed in before; proves nothing. */
export const DEVICE_COOKIE = '__Host-device'
/** Spares a browser the second factor at sign-in, for an account and a while; proves nothing. */
export const TRUST_COOKIE = '__Host-trusted'
/** Bears a sign-in that still waits for a second factor. */
export const FLOW_COOKIE = '__Host-flow'
/** Tells the browser that asked for a passkey's challenge from every other. */
export const CEREMONY_COOKIE = '__Host-ceremony'

/** `HttpOnly`, `Path=/` and no `Domain` are not for choosing. */
export interface CookieAttributes {
  /** `Lax` unless told. */
  readonly sameSite?: 'Lax' | 'Strict'
  /** Whole seconds; absent: until the browser closes. At most 400 days (6265bis). */
  readonly maxAgeSeconds?: number
  /** Leaves `Secure` away; only for a name without a prefix. */
  readonly dangerouslyAllowHttp?: boolean
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/ // RFC 9110 §5.6.2
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/ // RFC 6265 §4.1.1
const MAX_BYTES = 4096
const MAX_AGE_SECONDS = 400 * 24 * 60 * 60
const SEMICOLON = 0x3b
const SPACE = 0x20
const TAB = 0x09

/**
 * The value of one cookie, found without parsing the others. Names are compared exactly.
 *
 * @returns the value as sent, or `undefined` when the cookie is absent **or present twice**: which
 *   of two a browser sends first is for whoever planted the second to choose
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined
  const at = place(header, name, 0)
  if (at === -1) return undefined
  const from = at + name.length + 1
  const semicolon = header.indexOf(';', from)
  if (semicolon === -1) return header.slice(from).trimEnd()
  if (place(header, name, semicolon + 1) !== -1) return undefined
  return header.slice(from, semicolon).trimEnd()
}

/** Where `name=` begins a pair at or after `from`, or -1. */
function place(header: string, name: string, from: number): number {
  for (let at = header.indexOf(name, from); at !== -1; at = header.indexOf(name, at + 1)) {
    if (header.charCodeAt(at + name.length) === 0x3d && beginsPair(header, at)) return at
  }
  return -1
}

function beginsPair(header: string, at: number): boolean {
  for (let before = at - 1; before >= 0; before--) {
    const code = header.charCodeAt(before)
    if (code === SEMICOLON) return true
    if (code !== SPACE && code !== TAB) return false
  }
  return true
}

/**
 * The text of one `Set-Cookie` field.
 *
 * @throws {ConfigFault} when name, value or attributes would be ignored or weakened by a browser
 * @see ASVS 3.3.1, 3.3.2, 3.3.3, 3.3.4, 3.3.5; RFC 6265
 */
export function cookieText(name: string, value: string, attributes: CookieAttributes = {}): string {
  if (!VALUE.test(value)) throw new ConfigFault(name, 'has a value that no cookie may hold')
  if (name.length + value.length > MAX_BYTES) {
    throw new ConfigFault(name, `is longer than ${MAX_BYTES} bytes with its value`)
  }
  return `${name}=${value}${attributesText(name, attributes)}`
}

/** The text of a `Set-Cookie` field that makes the browser forget the cookie. */
export function clearedCookie(name: string, attributes: CookieAttributes = {}): string {
  return `${name}=${attributesText(name, { ...attributes, maxAgeSeconds: 0 })}`
}

/** What follows the value: ready-made once for a cookie that is set often. */
export function attributesText(name: string, attributes: CookieAttributes = {}): string {
  if (!TOKEN.test(name)) throw new ConfigFault(name, 'is not a cookie name')
  const http = attributes.dangerouslyAllowHttp === true
  if (http && /^__(host|secure)-/i.test(name)) {
    throw new ConfigFault(name, 'needs https: browsers drop this prefix without Secure')
  }
  const age = attributes.maxAgeSeconds
  if (age !== undefined && !(Number.isInteger(age) && age >= 0 && age <= MAX_AGE_SECONDS)) {
    throw new ConfigFault(name, 'lives 0 to 34560000 whole seconds (400 days)')
  }
  return (
    (age === undefined ? '' : `; Max-Age=${age}`) +
    `; Path=/; HttpOnly${http ? '' : '; Secure'}; SameSite=${attributes.sameSite ?? 'Lax'}`
  )
}
