import { keyedHash } from '../../kernel/bytes.ts'
import type { Keys } from '../../kernel/keys.ts'
import { cookieText, readCookie, TRUST_COOKIE } from '../../session/cookies/cookies.ts'
import type { Account } from '../../store/port/accounts.ts'
import type { Credential } from '../../store/port/credentials.ts'
import { factorState, isEnrolled } from '../factors/state.ts'
import type { Ground, Visit } from '../ground.ts'

/** The kind under which trusted browsers stand among the credentials. */
export const TRUSTED_DEVICE = 'trusted-device'

const TOKEN_LENGTH = 43
/** Trusted browsers of one account; the oldest makes room. */
const MOST = 10

interface Kept {
  readonly device: string
  readonly address: string
  /** The factors and the password it was trusted under. */
  readonly epoch: string
}

function handleOf(keys: Keys, accountId: string, token: string): string {
  return keyedHash(keys.for('trusted-device'), `${accountId}\n${token}`)
}

async function epochOf(ground: Ground, account: Account): Promise<string | undefined> {
  const state = await factorState(ground.stores.credentials, account.id)
  return isEnrolled(state) ? `${account.passwordChangedAt ?? 0} ${state.epoch}` : undefined
}

/**
 * Whether this browser is spared the second factor of this account: it was trusted not too long ago,
 * and neither the factors nor the password have changed since.
 */
export async function isTrusted(ground: Ground, account: Account, visit: Visit): Promise<boolean> {
  const { trustMs } = ground.settings.factors
  const token = readCookie(visit.cookies, TRUST_COOKIE)
  if (trustMs === 0 || token?.length !== TOKEN_LENGTH) return false
  for (const keys of [ground.keys, ...ground.olderKeys()]) {
    const handle = handleOf(keys, account.id, token)
    const found = await ground.stores.credentials.byHandle(TRUSTED_DEVICE, handle)
    if (found === undefined) continue
    const now = ground.clock()
    const { epoch } = JSON.parse(found.data) as Kept
    const holds =
      found.accountId === account.id &&
      now - found.createdAt < trustMs &&
      epoch === (await epochOf(ground, account))
    if (holds) await ground.stores.credentials.update(found.id, { usedAt: now })
    return holds
  }
  return false
}

/**
 * Trusts the browser in which a second factor was proven just now; answers its `Set-Cookie` text.
 *
 * Decision: always under a new token, never one that the browser brought, so that nobody can plant
 * the token of a trust to come. Cost: of two accounts in one browser, the last one trusted is.
 */
export async function trustDevice(
  ground: Ground,
  account: Account,
  visit: Visit,
): Promise<string | undefined> {
  const { trustMs } = ground.settings.factors
  const epoch = await epochOf(ground, account)
  if (trustMs === 0 || epoch === undefined) return undefined
  const { credentials } = ground.stores
  const token = ground.random.token()
  const now = ground.clock()
  const data: Kept = { device: visit.request.device, address: visit.request.address, epoch }
  const credential: Credential = {
    id: ground.random.uuid(),
    accountId: account.id,
    kind: TRUSTED_DEVICE,
    handle: handleOf(ground.keys, account.id, token),
    data: JSON.stringify(data),
    mark: 0,
    confirmed: true,
    createdAt: now,
    lastUsedAt: now,
  }
  const event = ground.entry({
    code: 'login.device_trusted',
    outcome: 'success',
    actorId: account.id,
    targetId: credential.id,
    request: visit.request,
  })
  await credentials.add([credential], {}, { events: [event] })
  const all = await credentials.ofAccount(account.id, TRUSTED_DEVICE)
  const newestFirst = all.toSorted((a, b) => b.createdAt - a.createdAt)
  for (const { id } of newestFirst.slice(MOST)) await credentials.remove(account.id, id)
  const maxAgeSeconds = Math.floor(trustMs / 1000)
  return cookieText(TRUST_COOKIE, token, { sameSite: 'Strict', maxAgeSeconds })
}
