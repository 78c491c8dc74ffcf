import type { AuditEvent, AuditRequest } from '../../audit/event.ts'
import { isCanonicalBase64url, keyedHash } from '../../kernel/bytes.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Keys } from '../../kernel/keys.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Random } from '../../kernel/random.ts'
import type { Along } from '../../store/port/along.ts'
import type { AuditEntry } from '../../store/port/audit-log.ts'
import type { RefreshRecord, RefreshTokens } from '../../store/port/refresh-tokens.ts'
import { refusals } from './refusals.ts'

/**
 * What a secret is. A code begins a family and is its first token: what redeems it is the very
 * transition that rotates a refresh token, with the same winner and the same alarm.
 */
export type TokenKind = 'refresh' | 'code'

export interface FamiliesGround {
  readonly store: RefreshTokens
  readonly keys: Keys
  /** Root keys whose tokens are still good, today's first. */
  readonly accepted: () => readonly Keys[]
  readonly clock: Clock
  readonly random: Random
  readonly entry: (event: AuditEvent) => AuditEntry
  /** Told after a family was revoked because a spent token of it came back. */
  readonly onReuse?: (record: RefreshRecord) => Promise<void>
}

export interface Beginning {
  readonly kind: TokenKind
  readonly familyId?: string
  readonly accountId: string
  readonly clientId: string | undefined
  /** One line of JSON, the same in the whole family. */
  readonly data: string
  /** How long the first token lives; the idle time unless told. */
  readonly lifeMs?: number
  readonly request: AuditRequest | undefined
}

export interface Rotating {
  readonly kind: TokenKind
  readonly clientId: string | undefined
  /** How long the successor lives unused; the idle time unless told. */
  readonly lifeMs?: number
  readonly request: AuditRequest | undefined
}

/** A bearer value and the record under whose hash it is kept. */
export interface Begun {
  readonly token: string
  readonly record: RefreshRecord
}

/** Families of tokens of which one is live at a time. */
export interface Families {
  /** Starts a family and answers its first token. */
  begin(beginning: Beginning, along?: Along): Promise<Begun>
  /**
   * Uses a token and answers its successor. A spent one ends its family.
   *
   * @returns `refresh.malformed`, `refresh.unknown`, `refresh.reused`
   */
  rotate(token: string, how: Rotating): Promise<Outcome<Begun>>
  /** Looks without using. */
  find(
    kind: TokenKind,
    token: string,
  ): Promise<{ readonly record: RefreshRecord; readonly live: boolean } | undefined>
  /** Whether a family has a live token: what its access tokens stand and fall with. */
  isAlive(accountId: string, familyId: string): Promise<boolean>
  /** Ends a family, whoever holds its tokens. False when it had ended. */
  end(
    family: Pick<RefreshRecord, 'familyId' | 'accountId' | 'clientId'>,
    request: AuditRequest | undefined,
  ): Promise<boolean>
}

const TOKEN_BYTES = 32

/**
 * @param idleMs how long a token lives unused
 * @param absoluteMs how long a family lives, however often it rotates
 * @see RFC 9700 §4.14.2; ASVS 10.4.5, 10.4.8, 15.4.2
 */
export function families(idleMs: number, absoluteMs: number, ground: FamiliesGround): Families {
  const { store, clock, random, entry } = ground
  const hashOf = (keys: Keys, kind: TokenKind, token: string): string =>
    keyedHash(keys.for('refresh-token'), `${kind}\n${token}`)

  /** The hash under which the token is kept: today's, or an older key's while that one is accepted. */
  const kept = async (kind: TokenKind, token: string): Promise<string> => {
    const [today = ground.keys, ...older] = ground.accepted()
    const hash = hashOf(today, kind, token)
    for (const keys of older) {
      const other = hashOf(keys, kind, token)
      if ((await store.find(other, clock())) !== undefined) return other
    }
    return hash
  }
  const event = (
    code: 'refresh.issued' | 'refresh.rotated' | 'refresh.reused' | 'refresh.revoked',
    record: Pick<RefreshRecord, 'accountId' | 'clientId' | 'familyId'>,
    request: AuditRequest | undefined,
  ): AuditEntry =>
    entry({
      code,
      outcome: code === 'refresh.reused' ? 'failure' : 'success',
      actorId: record.accountId,
      targetId: record.familyId,
      request,
      ...(record.clientId !== undefined && { detail: { client: record.clientId } }),
    })

  return {
    async begin(beginning, along) {
      const { kind, accountId, clientId, data, request } = beginning
      const now = clock()
      const token = random.token()
      const familyExpiresAt = now + absoluteMs
      const record: RefreshRecord = {
        hash: hashOf(ground.keys, kind, token),
        familyId: beginning.familyId ?? random.uuid(),
        accountId,
        clientId,
        data,
        issuedAt: now,
        expiresAt: Math.min(now + (beginning.lifeMs ?? idleMs), familyExpiresAt),
        familyExpiresAt,
      }
      const events = [...(along?.events ?? []), event('refresh.issued', record, request)]
      await store.issue(record, { ...along, events })
      return { token, record }
    },
    async rotate(token, how) {
      if (!isCanonicalBase64url(token, TOKEN_BYTES)) return refused(refusals.malformed)
      const now = clock()
      const next = random.token()
      const successor = {
        hash: hashOf(ground.keys, 'refresh', next),
        expiresAt: now + (how.lifeMs ?? idleMs),
      }
      const hash = await kept(how.kind, token)
      // Decision: no grace for a client whose answer was lost. Its second try looks like a thief's.
      // Cost: it signs in anew; the owner is told, and the log says reused.
      // The family's id is not known before the store has answered, so this entry names no row.
      const rotated = entry({ code: 'refresh.rotated', outcome: 'success', request: how.request })
      const answer = await store.rotate(
        hash,
        how.clientId,
        successor,
        now,
        { events: [rotated] },
        record => ({ events: [event('refresh.reused', record, how.request)] }),
      )
      if (answer.state === 'unknown') return refused(refusals.unknown)
      if (answer.state === 'reused') {
        await ground.onReuse?.(answer.record)
        return refused(refusals.reused)
      }
      const record = { ...answer.record, ...successor, issuedAt: now }
      return granted({ token: next, record })
    },
    async find(kind, token) {
      if (!isCanonicalBase64url(token, TOKEN_BYTES)) return undefined
      return store.find(await kept(kind, token), clock())
    },
    async isAlive(accountId, familyId) {
      const alive = await store.ofAccount(accountId, clock())
      return alive.some(record => record.familyId === familyId)
    },
    end: (record, request) =>
      store.revokeFamily(record.familyId, { events: [event('refresh.revoked', record, request)] }),
  }
}
