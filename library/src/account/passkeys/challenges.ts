import { isCanonicalBase64url, keyedHash } from '../../kernel/bytes.ts'
import type { OneTimeToken } from '../../store/port/one-time-tokens.ts'
import type { Ground } from '../ground.ts'

/** What a challenge was asked for; it is good for nothing else. */
export type Ceremony = 'register' | 'login' | 'factor' | 'factor'

export interface Challenges {
  /** How long a ceremony may take, in milliseconds. */
  readonly lifeMs: number
  /** A fresh challenge; for one account, or for whoever answers; from `browser` only, if told. */
  issue(ceremony: Ceremony, accountId: string | undefined, browser?: string): Promise<string>
  /** Takes it out of use, whatever the answer is worth; what another browser asked for is unknown. */
  redeem(ceremony: Ceremony, challenge: string, browser?: string): Promise<OneTimeToken | undefined>
}

const LIFE_MS = 300_000

/** Challenges are one-time tokens: 256 bits, kept by hash, redeemed once (WebAuthn §13.4.3). */
export function challenges(ground: Ground): Challenges {
  const { oneTimeTokens } = ground.stores
  const hashOf = (
    ceremony: Ceremony,
    challenge: string,
    browser: string | undefined,
    keys = ground.keys,
  ): string => {
    const text = `passkey-challenge\n${ceremony}\n${challenge}`
    const bound = browser === undefined ? text : `${text}\n${browser}`
    return keyedHash(keys.for('one-time-token'), bound)
  }
  return {
    lifeMs: LIFE_MS,
    async issue(ceremony, accountId, browser) {
      const challenge = ground.random.token()
      await oneTimeTokens.issue(hashOf(ceremony, challenge, browser), {
        purpose: 'passkey-challenge',
        accountId,
        data: '{}',
        expiresAt: ground.clock() + LIFE_MS,
        attemptsLeft: 1,
      })
      return challenge
    },
    async redeem(ceremony, challenge, browser) {
      if (!isCanonicalBase64url(challenge, 32)) return undefined
      for (const keys of [ground.keys, ...ground.olderKeys()]) {
        const hash = hashOf(ceremony, challenge, browser, keys)
        const found = await oneTimeTokens.redeem(hash, ground.clock())
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}
