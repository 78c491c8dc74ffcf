import { isCanonicalBase64url, keyedHash } from '../kernel/bytes.ts'
import type { Keys } from '../kernel/keys.ts'
import type { Along } from '../store/port/along.ts'
import type { OneTimeToken } from '../store/port/one-time-tokens.ts'
import type { Ground } from './ground.ts'

/** What one-time tokens of the account flows are for. The purpose is part of what is hashed. */
export type TokenPurpose =
  | 'verify-email'
  | 'reset'
  | 'change-email'
  | 'undo-email'
  | 'unlock'
  | 'keep-account'
  | 'mfa-flow'
  | 'recovery'
  | 'recovery-cancel'
  | 'decoy'

/** All that a new password or a moved address must make worthless. */
export const LINK_PURPOSES: readonly TokenPurpose[] = [
  'verify-email',
  'reset',
  'change-email',
  'unlock',
  'mfa-flow',
  'recovery',
]

const TOKEN_LENGTH = 43

/** A fresh secret and the hash under which it is kept. */
export interface FreshToken {
  readonly token: string
  readonly hash: string
}

export function freshToken(ground: Ground, purpose: TokenPurpose): FreshToken {
  const token = ground.random.token()
  return { token, hash: hashOf(ground.keys, purpose, token) }
}

/**
 * The hash under which a token would be kept; of anything that cannot be one, a hash of nothing. Takes
 * the whole link as well: without script a person pastes what the mail shows.
 */
function hashOf(keys: Keys, purpose: TokenPurpose, typed: string): string {
  const token = typed.trim().slice(-TOKEN_LENGTH)
  const text = isCanonicalBase64url(token, 32) ? token : 'malformed'
  return keyedHash(keys.for('one-time-token'), `${purpose}\n${text}`)
}

/**
 * The hash under which a token that somebody brings is kept: today's, or that of an earlier root key
 * which is still good. Asks the store only while there is one.
 */
export async function keptHash(
  ground: Ground,
  purpose: TokenPurpose,
  typed: string,
): Promise<string> {
  const today = hashOf(ground.keys, purpose, typed)
  const older = ground.olderKeys().map(keys => hashOf(keys, purpose, typed))
  if (older.length === 0) return today
  for (const hash of [today, ...older]) {
    if ((await ground.stores.oneTimeTokens.peek(hash, ground.clock())) !== undefined) return hash
  }
  return today
}

/** Keeps a fresh token. A decoy is kept just so, belongs to nobody and is known to nobody. */
export async function keepToken(
  ground: Ground,
  hash: string,
  token: Omit<OneTimeToken, 'attemptsLeft'> & { readonly attemptsLeft?: number },
  how: { readonly only: boolean },
  along: Along,
): Promise<void> {
  await ground.stores.oneTimeTokens.issue(hash, { attemptsLeft: 1, ...token }, how, along)
}

/** A link into one of our pages; the secret stands in the fragment, which no server log sees. */
export function linkTo(ground: Ground, page: string, token: string): string {
  return `${ground.settings.origin}${page}#token=${token}`
}
