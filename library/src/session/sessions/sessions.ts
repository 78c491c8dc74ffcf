import { keyedHash } from '../../kernel/bytes.ts'
import type { Clock } from '../../kernel/clock.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import type { Keys } from '../../kernel/keys.ts'
import type { Random } from '../../kernel/random.ts'
import { after, type Soon } from '../../kernel/soon.ts'
import type { Along } from '../../store/port/along.ts'
import type {
  ProvenFactor,
  SessionRecord,
  Sessions as SessionStore,
} from '../../store/port/sessions.ts'
import { attributesText, clearedCookie, readCookie, SESSION_COOKIE } from '../cookies/cookies.ts'
import { type LifeOptions, life } from './life.ts'

/** A live session, as its request sees it. The bearer's value is in none of its members. */
export type Session = SessionRecord

export interface SessionsOptions extends LifeOptions {
  /** A used session is written back at most this often; 60 unless told, at most half of idle. */
  readonly touchEverySeconds?: number
  /** Beyond this many live sessions an account's longest unused ones end. No limit unless told. */
  readonly maxPerAccount?: number
  /** `Lax` unless told: `Strict` loses the session on links from mails and other sites. */
  readonly sameSite?: 'Lax' | 'Strict'
  /** Cookie without `Secure` and prefix, for plain http on other hosts than localhost. */
  readonly dangerouslyAllowHttp?: boolean
}

export interface SessionsGround {
  readonly store: SessionStore
  readonly keys: Keys
  /** Earlier root keys whose sessions are still good; none unless told. */
  readonly olderKeys?: () => readonly Keys[]
  readonly clock: Clock
  readonly random: Random
}

/** What was proven, where from and with what. */
export interface Proof {
  readonly factors: readonly ProvenFactor[]
  readonly address: string
  readonly device: string
}

/** A session made but perhaps not yet stored, and the `Set-Cookie` text that hands it out. */
export interface Issued {
  readonly record: SessionRecord
  readonly cookie: string
}

export interface SessionKeeper {
  readonly cookieName: string
  /** `Set-Cookie` text that makes the browser forget its session. */
  readonly cleared: string
  /**
   * The live session of a request's `cookie` field. Answers at once, without a promise, when there
   * is none to look for or the store is at hand; reads the store once, and writes at most once a
   * minute.
   */
  load(cookieHeader: string | undefined): Soon<Session | undefined>
  /** Makes a session without storing it, for a transaction that does (`startSession`). */
  issue(account: { readonly id: string; readonly role: string }, proof: Proof): Issued
  /** Makes and stores a session. */
  start(
    account: { readonly id: string; readonly role: string },
    proof: Proof,
    along?: Along,
  ): Promise<Issued>
  /** The same session under a new id, not stored: for a transaction that ends the old one. */
  renew(
    session: Session,
    change?: { readonly factors?: readonly ProvenFactor[]; readonly authenticatedAt?: number },
  ): Issued
  /**
   * The same session under a new id, with what else was proven: at every change of privilege. Its
   * absolute end stays. Undefined when the session ended meanwhile.
   */
  rotate(
    session: Session,
    change?: { readonly factors?: readonly ProvenFactor[]; readonly authenticatedAt?: number },
    along?: Along,
  ): Promise<Issued | undefined>
  /** Ends it. False when it had ended already. */
  end(session: Session, along?: Along): Promise<boolean>
  /** Ends one by its owner's name for it. False when it is not theirs or has ended. */
  endById(accountId: string, id: string, along?: Along): Promise<boolean>
  /** Ends all of an account, but for the one given; answers how many. */
  endAll(accountId: string, except?: Session, along?: Along): Promise<number>
  /** The account's live sessions, newest use first. */
  list(accountId: string): Promise<readonly Session[]>
  /** Ends what exceeds `maxPerAccount`. `start` does it by itself; call it after `issue`. */
  trim(accountId: string): Promise<void>
}

const TOKEN_LENGTH = 43 // 32 bytes as base64url

/** What a CSRF token is bound to: changes with every rotation, and cannot be turned into a cookie. */
export function bindingOf(session: Session): string {
  return session.idHash
}

/**
 * Server-side sessions under 256-bit ids of which only a keyed hash is stored.
 *
 * @throws {ConfigFault} when a lifetime or limit makes no sense
 * @see ASVS 7.2.1, 7.2.3, 7.2.4, 7.4.1; NIST SP 800-63B-4 §5.1
 */
export function sessions(options: SessionsOptions, ground: SessionsGround): SessionKeeper {
  const { store, clock, random } = ground
  const { idleMs, absoluteMs } = life(options)
  const touchMs = Math.min((options.touchEverySeconds ?? 60) * 1000, idleMs / 2)
  const most = options.maxPerAccount ?? Number.POSITIVE_INFINITY
  if (!(most >= 1)) throw new ConfigFault('session.maxPerAccount', 'is not a number of at least 1')
  if (!(touchMs >= 0)) throw new ConfigFault('session.touchEverySeconds', 'is not a number')

  const key = ground.keys.for('session')
  const name = options.dangerouslyAllowHttp === true ? 'session' : SESSION_COOKIE
  const attributes = {
    sameSite: options.sameSite ?? 'Lax',
    dangerouslyAllowHttp: options.dangerouslyAllowHttp ?? false,
  } as const
  // Decision: no Max-Age. The server decides when a session ends; a browser that closes forgets it.
  // Cost: none to safety; who wants to stay signed in over restarts signs in again.
  const tail = attributesText(name, attributes)

  const live = (record: Session | undefined): Soon<Session | undefined> => {
    if (record === undefined) return undefined
    const now = clock()
    if (now >= record.expiresAt || now >= record.idleExpiresAt) return undefined
    if (now - record.lastSeenAt < touchMs) return record
    return store
      .touch(record.idHash, now, idleEnd(now, record.expiresAt))
      .then(alive => (alive ? record : undefined))
  }
  // A change of root key signs nobody out: what today's key does not know, an earlier one may.
  const underOlderKey = (token: string): Soon<Session | undefined> => {
    const older = ground.olderKeys?.() ?? []
    return older.length === 0 ? undefined : firstUnder(older, token)
  }
  const firstUnder = async (older: readonly Keys[], token: string) => {
    for (const keys of older) {
      const record = await store.find(keyedHash(keys.for('session'), token))
      if (record !== undefined) return live(record)
    }
    return undefined
  }
  const idleEnd = (now: number, expiresAt: number): number => Math.min(now + idleMs, expiresAt)
  const named = (record: Omit<SessionRecord, 'idHash'>): Issued => {
    const token = random.token()
    return {
      record: { ...record, idHash: keyedHash(key, token) },
      cookie: `${name}=${token}${tail}`,
    }
  }

  const keeper: SessionKeeper = {
    cookieName: name,
    cleared: clearedCookie(name, attributes),
    load(cookieHeader) {
      const token = readCookie(cookieHeader, name)
      // The text itself is hashed, so another spelling of the same bytes is another session.
      if (token === undefined || token.length !== TOKEN_LENGTH) return undefined
      return after(store.find(keyedHash(key, token)), record =>
        record === undefined ? underOlderKey(token) : live(record),
      )
    },
    issue(account, proof) {
      const now = clock()
      const expiresAt = now + absoluteMs
      return named({
        id: random.uuid(),
        accountId: account.id,
        role: account.role,
        createdAt: now,
        authenticatedAt: now,
        lastSeenAt: now,
        idleExpiresAt: idleEnd(now, expiresAt),
        expiresAt,
        factors: proof.factors,
        address: proof.address,
        device: proof.device,
      })
    },
    async start(account, proof, along) {
      const issued = keeper.issue(account, proof)
      await store.create(issued.record, along)
      await keeper.trim(account.id)
      return issued
    },
    renew(session, change) {
      const now = clock()
      const { idHash: _, ...rest } = session
      const idleExpiresAt = idleEnd(now, session.expiresAt)
      return named({ ...rest, ...change, lastSeenAt: now, idleExpiresAt })
    },
    async rotate(session, change, along) {
      const issued = keeper.renew(session, change)
      return (await store.replace(session.idHash, issued.record, along)) ? issued : undefined
    },
    end: (session, along) => store.revoke(session.idHash, along),
    endById: (accountId, id, along) => store.revokeById(accountId, id, along),
    endAll: (accountId, except, along) =>
      store.revokeAll(accountId, except && { idHash: except.idHash }, along),
    list: accountId => store.ofAccount(accountId, clock()),
    async trim(accountId) {
      if (most === Number.POSITIVE_INFINITY) return
      // After the start, not before: so of many that start at once, the last to look sees them all.
      const alive = await store.ofAccount(accountId, clock())
      for (const { idHash } of alive.slice(most)) await store.revoke(idHash)
    },
  }
  return keeper
}
