import { isUtf8 } from 'node:buffer'
import { ConfigFault } from '../../kernel/fault.ts'
import { onlyKnown } from '../../kernel/options.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Refusal } from '../../kernel/refusal.ts'
import { JsonReader, type JsonReason } from './json-reader.ts'

const refuse = (code: string, status: number): Refusal => ({ code, says: code, status })

export const refusals: Readonly<Record<JsonReason, Refusal>> = {
  syntax: refuse('json.syntax', 400),
  notUtf8: refuse('json.not_utf8', 400),
  bom: refuse('json.bom', 400),
  empty: refuse('json.empty', 400),
  trailing: refuse('json.trailing', 400),
  tooLarge: refuse('json.too_large', 413),
  tooDeep: refuse('json.too_deep', 400),
  tooManyKeys: refuse('json.too_many_keys', 400),
  tooLong: refuse('json.too_long', 400),
  duplicateKey: refuse('json.duplicate_key', 400),
  prototype: refuse('json.prototype', 400),
  surrogate: refuse('json.surrogate', 400),
  number: refuse('json.number', 400),
}

const DETAILS: Readonly<Record<JsonReason, string>> = {
  syntax: 'is not JSON',
  notUtf8: 'is not UTF-8',
  bom: 'begins with a byte order mark',
  empty: 'is empty',
  trailing: 'goes on after its end',
  tooLarge: 'has too many bytes',
  tooDeep: 'is nested too deeply',
  tooManyKeys: 'has too many members',
  tooLong: 'is too long a string',
  duplicateKey: 'comes twice',
  prototype: 'may not be a name here',
  surrogate: 'holds half a surrogate pair',
  number: 'is a number that would lose its value',
}

export interface JsonLimits {
  /** Levels of arrays and objects. At most 1000: the reader calls itself. */
  readonly maxDepth?: number
  /** Members of all objects and elements of all arrays together. */
  readonly maxKeys?: number
  /** UTF-16 units of any one string or name. */
  readonly maxStringLength?: number
  /** Bytes of the whole text (of a string: UTF-16 units). */
  readonly maxBytes?: number
}

export const JSON_DEFAULTS: Required<JsonLimits> = {
  maxDepth: 32,
  maxKeys: 1000,
  maxStringLength: 65_536,
  maxBytes: 102_400,
}

const BOM = 0xfeff

/**
 * Reads JSON that every reader understands alike: what two parsers could take in two ways, or
 * JavaScript would quietly change, is refused. What is let through equals `JSON.parse`'s answer.
 * Limits hold while reading, so nothing beyond them is ever built.
 *
 * Refusals carry a JSON pointer and the offset in UTF-16 units (bytes are decoded first).
 *
 * @see ASVS 1.5.3, 2.2.1, 15.3.6; RFC 8259, RFC 7493 (I-JSON)
 */
export function parseJson(input: Uint8Array | string, limits?: JsonLimits): Outcome<unknown> {
  return (limits === undefined ? usual : jsonParser(limits))(input)
}

/**
 * The same with limits judged once, for every path that reads more than one text.
 *
 * @throws {ConfigFault} when a limit is no positive whole number
 */
export function jsonParser(
  limits: JsonLimits = {},
): (input: Uint8Array | string) => Outcome<unknown> {
  const { maxDepth, maxKeys, maxStringLength, maxBytes } = jsonLimits(limits)
  return input => {
    if (input.length > maxBytes) return refusedAt('tooLarge', '', 0)
    if (typeof input !== 'string' && !isUtf8(input)) return refusedAt('notUtf8', '', 0)
    const text = typeof input === 'string' ? input : utf8(input)
    if (text.charCodeAt(0) === BOM) return refusedAt('bom', '', 0)
    const reader = new JsonReader(text, maxDepth, maxKeys, maxStringLength)
    const value = reader.read()
    return reader.reason === undefined
      ? granted(value)
      : refusedAt(reader.reason, reader.pointer(), reader.at)
  }
}

const usual = jsonParser()

export function jsonLimits(limits: JsonLimits): Required<JsonLimits> {
  onlyKnown('content.json', limits, Object.keys(JSON_DEFAULTS))
  const all = { ...JSON_DEFAULTS, ...limits }
  for (const [name, value] of Object.entries(all)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new ConfigFault(`content.json.${name}`, 'must be a whole number from 1')
    }
  }
  if (all.maxDepth > 1000) throw new ConfigFault('content.json.maxDepth', 'must be at most 1000')
  return all
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

function refusedAt(reason: JsonReason, pointer: string, offset: number): Outcome<never> {
  const detail = `${DETAILS[reason]} (offset ${offset})`
  return refused({ ...refusals[reason], errors: [{ pointer, detail }] })
}
