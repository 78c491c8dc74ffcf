/** A piece of an HTML document, as a browser's tokenizer would cut it. */
export type Token =
  | {
      readonly kind: 'start'
      readonly name: string
      readonly attributes: ReadonlyMap<string, string>
    }
  | { readonly kind: 'end'; readonly name: string }
  | { readonly kind: 'text'; readonly inside: string; readonly text: string }
  | { readonly kind: 'comment'; readonly text: string }

/** Elements whose content is text up to their own end tag (WHATWG HTML §13.2.5.1 onwards). */
const RAW = new Set([
  'script',
  'style',
  'textarea',
  'title',
  'iframe',
  'noembed',
  'noframes',
  'xmp',
])

const NAME_START = /[a-z]/i
const SPACE = /[\t\n\f\r ]/

/**
 * Cuts `html` into tokens. Follows the tokenizer's rules on where tags, attributes, comments and
 * raw text begin and end, which decide whether an injected marker became markup; builds no tree.
 */
export function tokenize(html: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let inside = ''
  const text = (to: number) => {
    if (to > at) tokens.push({ kind: 'text', inside, text: html.slice(at, to) })
    at = to
  }
  while (at < html.length) {
    if (RAW.has(inside)) {
      const end = new RegExp(`</${inside}(?=[\\t\\n\\f\\r />])`, 'gi')
      end.lastIndex = at
      text(end.exec(html)?.index ?? html.length)
      inside = ''
      continue
    }
    const open = html.indexOf('<', at)
    if (open < 0) {
      text(html.length)
    } else if (html.startsWith('<!--', open)) {
      text(open)
      const end = html.indexOf('-->', open + 4)
      const to = end < 0 ? html.length : end
      tokens.push({ kind: 'comment', text: html.slice(open + 4, to) })
      at = to + 3
    } else if (/^<[!?]/.test(html.slice(open, open + 2))) {
      text(open)
      const end = html.indexOf('>', open)
      at = end < 0 ? html.length : end + 1
    } else if (html[open + 1] === '/' && NAME_START.test(html[open + 2] ?? '')) {
      text(open)
      const tag = readTag(html, open + 2)
      tokens.push({ kind: 'end', name: tag.name })
      at = tag.end
    } else if (NAME_START.test(html[open + 1] ?? '')) {
      text(open)
      const tag = readTag(html, open + 1)
      tokens.push({ kind: 'start', name: tag.name, attributes: tag.attributes })
      inside = tag.name
      at = tag.end
    } else {
      text(open + 1)
    }
  }
  return tokens
}

function readTag(html: string, from: number) {
  const attributes = new Map<string, string>()
  let at = from
  while (at < html.length && !/[\t\n\f\r />]/.test(html[at] ?? '')) at++
  const name = html.slice(from, at).toLowerCase()
  for (;;) {
    while (SPACE.test(html[at] ?? '') || html[at] === '/') at++
    if (at >= html.length) return { name, attributes, end: html.length }
    if (html[at] === '>') return { name, attributes, end: at + 1 }
    const start = at++
    while (at < html.length && !/[\t\n\f\r />=]/.test(html[at] ?? '')) at++
    const key = html.slice(start, at).toLowerCase()
    while (SPACE.test(html[at] ?? '')) at++
    let value = ''
    if (html[at] === '=') {
      at++
      while (SPACE.test(html[at] ?? '')) at++
      const quote = html[at]
      if (quote === '"' || quote === "'") {
        const end = html.indexOf(quote, at + 1)
        const to = end < 0 ? html.length : end
        value = html.slice(at + 1, to)
        at = to + 1
      } else {
        const begin = at
        while (at < html.length && !/[\t\n\f\r >]/.test(html[at] ?? '')) at++
        value = html.slice(begin, at)
      }
    }
    if (!attributes.has(key)) attributes.set(key, unescapeHtml(value))
  }
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
}

/** Numeric and the few named references that appear in attributes. */
export function unescapeHtml(text: string): string {
  return text.replaceAll(
    /&(?:#x([\da-f]{1,6})|#(\d{1,7})|([a-z]+));/gi,
    (whole, hex, digits, name) => {
      if (name !== undefined) return NAMED[String(name).toLowerCase()] ?? whole
      const code = Number.parseInt(hex ?? digits, hex === undefined ? 10 : 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole
    },
  )
}

/** All start tags of one name (or of any), in order. */
export function tags(html: string, ...names: string[]): ReadonlyMap<string, string>[] {
  return tokenize(html).flatMap(token =>
    token.kind === 'start' && (names.length === 0 || names.includes(token.name))
      ? [token.attributes]
      : [],
  )
}
