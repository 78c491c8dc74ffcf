const PRIVATE_USE = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/ // a domain in reverse, RFC 8252 §7.1
const VISIBLE = /^[\x21-\x7e]+$/
const MOST_LENGTH = 2000
/** What we add: a client must not read its own text for our answer. */
const ANSWERS = ['code', 'state', 'iss', 'error', 'error_description']

/** Why a redirect URI may not be registered; `undefined` when it may. */
export function redirectComplaint(uri: string): string | undefined {
  // What parsers strip or mend would not be the text that is compared and sent (RFC 3986 §2).
  if (uri.length > MOST_LENGTH || !VISIBLE.test(uri) || !URL.canParse(uri)) return 'is no URI'
  const { protocol, hostname, username, password, searchParams } = new URL(uri)
  if (uri.includes('#')) return 'has a fragment'
  if (username !== '' || password !== '') return 'has credentials'
  if (uri.includes('*')) return 'has a wildcard'
  if (ANSWERS.some(name => searchParams.has(name))) return 'has a name of our answer in its query'
  if (protocol === 'https:') return undefined
  if (protocol === 'http:') {
    return isLoopback(hostname) ? undefined : 'is plain http on another host than this machine'
  }
  return PRIVATE_USE.test(protocol) ? undefined : 'needs https, or a scheme with a dot in it'
}

/**
 * Whether a redirect URI is one of those registered: the same text, but that the port of a loopback
 * address may vary, since a native app takes whichever is free.
 *
 * @see RFC 9700 §2.1; RFC 8252 §7.3
 */
export function isRegistered(uri: string, registered: readonly string[]): boolean {
  if (registered.includes(uri)) return true
  const bare = withoutLoopbackPort(uri)
  return (
    bare !== undefined &&
    URL.canParse(uri) &&
    registered.some(one => withoutLoopbackPort(one) === bare)
  )
}

/** Whether the code ends at a program on the user's machine, where anybody may listen. */
export function isNative(uri: string): boolean {
  const { protocol, hostname } = new URL(uri)
  return protocol !== 'https:' || isLoopback(hostname)
}

/** Only of literals: what `localhost` means is for a resolver to say (RFC 8252 §8.3). */
function withoutLoopbackPort(uri: string): string | undefined {
  const found = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::\d{1,5})?((?:\/[^#]*)?)$/.exec(uri)
  return found === null ? undefined : `${found[1]}${found[2]}`
}

function isLoopback(hostname: string): boolean {
  return hostname === '127.0.0.1' || hostname === '[::1]' || hostname === 'localhost'
}

/** One spelling of a resource indicator: an origin has no slash at its end (RFC 8707 §2). */
export function canonicalResource(uri: string): string | undefined {
  if (!URL.canParse(uri) || uri.includes('#')) return undefined
  const { protocol, origin, pathname, search, href } = new URL(uri)
  if (protocol !== 'https:' && protocol !== 'http:') return undefined
  return pathname === '/' && search === '' ? origin : href
}
