import {
  createHash,
  createHmac,
  randomBytes,
  randomUUID,
  scryptSync,
  timingSafeEqual,
} from 'node:crypto'
import type { Answer, Call, Order, Session, Upload, User } from './call.ts'
import { Tokens } from './tokens.ts'

/** Everything the twin remembers, and the few things it knows how to do with it. */
export class State {
  readonly flaws: ReadonlySet<string>
  readonly users: Map<string, User> = new Map()
  readonly sessions: Map<string, Session> = new Map()
  readonly orders: Map<string, Order> = new Map()
  readonly files: Map<string, Upload> = new Map()
  readonly outbox: { to: string; subject: string; text: string; at: string }[] = []
  readonly audit: Record<string, unknown>[] = []
  /** Secrets of mails that went out, and whose they are. */
  readonly verifications: Map<string, User> = new Map()
  readonly resets: Map<string, User> = new Map()
  /** Wrong passwords by name and by address. */
  readonly failures: Map<string, number> = new Map()
  readonly hits: Map<string, { count: number; since: number }> = new Map()
  /** Files that were written where their names said. */
  readonly spilled: Map<string, Buffer> = new Map()
  /** What a careless merge would have left on every object. */
  readonly polluted: Record<string, unknown> = {}
  /** Pages by address, for the flaw of a cache in front. */
  readonly cache: Map<string, Answer> = new Map()
  inspectorPort = 0
  /** Where the identity provider listens. */
  socialPort = 0
  lastForwarded = ''
  readonly key: Buffer = randomBytes(32)
  readonly tokens: Tokens = new Tokens(this)
  /** Of the service: set once it listens. */
  origin = ''
  #serial = 1000

  constructor(flaws: Iterable<string>) {
    this.flaws = new Set(flaws)
  }

  /** Whether the flaw is switched on. */
  weak(flaw: string): boolean {
    return this.flaws.has(flaw)
  }

  id(): string {
    return this.weak('enum.sequential-ids') ? String(this.#serial++) : randomUUID()
  }

  hash(password: string, salt: string): string {
    const kept = this.weak('pw.truncation') ? password.slice(0, 72) : password
    return scryptSync(kept, salt, 32, { N: 1024 }).toString('hex')
  }

  fits(user: User, password: string): boolean {
    return timingSafeEqual(Buffer.from(this.hash(password, user.salt)), Buffer.from(user.hash))
  }

  setPassword(user: User, password: string): void {
    user.salt = randomBytes(8).toString('hex')
    user.hash = this.hash(password, user.salt)
  }

  addUser(email: string, password: string, role = 'user'): User {
    const user: User = {
      id: this.id(),
      email,
      name: email.split('@')[0] ?? '',
      role,
      salt: '',
      hash: '',
      verified: false,
      backupCodes: new Set(),
      failures: 0,
      factorFailures: 0,
      extra: {},
    }
    this.setPassword(user, password)
    this.users.set(email, user)
    return user
  }

  newSession(user?: User): Session {
    const id = this.weak('session.entropy')
      ? `s${String(this.#serial++).padStart(12, '0')}`
      : randomBytes(32).toString('base64url')
    const session = { id, user, authenticatedAt: Date.now() }
    this.sessions.set(id, session)
    return session
  }

  endSessions(user: User, keep?: Session): void {
    for (const [id, session] of this.sessions)
      if (session.user === user && session !== keep) this.sessions.delete(id)
  }

  mac(purpose: string, value: string): string {
    return createHmac('sha256', this.key).update(`${purpose}\0${value}`).digest('base64url')
  }

  mail(to: string, subject: string, text: string): void {
    this.outbox.push({ to, subject, text, at: new Date().toISOString() })
  }

  log(event: string, call: Call, more: Record<string, unknown> = {}): void {
    const line = {
      at: new Date().toISOString(),
      event,
      source: call.remote,
      agent: call.header('user-agent')?.slice(0, 200) ?? '',
      path: call.path,
      account: call.user?.email,
      ...more,
    }
    this.audit.push(line)
  }

  /** Everything as a store would keep it: digests, unless a flaw keeps the secrets themselves. */
  dump(): string {
    const kept = (secret: string) =>
      this.weak('field.at-rest') ? secret : createHash('sha256').update(secret).digest('hex')
    const users = [...this.users.values()].map(({ email, hash, salt, totp }) => ({
      email,
      hash,
      salt,
      seed: kept(totp?.secret ?? ''),
    }))
    const tokens = [...this.resets.keys(), ...this.tokens.families.map(({ current }) => current)]
    return JSON.stringify([users, [...this.sessions.keys()].map(kept), tokens.map(kept)])
  }

  /** Counts a hit in a window; answers how many there were, this one included. */
  hit(key: string, windowMs: number): number {
    const now = Date.now()
    const row = this.hits.get(key)
    if (row === undefined || now - row.since > windowMs) {
      this.hits.set(key, { count: 1, since: now })
      return 1
    }
    return ++row.count
  }
}

export function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
