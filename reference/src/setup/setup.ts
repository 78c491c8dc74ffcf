import type { Bulwark } from 'bulwark'
import { keyedHash } from 'bulwark/bytes'
import { canonicalEmail } from 'bulwark/email'
import { granted, type Outcome, refused } from 'bulwark/outcome'
import type { Settings } from '../settings.ts'

const LIFE_MS = 86_400_000

const refusals = {
  link: { code: 'setup.link_invalid', says: 'link.invalid', status: 400 },
  email: { code: 'setup.not_an_address', says: 'register.not_an_address', status: 422 },
  taken: { code: 'setup.taken', says: 'setup.taken', status: 409 },
} as const

export interface FirstAdministrator {
  readonly token: string
  readonly email: string
  readonly password: string
}

export interface Setup {
  readonly link: string | undefined
  /** Redeems the link and makes the account, in one transaction. */
  makeAdministrator(input: FirstAdministrator): Promise<Outcome<void>>
}

/** While nobody administers the service, a link that lives a day and works once. */
export async function setup(at: Bulwark, settings: Settings): Promise<Setup> {
  const { stores, random, clock, keys, account } = at
  const hashOf = (token: string): string => keyedHash(keys.for('one-time-token'), `setup\n${token}`)
  return {
    link: (await stores.accounts.count({ role: 'admin' })) === 0 ? await issue() : undefined,
    async makeAdministrator(input) {
      const email = canonicalEmail(input.email)
      if (email === undefined) return refused(refusals.email)
      const hash = hashOf(input.token)
      if ((await stores.oneTimeTokens.peek(hash, clock())) === undefined) {
        return refused(refusals.link)
      }
      if (account === undefined) return refused(refusals.link)
      const weak = await account.passwords.judge(input.password, [email])
      if (weak !== undefined) return refused(weak)
      const hashed = await account.passwords.hash(input.password)
      if (!hashed.ok) return hashed
      const now = clock()
      const id = random.uuid()
      const answer = await stores.accounts.create(
        {
          id,
          version: 1,
          email,
          emailVerifiedAt: now,
          name: undefined,
          passwordHash: hashed.value,
          passwordChangedAt: now,
          role: 'admin',
          disabledAt: undefined,
          deleteAfter: undefined,
          createdAt: now,
        },
        {
          redeem: hash,
          now,
          events:
            at.audit === undefined
              ? []
              : [
                  at.audit.entry({
                    code: 'system.set_up',
                    outcome: 'success',
                    actorId: id,
                    targetId: id,
                  }),
                ],
        },
      )
      if (answer === 'taken') return refused(refusals.taken)
      return answer === 'spent' ? refused(refusals.link) : granted(undefined)
    },
  }

  async function issue(): Promise<string> {
    const token = random.token()
    await stores.oneTimeTokens.issue(hashOf(token), {
      purpose: 'setup',
      accountId: undefined,
      data: '{}',
      expiresAt: clock() + LIFE_MS,
      attemptsLeft: 1,
    })
    return `${settings.origin}/setup#token=${token}`
  }
}
