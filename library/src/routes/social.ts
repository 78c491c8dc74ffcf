import { refusals as access } from '../access/access.ts'
import { changeAccount } from '../account/change.ts'
import { freshEnough } from '../account/fresh.ts'
import { pass } from '../account/login/gate.ts'
import { canonicalEmail } from '../account/mail/address.ts'
import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import type { Refusal } from '../kernel/refusal.ts'
import type { Identity, Social } from '../oauth/social/social.ts'
import { type Answer, done, json } from '../pipeline/answer.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import type { RoutePolicy } from '../pipeline/route.ts'
import type { Session } from '../session/sessions/sessions.ts'
import type { Account } from '../store/port/accounts.ts'
import type { Credential } from '../store/port/credentials.ts'
import type { Fields } from '../vault/fields/fields.ts'
import { type AccountRoutes, NO_STORE, own, visitOf } from './account-parts.ts'
import type { Endpoint, Input } from './endpoint.ts'
import { onward } from './onward.ts'
import { route } from './posts.ts'

export interface SocialRoutes extends AccountRoutes {
  readonly social: Social
  readonly sealed: Fields
}

export const refusals = {
  disabled: { code: 'social.account_disabled', says: 'social.refused', status: 400 },
  otherAccount: { code: 'social.other_account', says: 'social.taken', status: 409 },
  /** An account has this address. Who owns both signs in there first, and then links. */
  signInFirst: { code: 'social.sign_in_first', says: 'social.sign_in_first', status: 409 },
  notSignedIn: { code: 'social.not_signed_in', says: 'social.refused', status: 400 },
  lastWay: { code: 'social.last_way_in', says: 'social.last_way_in', status: 409 },
} as const

const IDENTITY = 'identity'
const PATH = /^\/(?!\/)[A-Za-z0-9/_-]*$/
const FORM = 'application/x-www-form-urlencoded'
const linking: RoutePolicy = { ...own, content: { consumes: ['application/json', FORM] } }
const browsed: RoutePolicy = { access: { public: true }, headers: 'sensitive-page' }

/** `/auth/social/…`: there, back again, and what it means for an account. */
export function socialEndpoints(parts: SocialRoutes): readonly Endpoint[] {
  const { social, stores, flows, pipeline, sessions } = parts
  const { ground } = flows
  const sealed = parts.sealed.field('credentials', IDENTITY)
  const handleOf = ({ issuer, subject }: Identity): string => JSON.stringify([issuer, subject])
  const go = (location: string, cookies: readonly string[] = []): Outcome<Answer> =>
    granted({ status: 303, headers: ['location', location, ...NO_STORE], cookies })

  /** People are in the middle of a page: they are taken back to one that says why. */
  const explain = (
    exchange: Exchange,
    refusal: Refusal,
    page = '/login',
    cookies: readonly string[] = [social.cleared],
  ): Outcome<Answer> => {
    ground.recordRefusal(refusal, {
      code: 'social.refused',
      outcome: 'failure',
      reason: refusal.code,
      request: pipeline.auditRequest(exchange),
      ...(refusal.why !== undefined && { detail: { why: refusal.why } }),
    })
    return go(`${page}?problem=${encodeURIComponent(refusal.says)}`, cookies)
  }

  /** What is kept of an identity: the provider's tokens only where it was asked for, and then sealed. */
  const dataOf = (id: string, identity: Identity, before?: string): string => {
    const provider = social.providers.find(one => one.id === identity.provider)
    const kept = provider?.keepTokens === true && identity.tokens.access !== ''
    const { access, refresh = refreshOf(id, before) } = identity.tokens
    return JSON.stringify({
      provider: identity.provider,
      ...(kept && { tokens: sealed.seal(id, JSON.stringify({ access, refresh })) }),
    })
  }
  /** Many providers give a refresh token the first time only; the next sign-in must not lose it. */
  const refreshOf = (id: string, data: string | undefined): string | undefined => {
    const { tokens } = JSON.parse(data ?? '{}') as { readonly tokens?: string }
    const opened = tokens === undefined ? undefined : sealed.open(id, tokens)
    if (opened?.ok !== true) return undefined
    return (JSON.parse(opened.value) as { readonly refresh?: string }).refresh
  }

  /** Links an identity to an account; the store lets nobody link what somebody has. */
  const link = async (
    exchange: Exchange,
    accountId: string,
    identity: Identity,
  ): Promise<Outcome<void>> => {
    const id = ground.random.uuid()
    const credential: Credential = {
      id,
      accountId,
      kind: IDENTITY,
      handle: handleOf(identity),
      data: dataOf(id, identity),
      mark: 0,
      confirmed: true,
      createdAt: ground.clock(),
      lastUsedAt: undefined,
    }
    const event = ground.entry({
      code: 'social.linked',
      outcome: 'success',
      actorId: accountId,
      targetId: accountId,
      request: pipeline.auditRequest(exchange),
      detail: { provider: identity.provider },
    })
    const added = await stores.credentials.add([credential], {}, { events: [event] })
    if (added === 'done') return granted(undefined)
    const holder = await stores.credentials.byHandle(IDENTITY, credential.handle)
    return holder?.accountId === accountId ? granted(undefined) : refused(refusals.otherAccount)
  }

  const enter = async (
    exchange: Exchange,
    account: Account,
    provider: string,
    next: string,
  ): Promise<Outcome<Answer>> => {
    const passed = await pass(ground, visitOf(pipeline, exchange), {
      account,
      factors: [{ factor: 'fed', at: ground.clock() }],
      transport: 'cookie',
      event: { code: 'login.succeeded', outcome: 'success', detail: { factor: provider } },
    })
    if (!passed.ok) return explain(exchange, passed.refusal)
    const cookies = [...passed.value.cookies, social.cleared]
    if (passed.value.kind === 'factor') {
      return go(`/login/factor?next=${encodeURIComponent(next)}`, cookies)
    }
    if (exchange.session !== undefined) await sessions.end(exchange.session)
    return go(next, cookies)
  }

  /**
   * The account of a new identity. An address makes nobody the owner of an account that is there
   * already; and where the provider is not the address's own, it is not even written down.
   */
  const welcome = async (exchange: Exchange, identity: Identity): Promise<Outcome<Account>> => {
    const email = identity.email === undefined ? undefined : canonicalEmail(identity.email)
    const claimed = identity.emailVerified ? email : undefined
    const holder = claimed === undefined ? undefined : await stores.accounts.byEmail(claimed)
    if (holder?.emailVerifiedAt !== undefined) return refused(refusals.signInFirst)
    const id = ground.random.uuid()
    // Decision: an address that only a stranger vouches for is left to whoever proves it by mail.
    // Cost: such an account has none until then, and its person sets it on the account page.
    const trusted = identity.emailTrusted && holder === undefined ? claimed : undefined
    const made = await flows.createAccount(
      { visit: visitOf(pipeline, exchange), actorId: id },
      {
        id,
        email: trusted ?? `${id}@social.invalid`,
        verified: trusted !== undefined,
        ...(identity.name !== undefined && { name: identity.name.slice(0, 100) }),
      },
    )
    if (!made.ok) return refused(refusals.signInFirst)
    const linked = await link(exchange, id, identity)
    if (linked.ok) return made
    // Somebody with this very identity was faster, in another window.
    await stores.accounts.remove(id, made.value.version)
    const winner = await stores.credentials.byHandle(IDENTITY, handleOf(identity))
    const account = winner && (await stores.accounts.byId(winner.accountId))
    return account === undefined ? linked : granted(account)
  }

  const signIn = async (
    exchange: Exchange,
    identity: Identity,
    next: string,
  ): Promise<Outcome<Answer>> => {
    const known = await stores.credentials.byHandle(IDENTITY, handleOf(identity))
    if (known !== undefined) {
      const account = await stores.accounts.byId(known.accountId)
      if (account === undefined || account.disabledAt !== undefined) {
        return explain(exchange, refusals.disabled)
      }
      const data = dataOf(known.id, identity, known.data)
      await stores.credentials.update(known.id, { usedAt: ground.clock(), data })
      return enter(exchange, account, identity.provider, next)
    }
    const made = await welcome(exchange, identity)
    if (made.ok) return enter(exchange, made.value, identity.provider, next)
    if (made.refusal !== refusals.signInFirst) return explain(exchange, made.refusal)
    // Never a dead end: the proof waits here while its person signs in, and is linked then.
    return explain(exchange, made.refusal, '/login', [await social.hold(identity)])
  }

  const fresh = (exchange: Exchange): Outcome<Session> => {
    const { session } = exchange
    if (session === undefined) return refused(access.notSignedIn)
    const stale = freshEnough(ground, session)
    return stale === undefined ? granted(session) : refused(stale)
  }
  const isForm = (exchange: Exchange): boolean => exchange.incoming.header('content-type') === FORM
  /** Back to the account page, or to where a fresh proof is given. */
  const back = (exchange: Exchange, refusal: Refusal): Outcome<Answer> =>
    refusal.code === access.stepUp.code
      ? go('/step-up?next=/account')
      : explain(exchange, refusal, '/account', [])
  /** Scripts are told where to go, pages are led there. */
  const told = (exchange: Exchange, location: string, cookie: string): Outcome<Answer> => {
    if (!isForm(exchange)) {
      return granted({ ...json({ location }, [cookie]), headers: NO_STORE })
    }
    const type = 'text/html; charset=utf-8'
    const body = onward(location)
    return granted({ status: 200, type, body, cookies: [cookie], headers: NO_STORE })
  }
  const nextOf = (exchange: Exchange, usual: string): string => {
    const { next } = exchange.query as { readonly next?: unknown }
    return typeof next === 'string' && PATH.test(next) ? next : usual
  }

  return [
    route.bodyless('GET', '/auth/social', browsed, () =>
      granted(json(social.providers.map(({ id, name }) => ({ id, name })))),
    ),
    route.bodyless('GET', '/auth/social/:provider/start', browsed, async (exchange, { params }) => {
      const errand = {
        mode: 'login',
        next: nextOf(exchange, '/account'),
        accountId: undefined,
      } as const
      const started = await social.start(params['provider'] ?? '', errand)
      if (started.ok) return go(started.value.location, [started.value.cookie])
      return started.refusal.status === 404 ? started : explain(exchange, started.refusal)
    }),
    route.bodyless(
      'GET',
      '/auth/social/:provider/callback',
      browsed,
      async (exchange, { params }) => {
        const { incoming, session } = exchange
        const url = new URL(`${ground.settings.origin}${incoming.path}?${incoming.query}`)
        const provider = params['provider'] ?? ''
        const arrived = await social.arrive(provider, url, incoming.header('cookie'))
        if (!arrived.ok) {
          return arrived.refusal.status === 404 ? arrived : explain(exchange, arrived.refusal)
        }
        const { identity, errand } = arrived.value
        if (errand.mode === 'login') return signIn(exchange, identity, errand.next)
        if (session === undefined || session.accountId !== errand.accountId) {
          return explain(exchange, refusals.notSignedIn)
        }
        const linked = await link(exchange, session.accountId, identity)
        return linked.ok
          ? go(errand.next, [social.cleared])
          : explain(exchange, linked.refusal, '/account')
      },
    ),
    route.bodyless('POST', '/auth/social/:provider/link', linking, async (exchange, { params }) => {
      const session = fresh(exchange)
      if (!session.ok) return isForm(exchange) ? back(exchange, session.refusal) : session
      const { accountId } = session.value
      const provider = params['provider'] ?? ''
      const waiting = await social.held(exchange.incoming.header('cookie'))
      if (waiting?.provider === provider) {
        const linked = await link(exchange, accountId, waiting)
        if (!linked.ok) return linked
        return told(exchange, '/account', social.cleared)
      }
      const errand = { mode: 'link', next: '/account', accountId } as const
      const started = await social.start(provider, errand)
      if (!started.ok) return started
      const { location, cookie } = started.value
      return told(exchange, location, cookie)
    }),
    route.bodyless('DELETE', '/auth/social/:provider', own, async (exchange, { params }: Input) => {
      const cut = await unlink(exchange, params['provider'] ?? '')
      return cut.ok ? granted(done()) : cut
    }),
    // A form can send no DELETE; whoever has no script comes this way, and is led back to the page.
    route.bodyless(
      'POST',
      '/auth/social/:provider/unlink',
      linking,
      async (exchange, { params }: Input) => {
        const cut = await unlink(exchange, params['provider'] ?? '')
        if (!isForm(exchange)) return cut.ok ? granted(done()) : cut
        return cut.ok ? go('/account?told=unlinked') : back(exchange, cut.refusal)
      },
    ),
  ]

  async function unlink(exchange: Exchange, provider: string): Promise<Outcome<void>> {
    const session = fresh(exchange)
    if (!session.ok) return session
    const { accountId } = session.value
    const isIts = (one: Credential): boolean =>
      (JSON.parse(one.data) as { provider: string }).provider === provider
    for (let gone = 0; ; gone++) {
      // On the account's version: of two who cut the last two links at once, the second sees it.
      const cut = await changeAccount(ground, accountId, async account => {
        const all = await stores.credentials.ofAccount(accountId, IDENTITY)
        const [first, ...more] = all.filter(isIts)
        if (first === undefined) return refused(access.notFound)
        const others = all.length - more.length - 1
        if (others === 0 && !(await comesInOtherwise(account))) return refused(refusals.lastWay)
        const event = ground.entry({
          code: 'social.unlinked',
          outcome: 'success',
          actorId: accountId,
          targetId: accountId,
          request: pipeline.auditRequest(exchange),
          detail: { provider },
        })
        return granted({ change: {}, along: { removeCredential: first.id, events: [event] } })
      })
      if (cut.ok) continue
      // All of this provider's are gone: the last look finds none.
      return gone > 0 && cut.refusal === access.notFound ? granted(undefined) : cut
    }
  }

  /** By a passkey, or by a password of which the address was proven, so that it can be set anew. */
  async function comesInOtherwise(account: Account): Promise<boolean> {
    if (account.passwordHash !== undefined && account.emailVerifiedAt !== undefined) return true
    return (await stores.credentials.ofAccount(account.id, 'passkey')).length > 0
  }
}
