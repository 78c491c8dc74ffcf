import type { Principal } from '../../access/access.ts'
import type { Refusal } from '../../kernel/refusal.ts'
import type { Soon } from '../../kernel/soon.ts'
import type { Credential } from '../../store/port/credentials.ts'
import type { Ground } from '../ground.ts'
import { factorState, isEnrolled } from './state.ts'

/** The kind under which the beginning of somebody's grace stands among the credentials. */
export const ENROLMENT = 'enrolment'

export const refusals = {
  /** The grace is over: the session is good for setting up a second factor and for nothing else. */
  overdue: { code: 'factor.enrolment_overdue', says: 'factor.enrolment_required', status: 403 },
} as const

/** That somebody must set up an app or a passkey. */
export interface Enrolment {
  /** Milliseconds since the epoch. */
  readonly by: number
  readonly overdue: boolean
}

const STRONG: ReadonlySet<string> = new Set(['otp', 'hwk'])

/** Whether the options ask this role for a second factor. */
export function isRequired(ground: Ground, role: string): boolean {
  const { required } = ground.settings.factors
  return required !== undefined && (required.roles?.includes(role) ?? true)
}

/** Whether a store need be asked at all: nothing is required, or an app or a key was proven. */
function isSettled(ground: Ground, who: Pick<Principal, 'role' | 'factors'>): boolean {
  return !isRequired(ground, who.role) || who.factors.some(({ factor }) => STRONG.has(factor))
}

/**
 * Whether somebody's time to set up a factor is over. Answers at once where no store need be asked.
 *
 * @returns `factor.enrolment_required`
 * @throws {StoreFault}
 */
export function enrolmentOverdue(
  ground: Ground,
  who: Pick<Principal, 'accountId' | 'role' | 'factors'>,
): Soon<Refusal | undefined> {
  if (isSettled(ground, who)) return undefined
  return enrolmentDue(ground, who).then(due =>
    due?.overdue === true ? refusals.overdue : undefined,
  )
}

/**
 * What somebody still has to set up; `undefined` when nothing. Asks no store about sessions that have
 * proven an app or a key, nor where nothing is required: so it may be asked for every request.
 *
 * The grace begins with the first question under a role, is kept, and never begins anew: neither by
 * giving the factor up nor by signing in again.
 *
 * @throws {StoreFault}
 * @see ASVS 6.3.3
 */
export async function enrolmentDue(
  ground: Ground,
  who: Pick<Principal, 'accountId' | 'role' | 'factors'>,
): Promise<Enrolment | undefined> {
  const { required } = ground.settings.factors
  if (required === undefined || isSettled(ground, who)) return undefined
  const { credentials } = ground.stores
  if (isEnrolled(await factorState(credentials, who.accountId))) return undefined
  const by = (await graceOf(ground, who.accountId, who.role)) + required.graceMs
  return { by, overdue: ground.clock() >= by }
}

/** When the grace began; begins it. Of many who ask at once, the first one's moment is everybody's. */
async function graceOf(ground: Ground, accountId: string, role: string): Promise<number> {
  const { credentials } = ground.stores
  const handle = `${accountId}\n${role}`
  const known = await credentials.byHandle(ENROLMENT, handle)
  if (known !== undefined) return known.createdAt
  const now = ground.clock()
  const beginning: Credential = {
    id: ground.random.uuid(),
    accountId,
    kind: ENROLMENT,
    handle,
    data: '{}',
    mark: 0,
    confirmed: false,
    createdAt: now,
    lastUsedAt: undefined,
  }
  const event = ground.entry({
    code: 'factor.enrolment_asked',
    outcome: 'success',
    targetId: accountId,
    detail: { role },
  })
  if ((await credentials.add([beginning], {}, { events: [event] })) === 'done') return now
  return (await credentials.byHandle(ENROLMENT, handle))?.createdAt ?? now
}
