import { createHmac } from 'node:crypto'
import { systemRandom } from '../../kernel/random.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import { type TestAuthenticator, testAuthenticator } from '../../testing/authenticator.ts'
import { fields } from '../../vault/fields/fields.ts'
import { keyRing } from '../../vault/secrets/ring.ts'
import type { AccountGround, AccountOptions } from '../account.ts'
import type { Visit } from '../ground.ts'
import { cookieHeader, type House, house, PASSWORD, ROOT, visit } from '../house.test.kit.ts'
import type { SignedIn } from '../login/gate.ts'
import { type Passkeys, passkeys } from '../passkeys/passkeys.ts'
import { passkeySettings } from '../passkeys/settings.ts'
import { type Factors, factors } from './factors.ts'

export const ORIGIN = 'https://shop.example'

/** A house with second factors, and people who use them. */
export interface Equipped extends House {
  readonly factors: Factors
  readonly passkeys: Passkeys
  /** Signs in by password; answers what it came to, in this browser. */
  enter(email: string, browser?: Browser, transport?: 'cookie' | 'token'): Promise<SignedIn>
  /** Registers, signs in and sets an authenticator app up. */
  withApp(email: string): Promise<Person>
  /** The live session of a browser. */
  sessionOf(browser: Browser): Promise<Session | undefined>
}

export interface Person {
  readonly id: string
  readonly email: string
  readonly secret: string
  readonly codes: readonly string[]
  readonly browser: Browser
}

/** Cookies of one browser. */
export interface Browser {
  visit(): Visit
  take(cookies: readonly string[]): void
}

export function browser(): Browser {
  const jar = new Map<string, string>()
  return {
    visit: () => visit({}, [...jar].map(([name, value]) => `${name}=${value}`).join('; ')),
    take(cookies) {
      for (const text of cookies) {
        const [name = '', value = ''] = (cookieHeader([text]) ?? '').split(/=(.*)/s)
        if (/max-age=0/i.test(text)) jar.delete(name)
        else jar.set(name, value)
      }
    },
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** An authenticator app of the tests' own, so that it shares no mistake with ours. */
export function appCode(secret: string, at: number): string {
  const bits = [...secret].map(one => ALPHABET.indexOf(one).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)))
  const digest = createHmac('sha1', key).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 15
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

export async function equipped(
  options: AccountOptions = {},
  given: Partial<AccountGround> = {},
): Promise<Equipped> {
  const of = await house(options, given)
  const ring = keyRing(ROOT)
  const { ground } = of.flows
  const second = factors(ground, fields({ ring, random: systemRandom() }), 'Otter Shop')
  const keys = passkeys(ground, passkeySettings({}, [ORIGIN]), 'Otter Shop')
  const made: Equipped = {
    ...of,
    factors: second,
    passkeys: keys,
    async enter(email, at = browser(), transport = 'cookie') {
      const outcome = await of.flows.login(at.visit(), { email, password: PASSWORD, transport })
      if (!outcome.ok) throw new Error(outcome.refusal.code)
      at.take(outcome.value.cookies)
      return outcome.value
    },
    async withApp(email) {
      const id = await of.member(email)
      const at = browser()
      await made.enter(email, at)
      const setUp = await second.setUp(at.visit(), live(await made.sessionOf(at)))
      if (!setUp.ok) throw new Error(setUp.refusal.code)
      const { secret } = setUp.value
      const code = appCode(secret, of.clock())
      const outcome = await second.confirm(at.visit(), live(await made.sessionOf(at)), code)
      if (!outcome.ok) throw new Error(outcome.refusal.code)
      at.take(outcome.value.cookies)
      // The next code is another one.
      of.clock.advance(30_000)
      return { id, email, secret, codes: outcome.value.backupCodes, browser: at }
    },
    sessionOf: async at => of.sessions.load(at.visit().cookies),
  }
  return made
}

export function live(session: Session | undefined): Session {
  if (session === undefined) throw new Error('there is no session')
  return session
}

/** Adds a passkey to the account of a session; answers the key. */
export async function addKey(of: Equipped, at: Browser): Promise<TestAuthenticator> {
  const key = testAuthenticator(ORIGIN)
  const options = await of.passkeys.registerOptions(at.visit(), live(await of.sessionOf(at)))
  if (!options.ok) throw new Error(options.refusal.code)
  const response = key.create(options.value) as never
  const outcome = await of.passkeys.register(at.visit(), live(await of.sessionOf(at)), { response })
  if (!outcome.ok) throw new Error(outcome.refusal.code)
  at.take(outcome.value.cookies)
  return key
}
