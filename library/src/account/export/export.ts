import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import { refusals } from '../change.ts'
import { DEVICE, listDevices } from '../devices/devices.ts'
import { TRUSTED_DEVICE } from '../devices/trusted.ts'
import { freshEnough } from '../fresh.ts'
import type { Ground, Visit } from '../ground.ts'
import { refuse } from '../refuse.ts'

const MOST_EVENTS = 1_000

/** All that we know about an account, as plain data without secrets. Moments are ISO 8601. */
export interface AccountExport {
  readonly account: Readonly<Record<string, string | boolean | undefined>>
  readonly sessions: readonly object[]
  readonly devices: readonly object[]
  readonly credentials: readonly object[]
  readonly events: readonly object[]
}

/**
 * A copy of what we keep about the account, for its owner.
 *
 * @returns `access.step_up` when the last proof of identity is not fresh
 * @throws {StoreFault}
 */
export async function exportAccount(
  ground: Ground,
  visit: Visit,
  session: Session,
): Promise<Outcome<AccountExport>> {
  const { accounts, credentials, auditLog } = ground.stores
  const actorId = session.accountId
  const stale = freshEnough(ground, session)
  if (stale !== undefined) return refuse(ground, visit, 'account.refused', stale, { actorId })
  const account = await accounts.byId(actorId)
  if (account === undefined) return refused(refusals.gone)
  const [sessions, devices, factors, acted, concerned] = await Promise.all([
    ground.sessions.list(actorId),
    listDevices(ground, actorId),
    credentials.ofAccount(actorId),
    auditLog.read({ limit: MOST_EVENTS, actorId }),
    auditLog.read({ limit: MOST_EVENTS, targetId: actorId }),
  ])
  await auditLog.append([
    ground.entry({
      code: 'account.exported',
      outcome: 'success',
      actorId,
      targetId: actorId,
      request: visit.request,
    }),
  ])
  const events = new Map([...acted, ...concerned].map(row => [row.sequence, row]))
  return granted({
    account: {
      id: account.id,
      email: account.email,
      emailVerifiedAt: iso(account.emailVerifiedAt),
      name: account.name,
      role: account.role,
      createdAt: iso(account.createdAt),
      passwordChangedAt: iso(account.passwordChangedAt),
      deleteAfter: iso(account.deleteAfter),
    },
    sessions: sessions.map(one => ({
      id: one.id,
      device: one.device,
      address: one.address,
      createdAt: iso(one.createdAt),
      lastSeenAt: iso(one.lastSeenAt),
    })),
    devices: devices.map(one => ({
      ...one,
      createdAt: iso(one.createdAt),
      lastUsedAt: iso(one.lastUsedAt),
      trustedUntil: iso(one.trustedUntil),
    })),
    credentials: factors
      .filter(one => one.kind !== DEVICE && one.kind !== TRUSTED_DEVICE)
      .map(one => ({ id: one.id, kind: one.kind, createdAt: iso(one.createdAt) })),
    events: [...events.values()]
      .sort((a, b) => a.sequence - b.sequence)
      .map(({ at, code, personal }) => ({
        at: iso(at),
        code,
        ...(personal !== undefined && withoutSalt(personal)),
      })),
  })
}

function iso(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString()
}

function withoutSalt(personal: string): object {
  const { salt: _, ...rest } = JSON.parse(personal)
  return rest
}
