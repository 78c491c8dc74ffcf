import { randomUUID } from 'node:crypto'
import type { Clock } from '../../kernel/clock.ts'
import type { Account, Accounts, AccountTransition } from '../port/accounts.ts'
import type { NewJob } from '../port/jobs.ts'
import type { Stores } from '../port/stores.ts'
import type { SessionKeys } from './session-keys.ts'
import { CLOSE, DONE } from './session-scripts.ts'
import { names, type RedisSessions } from './sessions.ts'
import type { Wire } from './wire.ts'

const KIND = 'bulwark.end-sessions'
/** Longer than a request takes, so that normally the sweep finds nothing left to do. */
const SWEEP_AFTER_MS = 2_000
const LEASE_MS = 30_000
/** Longer than any login that could still begin a session under an old version. */
const GATE_TTL_MS = 86_400_000

interface Ending {
  readonly accountId: string
  /** The account's version after the change. */
  readonly version: number
  readonly exceptIdHash: string | undefined
}

export interface Endings {
  readonly accounts: Accounts
  /** Carries out endings that a crash or an outage left undone; answers how many it looked at. */
  sweep(): Promise<number>
}

/**
 * Ends sessions in Redis when an account changes in the durable store.
 *
 * Decision: the change and a job "end these sessions" are one durable transaction; then the
 * sessions are ended at once, and the job finds it done. Whatever dies in between, some node's sweep
 * carries it out within seconds, and while Redis is away no session is accepted anyway. A session
 * that begins under an older version of the account is refused at the gate that the ending closes.
 * Cost: one more row a change; and an ending that is carried out late also ends sessions that began
 * after it.
 */
export function endingSessions(
  wire: Wire,
  keys: SessionKeys,
  sessions: RedisSessions,
  durable: Stores,
  clock: Clock,
): Endings {
  const carryOut = async ({ accountId, version, exceptIdHash }: Ending): Promise<void> => {
    const gate = keys.gate(accountId)
    const lists = [keys.ofAccount(accountId), gate] as const
    const listed = await wire.run('sessions.revokeAll', CLOSE, lists, [version, GATE_TTL_MS])
    if (listed === null) return
    const ending = names(listed).filter(idHash => idHash !== exceptIdHash)
    await sessions.end(accountId, ending)
    await wire.run('sessions.revokeAll', DONE, [gate], [version])
  }

  const planned = (ending: Ending): NewJob => ({
    id: randomUUID(),
    kind: KIND,
    payload: JSON.stringify(ending),
    runAt: clock() + SWEEP_AFTER_MS,
  })

  /** Carries `change` out with an ending and a beginning around it. */
  const around = async <T extends string>(
    accountId: string,
    version: number,
    along: AccountTransition | undefined,
    change: (rest: AccountTransition) => Promise<T>,
  ): Promise<T> => {
    const { endSessions, startSession, ...rest } = along ?? {}
    const exceptIdHash = endSessions === 'all' ? undefined : endSessions?.exceptIdHash
    const ending = endSessions === undefined ? undefined : { accountId, version, exceptIdHash }
    const jobs = [...(rest.jobs ?? []), ...(ending === undefined ? [] : [planned(ending)])]
    const answer = await change({ ...rest, jobs })
    if (answer !== 'done') return answer
    if (ending !== undefined) await carryOut(ending)
    if (startSession !== undefined) await sessions.begin(startSession, version)
    return answer
  }

  const accounts: Accounts = {
    ...durable.accounts,
    create: (account: Account, along) =>
      around(account.id, account.version, along, rest => durable.accounts.create(account, rest)),
    update: (id, version, change, along) =>
      around(id, version + 1, along, rest => durable.accounts.update(id, version, change, rest)),
    remove: (id, version, along) =>
      around(id, version + 1, { ...along, endSessions: 'all' }, rest =>
        durable.accounts.remove(id, version, rest),
      ),
  }

  return {
    accounts,
    async sweep() {
      const lease = randomUUID()
      const jobs = await durable.jobs.claim(KIND, clock(), LEASE_MS, lease, 50)
      for (const job of jobs) {
        await carryOut(JSON.parse(job.payload))
        await durable.jobs.finish(job.id, lease)
      }
      return jobs.length
    },
  }
}
