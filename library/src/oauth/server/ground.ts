import type { AuditEvent } from '../../audit/event.ts'
import { keyedHash } from '../../kernel/bytes.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Keys } from '../../kernel/keys.ts'
import type { Random } from '../../kernel/random.ts'
import type { Tokens } from '../../session/refresh/refresh.ts'
import type { AuditEntry } from '../../store/port/audit-log.ts'
import type { ProvenFactor } from '../../store/port/sessions.ts'
import type { Stores } from '../../store/port/stores.ts'
import type { OAuthSettings } from './options.ts'

/** What the authorization server stands on. */
export interface OAuthGround {
  /** Our public origin; also the resource that tokens are meant for unless a client says which. */
  readonly issuer: string
  readonly settings: OAuthSettings
  readonly stores: Stores
  readonly tokens: Tokens
  readonly keys: Keys
  /** Earlier root keys whose secrets are still good. */
  readonly olderKeys: () => readonly Keys[]
  readonly clock: Clock
  readonly random: Random
  readonly entry: (event: AuditEvent) => AuditEntry
  readonly record: (event: AuditEvent) => void
}

/** What a person allowed a client; the data of a family, the same from its code to its last token. */
export interface Grant {
  readonly role: string
  readonly factors: readonly ProvenFactor[]
  readonly authenticatedAt: number
  readonly scope: readonly string[]
  readonly resource: readonly string[]
  /** What the code was bound to. */
  readonly code: {
    readonly redirectUri: string
    /** S256 of the verifier (RFC 7636). */
    readonly challenge: string
    readonly nonce: string | undefined
    readonly sessionId: string
  }
}

export const CODE_MS = 60_000

type KeyHolder = Pick<OAuthGround, 'keys' | 'olderKeys'>

export function hashOf({ keys }: Pick<KeyHolder, 'keys'>, word: string, text: string): string {
  return keyedHash(keys.for('one-time-token'), `${word}\n${text}`)
}

/** The hashes under which a secret may be kept: today's, then those of earlier keys still good. */
export function hashesOf({ keys, olderKeys }: KeyHolder, word: string, text: string): string[] {
  return [keys, ...olderKeys()].map(one => hashOf({ keys: one }, word, text))
}
