import { keyedHash, sameText } from '../../kernel/bytes.ts'
import type { Clock } from '../../kernel/clock.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import type { Keys } from '../../kernel/keys.ts'
import { onlyKnown } from '../../kernel/options.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Random } from '../../kernel/random.ts'
import { OutboundRefused, outboundFetch, outboundPolicy } from '../../outbound/outbound.ts'
import { clearedCookie, cookieText, readCookie } from '../../session/cookies/cookies.ts'
import type { OneTimeTokens } from '../../store/port/one-time-tokens.ts'
import { type Binding, type Conversation, conversation, type Identity } from './exchange.ts'
import { judgedProvider, type Provider, SOCIAL_OPTIONS, type SocialOptions } from './options.ts'

export type { Identity } from './exchange.ts'
export type { ProviderOptions, SocialOptions } from './options.ts'
export type { Endpoints, Preset, PresetName } from './presets.ts'
export { SOCIAL_OPTIONS }

export const refusals = {
  unknownProvider: { code: 'social.unknown_provider', says: 'access.not_found', status: 404 },
  /** No state of ours, used before, too late, or of another browser. */
  unknownState: { code: 'social.unknown_state', says: 'social.refused', status: 400 },
  otherBrowser: { code: 'social.other_browser', says: 'social.refused', status: 400 },
  otherProvider: { code: 'social.other_provider', says: 'social.refused', status: 400 },
  declined: { code: 'social.declined', says: 'social.declined', status: 400 },
  /** Anything in the answer that is not exactly what it must be. */
  badAnswer: { code: 'social.bad_answer', says: 'social.refused', status: 400 },
  down: {
    code: 'social.provider_down',
    says: 'social.unavailable',
    status: 503,
    retryAfterSeconds: 60,
  },
} as const

/** What the person was about to do. */
export interface Errand {
  readonly mode: 'login' | 'link'
  /** A path of ours to go on to. */
  readonly next: string
  /** Whose account is to be linked. */
  readonly accountId: string | undefined
}

export interface Arrival {
  readonly identity: Identity
  readonly errand: Errand
}

/** Sign-in through identity providers, up to the proof of who somebody is there. */
export interface Social {
  readonly providers: readonly Provider[]
  readonly cookieName: string
  /** Makes the browser forget its errand. */
  readonly cleared: string
  /** Where to send the browser, and the cookie that binds the errand to it. */
  start(
    providerId: string,
    errand: Errand,
  ): Promise<Outcome<{ readonly location: string; readonly cookie: string }>>
  /** Verifies what the provider answered. Works once for each start. */
  arrive(providerId: string, callback: URL, cookies: string | undefined): Promise<Outcome<Arrival>>
  /** Keeps a proven identity until its person has signed in. Answers the cookie. */
  hold(identity: Identity): Promise<string>
  /** The identity held for this browser; works once. */
  held(cookies: string | undefined): Promise<Identity | undefined>
}

export interface SocialGround {
  readonly origin: string
  readonly mode: 'development' | 'production'
  readonly tokens: OneTimeTokens
  readonly keys: Keys
  /** Earlier root keys whose cookies are still good; none unless told. */
  readonly olderKeys?: () => readonly Keys[]
  readonly clock: Clock
  readonly random: Random
}

interface Kept extends Binding, Errand {
  readonly provider: string
}

const COOKIE = '__Host-social'
const LIFE_MS = 600_000
const ATTRIBUTES = { sameSite: 'Lax', maxAgeSeconds: LIFE_MS / 1000 } as const

/**
 * State, PKCE, nonce and issuer, bound to one browser and one provider, used once.
 *
 * @throws {ConfigFault} when a provider cannot be
 * @see RFC 9700 §2.1, §4.4.2, §4.7.1; ASVS 10.1.2, 10.2.1, 10.5.1
 */
export function social(options: SocialOptions, ground: SocialGround): Social {
  onlyKnown('social', options, SOCIAL_OPTIONS)
  const { origin, tokens, keys, clock, random } = ground
  const allowHttp = ground.mode === 'development'
  const providers = options.providers.map(given => judgedProvider(given, allowHttp))
  const places = providers.flatMap(({ issuer, endpoints }) => {
    const { token, user, emails } = endpoints ?? {}
    const urls = [token, user, emails].filter(url => url !== undefined)
    return [issuer, ...urls.map(url => new URL(url))]
  })
  const local = allowHttp && places.some(({ hostname }) => LOOPBACK.test(hostname))
  const policy =
    options.outbound ??
    outboundPolicy({
      name: 'social',
      purpose: 'Discovery, keys and tokens of the identity providers in the settings.',
      schemes: allowHttp ? ['http', 'https'] : ['https'],
      ports: [...new Set([443, ...places.map(({ port }) => Number(port) || 443)])],
      maxRedirects: 0,
      ...(local && {
        allowAddresses: ['127.0.0.0/8', '::1/128'],
        allowLocalNames: ['localhost'],
      }),
    })
  const fetching = outboundFetch(policy)
  const byId = new Map<string, { readonly provider: Provider; readonly talk: Conversation }>()
  for (const provider of providers) {
    if (byId.has(provider.id)) {
      throw new ConfigFault('social.providers', `${provider.id} is there twice`)
    }
    const talk = conversation(provider, { fetch: fetching, clock, allowHttp })
    byId.set(provider.id, { provider, talk })
  }
  const hashOf = (word: string, text: string, by = keys): string =>
    keyedHash(by.for('one-time-token'), `${word}\n${text}`)
  /** Takes out what is kept under today's key, or under an earlier one that is still good. */
  const taken = async (
    word: string,
    text: string,
  ): Promise<{ readonly data: string; readonly by: Keys } | undefined> => {
    for (const by of [keys, ...(ground.olderKeys?.() ?? [])]) {
      const row = await tokens.redeem(hashOf(word, text, by), clock())
      if (row !== undefined) return { data: row.data, by }
    }
    return undefined
  }
  const keep = (hash: string, data: object): Promise<void> =>
    tokens.issue(hash, {
      purpose: 'social',
      accountId: undefined,
      data: JSON.stringify(data),
      expiresAt: clock() + LIFE_MS,
      attemptsLeft: 1,
    })

  return {
    providers,
    cookieName: COOKIE,
    cleared: clearedCookie(COOKIE, { sameSite: 'Lax' }),
    async start(providerId, errand) {
      const known = byId.get(providerId)
      if (known === undefined) return refused(refusals.unknownProvider)
      const browser = random.token()
      const binding: Binding = {
        state: random.token(),
        // Made from what only the browser keeps: a stolen store redeems no code.
        verifier: hashOf('social-verifier', browser),
        nonce: random.token(),
        redirectUri: `${origin}/auth/social/${providerId}/callback`,
      }
      try {
        const location = await known.talk.address(binding)
        const kept = { ...binding, ...errand, verifier: '', provider: providerId }
        await keep(hashOf('social-state', `${binding.state}\n${browser}`), kept)
        return granted({ location, cookie: cookieText(COOKIE, browser, ATTRIBUTES) })
      } catch (error) {
        return refused(reasonOf(error))
      }
    },
    async arrive(providerId, callback, cookies) {
      const known = byId.get(providerId)
      if (known === undefined) return refused(refusals.unknownProvider)
      const browser = readCookie(cookies, COOKIE)
      if (browser === undefined) return refused(refusals.otherBrowser)
      const states = callback.searchParams.getAll('state')
      const [state = ''] = states
      if (states.length !== 1) return refused(refusals.unknownState)
      const row = await taken('social-state', `${state}\n${browser}`)
      if (row === undefined) return refused(refusals.unknownState)
      const kept = JSON.parse(row.data) as Kept
      if (!sameText(kept.provider, providerId)) return refused(refusals.otherProvider)
      if (callback.searchParams.get('error') === 'access_denied') return refused(refusals.declined)
      const verifier = hashOf('social-verifier', browser, row.by)
      try {
        const identity = await known.talk.identify(callback, { ...kept, verifier })
        const { mode, next, accountId } = kept
        return granted({ identity, errand: { mode, next, accountId } })
      } catch (error) {
        return refused(reasonOf(error))
      }
    },
    async hold(identity) {
      const browser = random.token()
      const { tokens: _, ...rest } = identity
      await keep(hashOf('social-held', browser), rest)
      return cookieText(COOKIE, browser, ATTRIBUTES)
    },
    async held(cookies) {
      const browser = readCookie(cookies, COOKIE)
      if (browser === undefined) return undefined
      const row = await taken('social-held', browser)
      if (row === undefined) return undefined
      const identity = JSON.parse(row.data) as Omit<Identity, 'tokens'>
      return { ...identity, tokens: { access: '', refresh: undefined } }
    },
  }
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/**
 * What a failed conversation is to us. A provider that cannot be reached, or answers 429 or 5xx, is down;
 * everything else is an answer that must not be believed.
 */
function reasonOf(error: unknown): (typeof refusals)[keyof typeof refusals] & {
  readonly why?: string
} {
  if (error instanceof OutboundRefused) return refusals.down
  const { status, cause, message } = error as Error & { readonly status?: unknown }
  const answered = cause instanceof Response ? cause.status : status
  if (typeof answered === 'number' && (answered >= 500 || answered === 429)) return refusals.down
  return { ...refusals.badAnswer, why: String(message ?? '').slice(0, 120) }
}
