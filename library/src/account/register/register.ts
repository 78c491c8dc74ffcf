import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Account } from '../../store/port/accounts.ts'
import { keepDecoy } from '../decoy.ts'
import { timebox } from '../enumeration/timebox.ts'
import type { Ground, Visit } from '../ground.ts'
import { hourly } from '../hourly.ts'
import { canonicalEmail } from '../mail/address.ts'
import { keepVerification } from './verification.ts'

export const refusals = {
  notAnAddress: {
    code: 'register.not_an_address',
    says: 'register.not_an_address',
    status: 422,
    errors: [{ pointer: '/email', detail: 'is no address that mail can be sent to' }],
  },
  nameTooLong: {
    code: 'register.name_too_long',
    says: 'register.name_too_long',
    status: 422,
    errors: [{ pointer: '/name', detail: 'is longer than 100 characters' }],
  },
  nameMalformed: {
    code: 'register.name_malformed',
    says: 'register.name_malformed',
    status: 422,
    errors: [{ pointer: '/name', detail: 'holds control characters' }],
  },
} as const

export interface RegisterInput {
  readonly email: string
  readonly password: string
  readonly name?: string
}

/**
 * A name as it is kept: trimmed, `undefined` when nothing is left of it.
 *
 * @returns or `register.name_too_long`, `register.name_malformed`
 */
export function judgedName(text: string | undefined): Outcome<string | undefined> {
  const name = text?.trim() ?? ''
  if ([...name].length > NAME_MOST) return refused(refusals.nameTooLong)
  if (UNPRINTABLE.test(name)) return refused(refusals.nameMalformed)
  return granted(name === '' ? undefined : name)
}

const NAME_MOST = 100
/** Control characters and what turns the direction of reading. */
const UNPRINTABLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u

/**
 * Opens an account that waits for its address to be verified. A known address gets the same answer,
 * costs the same, and its owner a notice.
 *
 * @returns what is wrong with address, name or password, which depends on nothing but them
 * @throws {StoreFault}
 * @see ASVS 6.3.8
 */
export async function register(
  ground: Ground,
  visit: Visit,
  input: RegisterInput,
): Promise<Outcome<void>> {
  const email = canonicalEmail(input.email)
  if (email === undefined) return refused(refusals.notAnAddress)
  const name = judgedName(input.name)
  if (!name.ok) return name
  const weak = await ground.passwords.judge(input.password, [email, name.value])
  if (weak !== undefined) return refused(weak)
  const often = await hourly(ground, 'register', visit.request.address)
  if (often !== undefined) return refused(often)
  return timebox(ground.settings.answerMs, ground, async () => {
    const hashed = await ground.passwords.hash(input.password)
    if (!hashed.ok) return hashed
    await open(ground, visit, email, name.value, hashed.value)
    ground.mail.wake()
    return granted(undefined)
  })
}

/** Two verbs whoever asks: one that may make the account, one that leaves a link or a decoy. */
async function open(
  ground: Ground,
  visit: Visit,
  email: string,
  name: string | undefined,
  passwordHash: string,
): Promise<void> {
  const known = await ground.stores.accounts.byEmail(email)
  if (known === undefined || known.emailVerifiedAt !== undefined) {
    const account = newAccount(ground, email, name, passwordHash)
    const created = await ground.stores.accounts.create(account, {
      events: [
        ground.entry({
          code: 'account.created',
          outcome: 'success',
          targetId: account.id,
          request: visit.request,
        }),
      ],
    })
    if (created === 'done') return keepVerification(ground, visit, account, { passwordHash, name })
    return keepNotice(ground, visit, email, known)
  }
  await ground.stores.accounts.update(known.id, known.version, { passwordHash, name })
  return keepVerification(ground, visit, known, { passwordHash, name })
}

function newAccount(
  ground: Ground,
  email: string,
  name: string | undefined,
  passwordHash: string,
): Account {
  const now = ground.clock()
  return {
    id: ground.random.uuid(),
    version: 1,
    email,
    emailVerifiedAt: undefined,
    name,
    passwordHash,
    passwordChangedAt: now,
    role: ground.settings.role,
    disabledAt: undefined,
    deleteAfter: undefined,
    createdAt: now,
  }
}

/** Where a link would be kept, a decoy; where the link's mail would wait, a notice to the owner. */
function keepNotice(
  ground: Ground,
  visit: Visit,
  email: string,
  known: Account | undefined,
): Promise<void> {
  const event = ground.entry({
    code: 'register.known_address',
    outcome: 'success',
    targetId: known?.id,
    request: visit.request,
  })
  const values = { loginLink: `${ground.settings.origin}/login` }
  const job = ground.mail.job({ code: 'register.known', to: email, values })
  return keepDecoy(ground, ground.settings.verifyMs, { events: [event], job })
}
