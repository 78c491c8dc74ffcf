import { isUtf8 } from 'node:buffer'
import { ConfigFault } from '../../kernel/fault.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Refusal } from '../../kernel/refusal.ts'

type FormReason =
  | 'malformed'
  | 'repeated'
  | 'name'
  | 'tooManyFields'
  | 'nameTooLong'
  | 'valueTooLong'

const refuse = (code: string): Refusal => ({ code, says: code, status: 400 })

export const refusals: Readonly<Record<FormReason, Refusal>> = {
  malformed: refuse('form.malformed'),
  repeated: refuse('form.repeated'),
  name: refuse('form.name'),
  tooManyFields: refuse('form.too_many_fields'),
  nameTooLong: refuse('form.name_too_long'),
  valueTooLong: refuse('form.value_too_long'),
}

const DETAILS: Readonly<Record<FormReason, string>> = {
  malformed: 'is not well-formed',
  repeated: 'comes more than once',
  name: 'may not be a name here',
  tooManyFields: 'are too many',
  nameTooLong: 'is too long a name',
  valueTooLong: 'is too long',
}

/** No prototype; a list exactly where declared. */
export type Fields = Readonly<Record<string, string | readonly string[]>>

export interface FieldRules {
  /** Names that may come any number of times: always lists, also of one or none. */
  readonly lists?: readonly string[]
  readonly maxFields?: number
  readonly maxNameLength?: number
  readonly maxValueLength?: number
}

export const FIELD_DEFAULTS: Required<FieldRules> = {
  lists: [],
  maxFields: 100,
  maxNameLength: 128,
  maxValueLength: 65_536,
}

/** Letters as names have them; brackets and dots only where declared, since parsers nest by them. */
const NAME = /^[A-Za-z0-9_~:@-]+(?:\.[A-Za-z0-9_~:@-]+)*$/
const OWN_BUSINESS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * `application/x-www-form-urlencoded`, strictly: each name once unless declared as a list, so that
 * the value that was checked is the value that is used.
 *
 * @see ASVS 1.1.1, 15.3.6, 15.3.7
 */
export function parseForm(body: Uint8Array | string, rules: FieldRules = {}): Outcome<Fields> {
  if (typeof body === 'string') return parseFields(body, rules, '')
  if (!isUtf8(body)) return wrong('malformed', '')
  return parseFields(Buffer.from(body).toString('utf8'), rules, '')
}

/** What follows the `?`, read by the same rules. Pointers begin with `#/query`. */
export function parseQuery(query: string, rules: FieldRules = {}): Outcome<Fields> {
  return parseFields(query, rules, '#/query')
}

function parseFields(text: string, rules: FieldRules, where: string): Outcome<Fields> {
  const { lists, maxFields, maxNameLength, maxValueLength } = { ...FIELD_DEFAULTS, ...rules }
  const fields: Record<string, string | string[]> = Object.create(null)
  for (const name of lists) fields[name] = []
  let count = 0
  for (let at = 0; at < text.length; ) {
    const amp = text.indexOf('&', at)
    const end = amp < 0 ? text.length : amp
    const pair = text.slice(at, end)
    at = end + 1
    // Nothing between two ampersands is nothing to disagree about.
    if (pair === '') continue
    if (++count > maxFields) return wrong('tooManyFields', where)
    const equals = pair.indexOf('=')
    const name = decoded(equals < 0 ? pair : pair.slice(0, equals))
    if (name === undefined) return wrong('malformed', where)
    if (name.length > maxNameLength) return wrong('nameTooLong', where)
    const pointer = `${where}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const value = equals < 0 ? '' : decoded(pair.slice(equals + 1))
    if (value === undefined || value.includes('\0')) return wrong('malformed', pointer)
    if (value.length > maxValueLength) return wrong('valueTooLong', pointer)
    const known = fields[name]
    if (Array.isArray(known)) known.push(value)
    else if (known !== undefined) return wrong('repeated', pointer)
    else if (OWN_BUSINESS.has(name) || !NAME.test(name)) return wrong('name', where)
    else fields[name] = value
  }
  return granted(fields)
}

/** Throws early when a list is declared under a name that could never be read. */
export function judgeLists(lists: readonly string[], option: string): void {
  for (const name of lists) {
    if (OWN_BUSINESS.has(name)) throw new ConfigFault(option, `${name} may not be a field's name`)
  }
}

/** Decodes exactly once; undefined for anything that is not UTF-8 in percent-encoding. */
function decoded(text: string): string | undefined {
  const plain = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!plain.includes('%')) return plain.isWellFormed() ? plain : undefined
  try {
    return decodeURIComponent(plain)
  } catch {
    return undefined
  }
}

function wrong(reason: FormReason, pointer: string): Outcome<never> {
  return refused({ ...refusals[reason], errors: [{ pointer, detail: DETAILS[reason] }] })
}
