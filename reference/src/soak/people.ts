import { setTimeout as pause } from 'node:timers/promises'
import { Browser, type Reply } from './browser.ts'
import type { Ledger } from './ledger.ts'
import type { Mailbox } from './mailbox.ts'
import type { Tally } from './tally.ts'

export const PASSWORD = 'four unlikely words here'
const NEXT_PASSWORDS = [
  'five more unlikely words here',
  'six quite unlikely words in here',
] as const

/** Another node may believe a session that it knows for a second. */
const SEEN_EVERYWHERE_MS = 1_100
const MAIL_MS = 30_000
const AFTER_TROUBLE_MS = 100

export interface World {
  readonly origins: readonly string[]
  readonly ledger: Ledger
  readonly tally: Tally
  readonly mails: Mailbox
  readonly over: () => boolean
}

type Headers = Readonly<Record<string, string>>

/** What people do with the service, each writing down what was acknowledged to them. */
export interface People {
  /** Signs in, looks, orders, looks at the orders, signs out; again and again. */
  shopper(email: string): Promise<void>
  /** An application: renews its tokens, and in the end uses one token in two places at once. */
  application(email: string): Promise<void>
  /** Registers, follows each link twice at once, forgets the password, signs in with the new one. */
  newcomers(lane: number): Promise<void>
  /** Comes back with sessions and tokens that are over. */
  revenant(): Promise<void>
  /** Asks for what needs no store, at a walking pace. */
  passerBy(): Promise<void>
}

export function people(world: World): People {
  const { ledger, tally, mails, over } = world
  let browsers = 0
  const browser = (): Browser => new Browser(world.origins, browsers++)

  /** One request, counted; `undefined` when it was not answered at all. */
  const ask = async (
    kind: string,
    good: readonly number[],
    by: Browser,
    method: string,
    path: string,
    body?: unknown,
    headers?: Headers,
  ): Promise<Reply | undefined> => {
    const since = performance.now()
    try {
      const reply = await by.send(method, path, body, headers)
      if (good.includes(reply.status)) tally.good(kind, performance.now() - since)
      else {
        tally.bad(kind, String(reply.status))
        if (reply.status >= 500 || reply.status === 429) await pause(AFTER_TROUBLE_MS)
      }
      return reply
    } catch (error) {
      tally.bad(kind, error instanceof Error ? error.message : String(error))
      await pause(AFTER_TROUBLE_MS)
      return undefined
    }
  }

  const signIn = async (who: Browser, email: string, password: string): Promise<boolean> => {
    const body = { email, password }
    const reply = await ask('sign in', [200], who, 'POST', '/auth/login', body)
    if (reply?.status === 200) {
      ledger.event(`signed in ${email}`)
      ledger.sessions += 1
    }
    return reply?.status === 200
  }

  const signOut = async (who: Browser): Promise<void> => {
    const cookie = who.cookies
    const reply = await ask('sign out', [204], who, 'POST', '/auth/logout')
    if (reply?.status !== 204) return
    ledger.end({ cookie }, 'sign out')
    ledger.event('session.ended')
  }

  const order = async (who: Browser, mine: string[]): Promise<Reply | undefined> => {
    const body = { item: 'a kite', quantity: 1 }
    const reply = await ask('order', [201], who, 'POST', '/api/orders', body)
    if (reply?.status === 201) {
      ledger.orders.add(reply.json.id)
      mine.push(reply.json.id)
    }
    return reply
  }

  const readBack = async (who: Browser, mine: readonly string[]): Promise<Reply | undefined> => {
    const id = mine[Math.floor(Math.random() * mine.length)]
    if (id === undefined) return undefined
    const reply = await ask('read an order', [200], who, 'GET', `/api/orders/${id}`)
    if (reply?.status === 404) ledger.broken.push(`order ${id} was acknowledged, and is gone`)
    return reply
  }

  /** Two at once, led to different nodes; of the two at most one may get it. */
  const both = async (
    kind: string,
    path: string,
    token: string,
    bodies: readonly [object, object],
  ): Promise<number | undefined> => {
    const replies = await Promise.all(
      bodies.map(body => ask(kind, [204, 400], browser(), 'POST', path, body)),
    )
    const won = replies.map(reply => reply?.status === 204)
    if (won[0] && won[1]) ledger.broken.push(`a token of ${path} was redeemed twice`)
    if (!won.includes(true)) return undefined
    ledger.spentLinks.push([path, token])
    return won.indexOf(true)
  }

  return {
    async shopper(email) {
      const who = browser()
      const mine: string[] = []
      while (!over()) {
        if (!(await signIn(who, email, PASSWORD))) continue
        for (let step = 0; step < 300 && !over(); step++) {
          const reply =
            step % 6 === 1
              ? await order(who, mine)
              : step % 6 === 4
                ? await readBack(who, mine)
                : await ask('session check', [200], who, 'GET', '/auth/me')
          if (reply?.status !== 401) continue
          ledger.forgotten += 1
          break
        }
        await signOut(who)
      }
    },

    async application(email) {
      const body = { email, password: PASSWORD, transport: 'token' }
      const renew = (refreshToken: string, good: readonly number[] = [200]) =>
        ask('refresh', good, browser(), 'POST', '/auth/refresh', { refreshToken })
      const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` })
      while (!over()) {
        const begun = await ask('sign in', [200], browser(), 'POST', '/auth/login', body)
        if (begun?.status !== 200) continue
        ledger.event(`signed in ${email}`)
        let { accessToken, refreshToken } = begun.json
        let alive = true
        for (let turn = 0; turn < 30 && alive && !over(); turn++) {
          const mine = { headers: bearer(accessToken) }
          await ask('bearer check', [200], browser(), 'GET', '/api/orders', undefined, mine.headers)
          const next = await renew(refreshToken)
          // Whether it was exchanged nobody knows: asking again could end the family, by right.
          alive = next?.status === 200
          if (!alive) break
          ledger.spentRefresh.push(refreshToken)
          ledger.event('refresh.rotated')
          ;({ accessToken, refreshToken } = next?.json ?? {})
        }
        if (!alive) continue
        const race = await Promise.all([
          renew(refreshToken, [200, 401]),
          renew(refreshToken, [200, 401]),
        ])
        const winners = race.filter(reply => reply?.status === 200)
        if (winners.length > 1) ledger.broken.push('a refresh token was exchanged twice')
        ledger.spentRefresh.push(refreshToken)
        // One got it, the other was seen with it: by then the whole family has ended.
        if (winners.length === 1 && race.some(reply => reply?.status === 401)) {
          ledger.event('refresh.reused')
          ledger.end(bearer(winners[0]?.json.accessToken), 'reuse of its family')
        }
      }
    },

    async newcomers(lane) {
      for (let number = 0; !over(); number++) {
        const email = `newcomer-${lane}-${number}@example.com`
        const who = browser()
        const asked = { email, password: PASSWORD }
        const made = await ask('register', [202], who, 'POST', '/auth/register', asked)
        if (made?.status !== 202) continue
        ledger.registered.add(email)
        const link = await mails.token(email, 'verify-email', MAIL_MS)
        if (link === undefined) {
          tally.bad('mail', `none within ${MAIL_MS / 1000} s`)
          continue
        }
        tally.good('mail', 0)
        const verified = await both('verify', '/auth/verify-email', link, [
          { token: link },
          { token: link },
        ])
        if (verified === undefined) continue
        ledger.verified.add(email)
        ledger.event('register.verified')
        ledger.passwords.set(email, PASSWORD)
        if (!(await signIn(who, email, PASSWORD))) continue
        await order(who, [])
        const forgot = await ask(
          'forgot password',
          [202],
          browser(),
          'POST',
          '/auth/forgot-password',
          {
            email,
          },
        )
        if (forgot?.status !== 202) continue
        const reset = await mails.token(email, 'reset-password', MAIL_MS)
        if (reset === undefined) continue
        // From here on what the password is depends on an answer.
        ledger.passwords.delete(email)
        const [first, second] = NEXT_PASSWORDS
        const winner = await both('reset', '/auth/reset-password', reset, [
          { token: reset, password: first },
          { token: reset, password: second },
        ])
        if (winner === undefined) continue
        ledger.event('reset.completed')
        ledger.end({ cookie: who.cookies }, 'reset')
        ledger.passwords.set(email, NEXT_PASSWORDS[winner] ?? '')
        if (await signIn(browser(), email, NEXT_PASSWORDS[winner] ?? '')) continue
      }
    },

    async revenant() {
      while (!over()) {
        const one = ledger.ended[Math.floor(Math.random() * ledger.ended.length)]
        if (one === undefined || performance.now() - one.at < SEEN_EVERYWHERE_MS) {
          await pause(100)
          continue
        }
        await comesBack(one.how, one.headers)
        await pause(20)
      }
    },

    async passerBy() {
      const who = browser()
      while (!over()) {
        await ask('no store needed', [200], who, 'GET', '/healthz')
        await pause(50)
      }
    },
  }

  async function comesBack(how: string, headers: Headers): Promise<void> {
    const reply = await ask(
      'ended session',
      [401],
      browser(),
      'GET',
      '/api/orders',
      undefined,
      headers,
    )
    if (reply?.status === 200) ledger.broken.push(`a session is alive after its ${how}`)
  }
}
