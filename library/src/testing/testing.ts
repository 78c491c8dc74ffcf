import { assemble, type Bulwark, type BulwarkOptions } from '../bulwark.ts'
import { type TestClock, testClock } from '../kernel/clock.ts'
import { type TestAuthenticator, testAuthenticator } from './authenticator.ts'
import { type TestClient, testClient } from './client.ts'
import { type Mailbox, testMailbox } from './mailbox.ts'
import { type Walk, type WalkedRoute, type WalkReport, walk } from './walker.ts'

/** What a test of a service needs: time it turns, mails it reads, people who are signed in. */
export interface TestKit {
  /** Hand it to your framework: `app.register(bulwark, { bulwark: kit.bulwark })`. */
  readonly bulwark: Bulwark
  /** Stands still until somebody turns it. */
  readonly clock: TestClock
  readonly mailbox: Mailbox
  /** The public origin; links in mails and passkeys are made for it, wherever the service listens. */
  readonly origin: string
  /** Every route that was declared so far, Bulwark's own among them. */
  routes(): readonly WalkedRoute[]
  /** A stranger at the service that listens at `at`, such as `http://127.0.0.1:40123`. */
  client(at: string): TestClient
  /** Registers, follows the mail and signs in. */
  signedIn(at: string, email: string): Promise<SignedInClient>
  /** A software authenticator that holds one passkey. */
  authenticator(): TestAuthenticator
  /** Two accounts and every route: what belongs to one must not exist for the other. */
  walk(at: string, how?: Omit<Walk, 'routes' | 'owner' | 'stranger'>): Promise<WalkReport>
}

export interface SignedInClient extends TestClient {
  readonly accountId: string
  readonly email: string
  readonly password: string
}

const ORIGIN = 'http://localhost'
/** Long and unlikely enough for the password policy. */
const PASSWORD = 'four unlikely words here'

/**
 * Puts Bulwark together for a test: accounts on, everything in memory, a clock that stands still, mails
 * in a box, and answers that wait for no deadline.
 *
 * ```ts
 * const kit = await testKit()
 * await app.register(bulwark, { bulwark: kit.bulwark })
 * const at = await app.listen({ port: 0 })
 * const { leaks, unproven } = await kit.walk(at, { make: { 'POST /orders': { item: 'tea' } } })
 * assert.deepEqual([leaks, unproven], [[], []])
 * ```
 *
 * @param options what your service gives Bulwark; anything but the clock and the mailer may be yours
 * @throws {ConfigFault} when an option is wrong
 */
export async function testKit(options: BulwarkOptions = {}): Promise<TestKit> {
  const clock = testClock()
  const mailbox = testMailbox()
  const origin =
    typeof options.origin === 'string' ? options.origin : (options.origin?.[0] ?? ORIGIN)
  const routes: WalkedRoute[] = []
  let walks = 0
  const made = await assemble({
    mode: 'development',
    ...options,
    origin: options.origin ?? origin,
    account: {
      answerMs: 0,
      ...(options.account === false ? {} : options.account),
      mailer: mailbox,
    },
    clock,
  })
  const bulwark: Bulwark = {
    ...made,
    route(method, pattern, policy) {
      const route = made.route(method, pattern, policy)
      if (route.matched) {
        for (const one of method.split('|')) {
          routes.push({ method: one, pattern, policy: route.policy })
        }
      }
      return route
    },
  }
  const client = (at: string): TestClient => testClient(at)
  const signedIn = async (at: string, email: string): Promise<SignedInClient> => {
    const person = client(at)
    const password = PASSWORD
    await expected(person.post('/auth/register', { email, password }), 202)
    const token = await mailbox.takeToken(email)
    await expected(person.post('/auth/verify-email', { token }), 204)
    const { user } = await expected(person.post('/auth/login', { email, password }), 200)
    return Object.assign(person, { accountId: user.id as string, email, password })
  }

  return {
    bulwark,
    clock,
    mailbox,
    origin,
    routes: () => [...routes],
    client,
    signedIn,
    authenticator: () => testAuthenticator(origin),
    async walk(at, how = {}) {
      const turn = ++walks
      const owner = await signedIn(at, `owner-${turn}@example.com`)
      const stranger = await signedIn(at, `stranger-${turn}@example.com`)
      // Something of every kind that Bulwark itself keeps for people.
      const asked = await expected(owner.post('/auth/passkeys/register/options'), 200)
      const passkey = testAuthenticator(origin).create(asked)
      await expected(owner.post('/auth/passkeys/register/verify', passkey), 201)
      return walk({ ...how, routes, owner, stranger })
    },
  }
}

/** The answer's JSON; a wrong status is an error that shows the answer. */
async function expected(
  answering: ReturnType<TestClient['post']>,
  status: number,
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the route's
): Promise<any> {
  const answer = await answering
  if (answer.status !== status) {
    throw new Error(`expected ${status}, got ${answer.status}: ${answer.text}`)
  }
  return answer.json
}
