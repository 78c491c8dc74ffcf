import { isUtf8 } from 'node:buffer'
import type { Refusal } from '../../../kernel/refusal.ts'
import { because, refusals } from '../refusals.ts'

/** What stands before the content of one part. */
export interface PartHead {
  readonly name: string
  /** Present, perhaps empty, when the part is a file. */
  readonly fileName: string | undefined
  /** The part's own Content-Type as it came, or an empty string. */
  readonly declaredType: string
}

const MAX_LINES = 16
const MAX_NAME_BYTES = 200
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const LINE = new RegExp(`^(${TOKEN}):[\\t ]*([^\\x00-\\x08\\x0a-\\x1f\\x7f]*?)[\\t ]*$`)
const DISPOSITION = /form-data/iy
const PARAMETER = new RegExp(
  `[\\t ]*;[\\t ]*(${TOKEN})=(?:"([^"\\\\\\x00-\\x1f\\x7f]*)"|(${TOKEN}))`,
  'y',
)
/** RFC 8187 §3.2: only UTF-8, in any case, with or without a language. */
const EXTENDED = /^utf-8'[A-Za-z0-9-]*'((?:[!#$&+.^_`|~0-9A-Za-z-]|%[0-9A-Fa-f]{2})*)$/i
/** Encodings that are none. */
const IDENTITY: ReadonlySet<string> = new Set(['binary', '8bit', '7bit'])
/** Names under which a plain object keeps something else. */
const TAKEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Hardly a usual head is longer; one that is takes the long way. */
export const USUAL_BYTES = 256

/** What every browser sends, to the letter, in ASCII, up to the blank line. */
const USUAL =
  /^Content-Disposition: form-data; name="([ !#-[\]-~]+)"(?:; filename="([ !#-[\]-~]*)")?(?:\r\nContent-Type: ([!-~]+))?\r\n\r\n/

/** A head, and how many bytes it took with its blank line. */
export interface UsualHead {
  readonly head: PartHead | Refusal
  readonly length: number
}

/**
 * Reads the head at the beginning of `text`, when it is as usual as most are. One match takes a
 * quarter of the time that finding its end and reading line by line take, and reads the same (see
 * the tests).
 *
 * @param text Latin-1, at most `USUAL_BYTES` of what came
 */
export function readUsualHead(text: string): UsualHead | undefined {
  const match = USUAL.exec(text)
  if (!match) return undefined
  return { head: partHead(match[1], match[2], match[3] ?? ''), length: match[0].length }
}

/**
 * Reads the header lines of one part, without the blank line. Whatever two parsers could read
 * differently is refused: a parameter or field twice, backslashes, two file names that differ, bytes
 * that are not UTF-8.
 *
 * @see RFC 7578 §4; RFC 2183 §2
 */
export function readPartHead(bytes: Buffer): PartHead | Refusal {
  if (!isUtf8(bytes)) return ambiguous('header bytes that are not UTF-8')
  return readLines(bytes.toString('utf8'))
}

function readLines(block: string): PartHead | Refusal {
  const lines = block.split('\r\n')
  if (lines.length > MAX_LINES) return ambiguous('too many header lines')
  let disposition: string | undefined
  let declaredType: string | undefined
  for (const text of lines) {
    const line = LINE.exec(text)
    if (!line) return ambiguous('a header line')
    const [, field = '', value = ''] = line
    switch (field.toLowerCase()) {
      case 'content-disposition':
        if (disposition !== undefined) return ambiguous('two dispositions')
        disposition = value
        break
      case 'content-type':
        if (declaredType !== undefined) return ambiguous('two types')
        declaredType = value
        break
      case 'content-transfer-encoding':
        if (!IDENTITY.has(value.toLowerCase())) return ambiguous('a transfer encoding')
        break
      default: // RFC 7578 §4.8: others are ignored
    }
  }
  if (disposition === undefined) return ambiguous('no disposition')
  return readDisposition(disposition, declaredType ?? '')
}

function readDisposition(text: string, declaredType: string): PartHead | Refusal {
  DISPOSITION.lastIndex = 0
  if (!DISPOSITION.test(text)) return ambiguous('another disposition than form-data')
  let name: string | undefined
  let plain: string | undefined
  let extended: string | undefined
  let at = DISPOSITION.lastIndex
  while (at < text.length) {
    PARAMETER.lastIndex = at
    const parameter = PARAMETER.exec(text)
    if (!parameter) return ambiguous('a parameter of the disposition')
    at = PARAMETER.lastIndex
    const [, key = '', quoted, token] = parameter
    const value = quoted ?? token ?? ''
    switch (key.toLowerCase()) {
      case 'name':
        if (name !== undefined) return ambiguous('two names')
        name = value
        break
      case 'filename':
        if (plain !== undefined) return ambiguous('two file names')
        plain = value
        break
      case 'filename*': {
        const decoded = quoted === undefined ? decodeExtended(value) : undefined
        if (extended !== undefined || decoded === undefined) return ambiguous('filename*')
        extended = decoded
        break
      }
      default:
        return ambiguous('an unknown parameter of the disposition')
    }
  }
  if (plain !== undefined && extended !== undefined && plain !== extended) {
    return ambiguous('two file names that differ')
  }
  return partHead(name, extended ?? plain, declaredType)
}

function partHead(
  name: string | undefined,
  fileName: string | undefined,
  declaredType: string,
): PartHead | Refusal {
  if (name === undefined || name === '') return ambiguous('a part without a name')
  const long = name.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(name) > MAX_NAME_BYTES
  if (long || TAKEN.has(name)) return ambiguous('the name of a part')
  // Some parsers make a file of it, others a field.
  if (fileName === undefined && /^application\/octet-stream/i.test(declaredType)) {
    return ambiguous('bytes without a file name')
  }
  return { name, fileName, declaredType }
}

function decodeExtended(value: string): string | undefined {
  const coded = EXTENDED.exec(value)?.[1]
  if (coded === undefined) return undefined
  const bytes = Buffer.from(
    coded.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    'latin1',
  )
  const text = bytes.toString('utf8')
  return isUtf8(bytes) && !/\p{Cc}/u.test(text) ? text : undefined
}

function ambiguous(why: string): Refusal {
  return because(refusals.ambiguousPart, why)
}
