/** A media type by the letter of RFC 9110 §8.3.1. */
export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly essence: string
  /** Names in lower case, values unquoted. */
  readonly parameters: ReadonlyMap<string, string>
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const ESSENCE = new RegExp(`^(${TOKEN}/${TOKEN})`)
const PARAMETER = new RegExp(
  `; ?(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\\\x00-\\x1f\\x7f]|\\\\[\\x20-\\x7e])*)")`,
  'y',
)
const MAX_LENGTH = 256

/**
 * Reads exactly one media type, or nothing: a tab, trailing text, a second value or a repeated
 * parameter is where parsers begin to disagree about what a body is.
 *
 * Decision: at most one space after `;`, none before, none at the ends.
 * Cost: RFC 9110 would allow more; no client in use sends it.
 *
 * @see ASVS 4.1.1
 */
export function mediaType(text: string): MediaType | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const essence = ESSENCE.exec(text)?.[1]
  if (essence === undefined) return undefined
  const parameters = new Map<string, string>()
  for (let at = essence.length; at < text.length; at = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = at
    const found = PARAMETER.exec(text)
    const name = found?.[1]?.toLowerCase()
    if (found === null || name === undefined || parameters.has(name)) return undefined
    parameters.set(name, found[2] ?? (found[3] ?? '').replace(/\\(.)/g, '$1'))
  }
  return { essence: essence.toLowerCase(), parameters }
}

/**
 * Whether an Accept field lets one of `essences` through. Absent and empty fields let all through;
 * of several ranges that match, the most specific one decides (RFC 9110 §12.5.1).
 */
export function accepts(accept: string | undefined, essences: readonly string[]): boolean {
  if (accept === undefined || accept === '' || accept === '*/*') return true
  if (essences.includes(accept)) return true
  const ranges = accept.split(',').map(range => range.trim().split(/\s*;\s*/))
  return essences.some(essence => {
    const family = `${essence.slice(0, essence.indexOf('/'))}/*`
    for (const wanted of [essence, family, '*/*']) {
      const range = ranges.find(([name]) => name?.toLowerCase() === wanted)
      if (range !== undefined) return !range.some(part => /^q=0(\.0{0,3})?$/i.test(part))
    }
    return false
  })
}
