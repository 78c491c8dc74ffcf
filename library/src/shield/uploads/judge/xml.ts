import { isAscii, isUtf8 } from 'node:buffer'
import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'

/** Is told what stands in a document; the first refusal it answers ends the walk. */
export interface XmlVisitor {
  open?(name: string, attributes: ReadonlyMap<string, string>): Refusal | undefined
  close?(name: string): Refusal | undefined
  /** Character data, references resolved, CDATA alike. */
  text?(text: string): Refusal | undefined
  /** What stands between `<!DOCTYPE` and its `>`. Refused unless somebody looks. */
  doctype?(text: string): Refusal | undefined
  /** Refused unless somebody looks. */
  instruction?(target: string): Refusal | undefined
}

const NAME = '[\\p{L}_:][\\p{L}\\p{N}\\p{M}_:.\\u00b7-]*'
const OPEN = new RegExp(`<(${NAME})`, 'uy')
const ATTRIBUTE = new RegExp(`\\s+(${NAME})\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, 'uy')
const OPEN_END = /\s*(\/?)>/y
const CLOSE = new RegExp(`</(${NAME})\\s*>`, 'uy')
const INSTRUCTION = new RegExp(`<\\?(${NAME})(?=[\\s?])`, 'uy')
const DECLARATION = /^<\?xml\s[^<>?]*\?>/
const ENCODING = /\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/
const REFERENCE = /&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([0-9A-Fa-f]{1,6}));/g
const NOT_XML = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u
const MAX_DEPTH = 256
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/**
 * Goes through a document as a non-validating processor would, except that it knows no entities but
 * the five of XML and fetches nothing. Refuses what is not well-formed.
 *
 * @see XML 1.0 fifth edition
 */
export function walkXml(document: string, visitor: XmlVisitor): Refusal | undefined {
  const bad = NOT_XML.exec(document)
  if (bad) return malformed('a character that XML does not have')
  const parents: string[] = []
  let rooted = false
  let at = DECLARATION.exec(document)?.[0].length ?? 0
  while (at < document.length) {
    const next = document.indexOf('<', at)
    const end = next === -1 ? document.length : next
    if (end > at) {
      const refusal = textFault(document.slice(at, end), parents.length === 0, visitor)
      if (refusal) return refusal
      at = end
      continue
    }
    if (document.startsWith('<!--', at)) {
      const close = document.indexOf('--', at + 4)
      if (close === -1 || document[close + 2] !== '>') return malformed('a comment')
      at = close + 3
      continue
    }
    if (document.startsWith('<![CDATA[', at)) {
      const close = document.indexOf(']]>', at + 9)
      if (close === -1 || parents.length === 0) return malformed('CDATA')
      const refusal = visitor.text?.(document.slice(at + 9, close))
      if (refusal) return refusal
      at = close + 3
      continue
    }
    if (document.startsWith('<!DOCTYPE', at)) {
      const close = doctypeEnd(document, at)
      if (close === -1 || rooted) return malformed('DOCTYPE')
      const inside = document.slice(at + 9, close)
      const refusal = visitor.doctype
        ? visitor.doctype(inside)
        : because(refusals.externalEntity, 'a DOCTYPE')
      if (refusal) return refusal
      at = close + 1
      continue
    }
    if (document.startsWith('<?', at)) {
      const target = matchAt(INSTRUCTION, document, at)?.[1]
      const close = document.indexOf('?>', at)
      if (target === undefined || close === -1) return malformed('a processing instruction')
      const refusal = visitor.instruction
        ? visitor.instruction(target)
        : because(refusals.activeContent, `a processing instruction ${target}`)
      if (refusal) return refusal
      at = close + 2
      continue
    }
    if (document.startsWith('</', at)) {
      const close = matchAt(CLOSE, document, at)
      if (!close || parents.pop() !== close[1]) return malformed('an end tag')
      const refusal = visitor.close?.(close[1] ?? '')
      if (refusal) return refusal
      at += close[0].length
      continue
    }
    const element = elementAt(document, at)
    if (element === undefined) return malformed('a tag')
    if (parents.length === 0 && rooted) return malformed('a second root')
    if (parents.length >= MAX_DEPTH) return malformed('elements too deep')
    rooted = true
    const { name, raw, empty } = element
    const attributes = resolvedAttributes(raw)
    if (!(attributes instanceof Map)) return attributes
    const refusal = visitor.open?.(name, attributes) ?? (empty ? visitor.close?.(name) : undefined)
    if (refusal) return refusal
    if (!empty) parents.push(name)
    at = element.end
  }
  if (!rooted || parents.length > 0) return malformed('the document ends in the middle')
  return undefined
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

interface Element {
  readonly name: string
  readonly raw: readonly (readonly [string, string])[]
  readonly empty: boolean
  readonly end: number
}

function elementAt(document: string, from: number): Element | undefined {
  const open = matchAt(OPEN, document, from)
  if (!open) return undefined
  let at = from + open[0].length
  const raw: [string, string][] = []
  for (;;) {
    const end = matchAt(OPEN_END, document, at)
    if (end) return { name: open[1] ?? '', raw, empty: end[1] === '/', end: at + end[0].length }
    const attribute = matchAt(ATTRIBUTE, document, at)
    if (!attribute) return undefined
    raw.push([attribute[1] ?? '', attribute[2] ?? attribute[3] ?? ''])
    at += attribute[0].length
  }
}

function resolvedAttributes(
  raw: readonly (readonly [string, string])[],
): Map<string, string> | Refusal {
  const attributes = new Map<string, string>()
  for (const [name, value] of raw) {
    if (attributes.has(name)) return malformed(`attribute ${name} twice`)
    const text = resolved(value)
    if (typeof text !== 'string') return text
    attributes.set(name, text)
  }
  return attributes
}

function textFault(raw: string, outside: boolean, visitor: XmlVisitor): Refusal | undefined {
  if (outside) return /\S/.test(raw) ? malformed('text outside the root') : undefined
  if (raw.includes(']]>')) return malformed(']]> in text')
  const text = resolved(raw)
  return typeof text === 'string' ? visitor.text?.(text) : text
}

/** References resolved; any entity but the five of XML itself is somebody else's definition. */
function resolved(raw: string): string | Refusal {
  if (!raw.includes('&')) return raw
  if (/&(?!(?:lt|gt|amp|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)/.test(raw)) {
    return /&[\p{L}_:]/u.test(raw)
      ? because(refusals.externalEntity, 'an entity of its own')
      : malformed('a bare ampersand')
  }
  let bad = false
  const text = raw.replace(REFERENCE, (_, name?: string, decimal?: string, hex?: string) => {
    if (name !== undefined) return NAMED[name] ?? ''
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
    const character = code <= 0x10ffff ? String.fromCodePoint(code) : '\0'
    bad ||= NOT_XML.test(character)
    return character
  })
  return bad ? malformed('a reference to no character') : text
}

/** Where the `>` of a DOCTYPE stands, quotes and an internal subset passed over. */
function doctypeEnd(document: string, from: number): number {
  let depth = 0
  for (let at = from + 9; at < document.length; at++) {
    const character = document[at]
    if (character === '"' || character === "'") {
      at = document.indexOf(character, at + 1)
      if (at === -1) return -1
    } else if (character === '[') depth += 1
    else if (character === ']') depth -= 1
    else if (character === '>' && depth === 0) return at
  }
  return -1
}

const BOM = '\ufeff'

/**
 * The text of an XML document: UTF-8, or UTF-16 with its mark. `undefined` for anything else, and
 * when the document declares an encoding that would make other text of the same bytes.
 */
export function xmlText(bytes: Buffer): string | undefined {
  const mark = bytes.length >= 2 ? bytes.readUInt16BE(0) : 0
  const wide = mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : undefined
  if (wide === undefined && !isUtf8(bytes)) return undefined
  let text: string
  try {
    text = new TextDecoder(wide ?? 'utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined // half a character in UTF-16
  }
  if (text.startsWith(BOM)) text = text.slice(1)
  const declared = ENCODING.exec(DECLARATION.exec(text)?.[0] ?? '')?.[1]?.toLowerCase()
  if (declared === undefined) return text
  if (wide !== undefined) return /^utf-16(?:le|be)?$/.test(declared) ? text : undefined
  if (declared === 'utf-8' || declared === 'utf8') return text
  const narrow = /^(?:us-ascii|ascii|iso-8859-\d+|windows-125\d)$/.test(declared)
  return narrow && isAscii(bytes) ? text : undefined
}
