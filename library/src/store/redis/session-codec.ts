import type { ProvenFactor, SessionRecord } from '../port/sessions.ts'

/**
 * A session is one string: last use, idle end and absolute end before the first three bars, then
 * what never changes, as JSON. So a check is one GET, and a touch need not read the JSON.
 */
export function encodeSession(record: SessionRecord): string {
  const { idHash: _, lastSeenAt, idleExpiresAt, expiresAt, ...constant } = record
  return `${lastSeenAt}|${idleExpiresAt}|${expiresAt}|${JSON.stringify(constant)}`
}

export function decodeSession(idHash: string, value: string): SessionRecord {
  const first = value.indexOf('|')
  const second = value.indexOf('|', first + 1)
  const third = value.indexOf('|', second + 1)
  if (first < 1 || third < 0) throw new TypeError('the value is not a session')
  const constant: Constant = JSON.parse(value.slice(third + 1))
  return {
    idHash,
    id: constant.id,
    accountId: constant.accountId,
    role: constant.role,
    createdAt: constant.createdAt,
    authenticatedAt: constant.authenticatedAt,
    factors: constant.factors,
    lastSeenAt: Number(value.slice(0, first)),
    idleExpiresAt: Number(value.slice(first + 1, second)),
    expiresAt: Number(value.slice(second + 1, third)),
    address: constant.address,
    device: constant.device,
  }
}

interface Constant {
  readonly id: string
  readonly accountId: string
  readonly role: string
  readonly createdAt: number
  readonly authenticatedAt: number
  readonly factors: readonly ProvenFactor[]
  readonly address: string
  readonly device: string
}
