import { refusals } from '../../access/access.ts'
import { keyedHash } from '../../kernel/bytes.ts'
import type { Keys } from '../../kernel/keys.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import { cookieText, DEVICE_COOKIE, readCookie } from '../../session/cookies/cookies.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import type { Along } from '../../store/port/along.ts'
import type { Credential } from '../../store/port/credentials.ts'
import type { Ground, Visit } from '../ground.ts'
import { TRUSTED_DEVICE } from './trusted.ts'

/** The kind under which remembered devices stand among the credentials. */
export const DEVICE = 'device'

const TOKEN_LENGTH = 43

/** A browser that signed in to this account before. */
export interface KnownDevice {
  readonly id: string
  /** Keyed hash of the browser's token and the account: two accounts of one browser are not linked. */
  readonly handle: string
  readonly lastUsedAt: number
}

function handleOf(keys: Keys, accountId: string, token: string): string {
  return keyedHash(keys.for('device'), `${accountId}\n${token}`)
}

/** The browser's own token, if it has one that could be ours. */
export function deviceToken(visit: Visit): string | undefined {
  const token = readCookie(visit.cookies, DEVICE_COOKIE)
  return token?.length === TOKEN_LENGTH ? token : undefined
}

/**
 * Whether this browser signed in to this account before, not too long ago. Asks the store once
 * whenever there is a cookie, also for an account that does not exist.
 */
export async function knownDevice(
  ground: Ground,
  accountId: string | undefined,
  visit: Visit,
): Promise<KnownDevice | undefined> {
  const token = deviceToken(visit)
  if (token === undefined) return undefined
  let handle = ''
  let found: Credential | undefined
  for (const keys of [ground.keys, ...ground.olderKeys()]) {
    handle = handleOf(keys, accountId ?? 'nobody', token)
    found = await ground.stores.credentials.byHandle(DEVICE, handle)
    if (found !== undefined) break
  }
  if (found === undefined || found.accountId !== accountId) return undefined
  const lastUse = found.lastUsedAt ?? found.createdAt
  if (ground.clock() - lastUse > ground.settings.deviceMs) return undefined
  return { id: found.id, handle, lastUsedAt: lastUse }
}

const TOUCH_MS = 60_000

/** Notes a sign-in on a known device, at most once a minute. */
export async function touchDevice(ground: Ground, device: KnownDevice): Promise<void> {
  if (ground.clock() - device.lastUsedAt < TOUCH_MS) return
  await ground.stores.credentials.update(device.id, { usedAt: ground.clock() })
}

/** Remembers the browser of a sign-in; answers the `Set-Cookie` text by which it is known again. */
export async function rememberDevice(
  ground: Ground,
  accountId: string,
  visit: Visit,
  along: Along,
): Promise<string> {
  let token = deviceToken(visit) ?? ground.random.token()
  const add = () =>
    ground.stores.credentials.add([deviceOf(ground, accountId, visit, token)], {}, along)
  // A browser that was away too long still has its row: then it begins anew under another token.
  if ((await add()) === 'taken') {
    token = ground.random.token()
    await add()
  }
  return cookieText(DEVICE_COOKIE, token, {
    sameSite: 'Strict',
    maxAgeSeconds: Math.floor(ground.settings.deviceMs / 1000),
  })
}

function deviceOf(ground: Ground, accountId: string, visit: Visit, token: string): Credential {
  const now = ground.clock()
  return {
    id: ground.random.uuid(),
    accountId,
    kind: DEVICE,
    handle: handleOf(ground.keys, accountId, token),
    data: JSON.stringify({ device: visit.request.device, address: visit.request.address }),
    mark: 0,
    confirmed: true,
    createdAt: now,
    lastUsedAt: now,
  }
}

/** A remembered device, for its owner's list. */
export interface ListedDevice {
  readonly id: string
  readonly device: string
  readonly address: string
  readonly createdAt: number
  readonly lastUsedAt: number
  /** Until when it is spared the second factor; `undefined` for one that is merely known. */
  readonly trustedUntil: number | undefined
}

/** The account's remembered devices, newest use first: those that are known, those that are trusted. */
export async function listDevices(
  ground: Ground,
  accountId: string,
): Promise<readonly ListedDevice[]> {
  const { trustMs } = ground.settings.factors
  const [known, trusted] = await Promise.all(
    [DEVICE, TRUSTED_DEVICE].map(kind => ground.stores.credentials.ofAccount(accountId, kind)),
  )
  const alive = (trusted ?? []).filter(one => ground.clock() - one.createdAt < trustMs)
  const listed = ({ id, kind, data, createdAt, lastUsedAt }: Credential): ListedDevice => {
    const { device, address } = JSON.parse(data) as { device: string; address: string }
    const trustedUntil = kind === TRUSTED_DEVICE ? createdAt + trustMs : undefined
    return { id, device, address, createdAt, lastUsedAt: lastUsedAt ?? createdAt, trustedUntil }
  }
  return [...(known ?? []), ...alive].map(listed).sort((a, b) => b.lastUsedAt - a.lastUsedAt)
}

/**
 * Makes one a stranger again, or takes its trust away.
 *
 * @returns `access.not_found` for what is absent and what is somebody else's alike
 */
export async function forgetDevice(
  ground: Ground,
  visit: Visit,
  session: Session,
  id: string,
): Promise<Outcome<void>> {
  const event = ground.entry({
    code: 'account.updated',
    outcome: 'success',
    actorId: session.accountId,
    targetId: id,
    request: visit.request,
    reason: 'device_forgotten',
  })
  const owner = session.accountId
  // By its kind as well: this door must not take out a second factor.
  const all = await listDevices(ground, owner)
  const gone =
    all.some(one => one.id === id) &&
    (await ground.stores.credentials.remove(owner, id, { events: [event] }))
  return gone ? granted(undefined) : refused(refusals.notFound)
}
