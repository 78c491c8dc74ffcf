import type { Audit } from '../../audit/audit.ts'
import { isCanonicalBase64url, keyedHash } from '../../kernel/bytes.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import type { Keys } from '../../kernel/keys.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Random } from '../../kernel/random.ts'
import type { KeyRing } from '../secrets/ring.ts'
import { prismaSealed } from './prisma.ts'
import { progressBar, reseal } from './reseal.ts'
import { sealedRows } from './rows.ts'
import { sqlColumn } from './sql-column.ts'
import { NONCE_BYTES, TAG_BYTES, type Xaes, xaes } from './xaes.ts'

export type { PrismaSealed } from './prisma.ts'
export type {
  Resealed,
  Resealing,
  ResealOptions,
  ResealProgress,
  SealedSource,
  SealedValue,
} from './reseal.ts'
export type { SealedColumn, SealedRows, SealedTable } from './rows.ts'
export type { SendSql, SqlColumn } from './sql-column.ts'
export { prismaSealed, progressBar, reseal, sealedRows, sqlColumn }

export const refusals = {
  malformed: { code: 'fields.malformed', says: 'server.failed', status: 500 },
  unknownKey: { code: 'fields.unknown_key', says: 'server.failed', status: 500 },
  /** Changed, moved to another row, column or table, or sealed by somebody else. */
  tampered: { code: 'fields.tampered', says: 'server.failed', status: 500 },
} as const

/** How a field can be searched for. */
export interface IndexOptions {
  /** Makes spellings that should be found alike equal, such as lower case. Nothing unless told. */
  readonly normalize?: (text: string) => string
  /** Bits kept of the hash, a multiple of 8 from 16 to 256; 128. Fewer blur who has what. */
  readonly bits?: number
}

/** One column whose values are sealed. */
export interface Field {
  readonly table: string
  readonly column: string
  /**
   * Seals a text for one row.
   *
   * @throws {ConfigFault} when the row has no id, or the text is no well-formed Unicode
   */
  seal(rowId: string, text: string): string
  /** Answers `fields.malformed`, `fields.unknown_key` or `fields.tampered` when it does not open. */
  open(rowId: string, sealed: string): Outcome<string>
  /** Sealed anew under today's key; the very same text when it is under it already. */
  reseal(rowId: string, sealed: string): Outcome<string>
  /** Whether it was sealed under today's key. */
  isCurrent(sealed: string): boolean
  /** What to store beside it for equality search, under today's key. */
  index(text: string): string
  /** What to search for: one for each key in the ring, today's first. Use with `IN (…)`. */
  indexes(text: string): readonly string[]
}

/** Makes fields from a ring of root keys. */
export interface Fields {
  /** @throws {ConfigFault} when a name is empty or the index has too few or too many bits */
  field(table: string, column: string, index?: IndexOptions): Field
}

/** What sealing depends on. */
export interface FieldParts {
  readonly ring: KeyRing
  readonly random: Random
  /** Hears of every value that does not open, as `fields.open_refused`. */
  readonly audit?: Pick<Audit, 'record'> | undefined
}

/** `b1.KEYID.BASE64URL(nonce, ciphertext, tag)` */
const SEALED = /^b1\.([0-9a-f]{8})\.([A-Za-z0-9_-]+)$/

/**
 * Seals single columns with XAES-256-GCM, so that a stolen database or backup tells nothing, and a
 * sealed value moved to another row, column or table does not open.
 *
 * @see ASVS 11.3.2, 11.3.3, 14.2.6; C2SP XAES-256-GCM
 */
export function fields(parts: FieldParts): Fields {
  const { ring, random, audit } = parts
  const ciphers = new Map<string, Xaes>()
  const cipherOf = (keys: Keys): Xaes => {
    let cipher = ciphers.get(keys.id)
    if (cipher === undefined) {
      cipher = xaes(keys.for('field'))
      ciphers.set(keys.id, cipher)
    }
    return cipher
  }
  const today = `b1.${ring.current.id}.`

  return {
    field(table, column, index = {}) {
      if (table === '' || column === '') throw new ConfigFault('fields', 'name table and column')
      const bits = index.bits ?? 128
      if (!Number.isInteger(bits / 8) || bits < 16 || bits > 256) {
        throw new ConfigFault(`fields ${table}.${column}`, 'bits: a multiple of 8 from 16 to 256')
      }
      const place = JSON.stringify([table, column]).slice(0, -1)
      const boundTo = (rowId: string): Buffer => Buffer.from(`${place},${JSON.stringify(rowId)}]`)
      const hashOf = (keys: Keys, text: string): string => {
        const same = index.normalize?.(text) ?? text
        const whole = keyedHash(keys.for('blind-index'), `${place}]\n${same}`)
        return `${keys.id}.${Buffer.from(whole, 'base64url').toString('base64url', 0, bits / 8)}`
      }

      function seal(rowId: string, text: string): string {
        if (typeof rowId !== 'string' || rowId === '') {
          throw new ConfigFault(
            `fields ${table}.${column}`,
            'the row needs its id before its value',
          )
        }
        if (!text.isWellFormed()) {
          throw new ConfigFault(`fields ${table}.${column}`, 'the text has half a character')
        }
        const nonce = random.bytes(NONCE_BYTES)
        const sealed = cipherOf(ring.current).seal(nonce, Buffer.from(text), boundTo(rowId))
        return today + Buffer.concat([nonce, sealed]).toString('base64url')
      }

      function open(rowId: string, sealed: string): Outcome<string> {
        const opened = unsealed(rowId, sealed)
        if (!opened.ok) {
          audit?.record({
            code: 'fields.open_refused',
            outcome: 'failure',
            reason: opened.refusal.code,
            targetId: rowId,
            detail: { table, column },
          })
        }
        return opened
      }

      function unsealed(rowId: string, sealed: string): Outcome<string> {
        const [, keyId = '', body = ''] = SEALED.exec(sealed) ?? []
        const bytes = Buffer.from(body, 'base64url')
        if (bytes.length < NONCE_BYTES + TAG_BYTES) return refused(refusals.malformed)
        // One value, one spelling: Node reads many, and each would be another text to compare.
        if (!isCanonicalBase64url(body, bytes.length)) return refused(refusals.malformed)
        const keys = ring.byId(keyId)
        if (keys === undefined) return refused(refusals.unknownKey)
        const text = cipherOf(keys).open(
          bytes.subarray(0, NONCE_BYTES),
          bytes.subarray(NONCE_BYTES),
          boundTo(rowId),
        )
        return text === undefined ? refused(refusals.tampered) : granted(text.toString())
      }

      const isCurrent = (sealed: string): boolean => sealed.startsWith(today)
      return {
        table,
        column,
        seal,
        open,
        isCurrent,
        reseal(rowId, sealed) {
          const opened = open(rowId, sealed)
          if (!opened.ok || isCurrent(sealed)) return opened.ok ? granted(sealed) : opened
          return granted(seal(rowId, opened.value))
        },
        index: text => hashOf(ring.current, text),
        indexes: text => ring.all.map(keys => hashOf(keys, text)),
      }
    },
  }
}
