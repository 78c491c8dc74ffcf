import type { OneTimeToken, OneTimeTokens } from '../port/one-time-tokens.ts'
import { join, leave, membersOf, type Room, sweep, writeAlong } from './room.ts'

export function memoryOneTimeTokens(room: Room): OneTimeTokens {
  const { tokens, tokensOf } = room
  return {
    async issue(hash, token, how, along) {
      writeAlong(room, along)
      const { accountId, purpose } = token
      if (how?.only && accountId !== undefined) voidTokens(room, accountId, [purpose])
      tokens.set(hash, Object.freeze({ ...token }))
      if (accountId !== undefined) join(tokensOf, accountId, hash)
    },
    async peek(hash, now) {
      const token = liveToken(room, hash, now)
      return token === undefined || token.attemptsLeft < 1 ? undefined : token
    },
    async redeem(hash, now, along) {
      const token = liveToken(room, hash, now)
      if (token === undefined) return undefined
      writeAlong(room, along)
      dropToken(room, hash)
      return token
    },
    async attempt(hash, now) {
      const token = liveToken(room, hash, now)
      if (token === undefined || token.attemptsLeft < 1) return undefined
      const left = Object.freeze({ ...token, attemptsLeft: token.attemptsLeft - 1 })
      tokens.set(hash, left)
      return left
    },
    async voidAll(accountId, purposes, along) {
      const ending = tokensFor(room, accountId, purposes)
      if (ending.length === 0) return 0
      writeAlong(room, along)
      return voidTokens(room, accountId, purposes)
    },
    async prune(now, limit) {
      const ended = (token: OneTimeToken): boolean => token.expiresAt <= now
      return sweep(tokens, limit, ended, hash => dropToken(room, hash))
    },
  }
}

export function liveToken(room: Room, hash: string, now: number): OneTimeToken | undefined {
  const token = room.tokens.get(hash)
  return token === undefined || token.expiresAt <= now ? undefined : token
}

export function voidTokens(room: Room, accountId: string, purposes: readonly string[]): number {
  const ending = tokensFor(room, accountId, purposes)
  for (const hash of ending) dropToken(room, hash)
  return ending.length
}

export function dropToken(room: Room, hash: string): void {
  const token = room.tokens.get(hash)
  room.tokens.delete(hash)
  if (token?.accountId !== undefined) leave(room.tokensOf, token.accountId, hash)
}

/** Takes out all tokens of an account, whatever they are for. */
export function dropTokensOf(room: Room, accountId: string): void {
  for (const hash of membersOf(room.tokensOf, accountId)) dropToken(room, hash)
}

function tokensFor(room: Room, accountId: string, purposes: readonly string[]): readonly string[] {
  return membersOf(room.tokensOf, accountId).filter(hash => {
    const token = room.tokens.get(hash)
    return token !== undefined && purposes.includes(token.purpose)
  })
}
