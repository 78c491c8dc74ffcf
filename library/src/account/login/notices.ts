import type { Account } from '../../store/port/accounts.ts'
import type { Credential } from '../../store/port/credentials.ts'
import { DEVICE, knownDevice, rememberDevice, touchDevice } from '../devices/devices.ts'
import type { Ground, Visit } from '../ground.ts'
import type { Admitted } from '../lockout/lockout.ts'
import { freshToken, keepToken, linkTo } from '../tokens.ts'
import { utcText } from '../utc.ts'

const UNLOCK_MS = 3_600_000
const DAY_MS = 86_400_000
/** Remembered devices of one account; the longest unused make room. */
const DEVICES_MOST = 20

/**
 * Tells the owner when strangers have begun to wait, with a link that lets the owner go on. For a
 * name that nobody has the same is written, and sends nothing.
 */
export async function tellOfGuessing(
  ground: Ground,
  visit: Visit,
  account: Account | undefined,
  { begins }: Admitted,
): Promise<void> {
  if (begins === undefined) return
  const { token, hash } = freshToken(ground, account === undefined ? 'decoy' : 'unlock')
  await keepToken(
    ground,
    hash,
    {
      purpose: account === undefined ? 'decoy' : 'unlock',
      accountId: account?.id,
      data: '{}',
      expiresAt: ground.clock() + UNLOCK_MS,
    },
    { only: account !== undefined },
    {
      events: [
        ground.entry({
          code: begins === 'shut' ? 'lockout.shut' : 'lockout.delayed',
          outcome: 'failure',
          targetId: account?.id,
          request: visit.request,
        }),
      ],
      jobs: [
        ground.mail.job(
          account && {
            code: 'lockout.delayed',
            to: account.email,
            values: { link: linkTo(ground, '/unlock', token) },
          },
        ),
      ],
    },
  )
  ground.mail.wake()
}

/**
 * Remembers the browser of a sign-in and tells the owner of it by mail, but for the very first one
 * after the registration. Answers the device cookie.
 */
export async function welcomeDevice(
  ground: Ground,
  visit: Visit,
  account: Account,
): Promise<string> {
  const now = ground.clock()
  const others = await ground.stores.credentials.ofAccount(account.id, DEVICE)
  await forgetOldest(ground, account.id, others)
  const isFirst = others.length === 0 && now - (account.emailVerifiedAt ?? 0) < DAY_MS
  const cookie = await rememberDevice(ground, account.id, visit, {
    events: [
      ground.entry({
        code: 'login.new_device',
        outcome: 'success',
        actorId: account.id,
        request: visit.request,
      }),
    ],
    jobs: isFirst
      ? []
      : [
          ground.mail.job({
            code: 'login.new_device',
            to: account.email,
            values: {
              device: visit.request.device,
              address: visit.request.address,
              at: utcText(now),
              link: `${ground.settings.origin}/account`,
            },
          }),
        ],
  })
  ground.mail.wake()
  return cookie
}

/** Notes the device of a sign-in: one that is known is touched, another is welcomed. */
export async function greetDevice(
  ground: Ground,
  visit: Visit,
  account: Account,
): Promise<readonly string[]> {
  const known = await knownDevice(ground, account.id, visit)
  if (known === undefined) return [await welcomeDevice(ground, visit, account)]
  await touchDevice(ground, known)
  return []
}

/** A client without cookies is a new device each time; it must not fill the store with itself. */
async function forgetOldest(
  ground: Ground,
  accountId: string,
  known: readonly Credential[],
): Promise<void> {
  const lastUse = (one: Credential): number => one.lastUsedAt ?? one.createdAt
  const newestFirst = known.toSorted((a, b) => lastUse(b) - lastUse(a))
  for (const { id } of newestFirst.slice(DEVICES_MOST - 1)) {
    await ground.stores.credentials.remove(accountId, id)
  }
}
