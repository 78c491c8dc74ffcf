import type { AuditRequest } from '../../audit/event.ts'
import { isCanonicalBase64url } from '../../kernel/bytes.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import { many, one, type Parameters, scopeWords } from './answers.ts'
import type { Clients, OAuthClient } from './clients.ts'
import type { Consents } from './consents.ts'
import { CODE_MS, type Grant, hashesOf, hashOf, type OAuthGround } from './ground.ts'
import { canonicalResource, isNative, isRegistered } from './uris.ts'

export const refusals = {
  /** These are shown, never sent on: to send a browser to a stranger's address is a favour to him. */
  unknownClient: { code: 'oauth.unknown_client', says: 'oauth.unknown_client', status: 400 },
  badRedirect: { code: 'oauth.bad_redirect', says: 'oauth.bad_redirect', status: 400 },
  untrusted: { code: 'oauth.untrusted_silence', says: 'oauth.bad_redirect', status: 400 },
  tooLong: { code: 'oauth.too_long', says: 'oauth.too_long', status: 400 },
  unknownRequest: { code: 'oauth.unknown_request', says: 'oauth.request_over', status: 400 },
} as const

/** A request for authorization that is in order. */
interface Wanted {
  readonly clientId: string
  readonly redirectUri: string
  readonly state: string | undefined
  readonly scope: readonly string[]
  readonly resource: readonly string[]
  readonly challenge: string
  readonly nonce: string | undefined
}

/** What a person is asked. */
export interface Question {
  readonly client: { readonly clientId: string; readonly name: string }
  /** True: it registered itself, and its name is what it says. */
  readonly selfRegistered: boolean
  /** Where the answer goes: the host, or the scheme of a native app. */
  readonly destination: string
  readonly scopes: readonly { readonly word: string; readonly says: string }[]
}

/** The authorization endpoint. It answers where the browser goes next. */
export interface Authorization {
  /**
   * @returns a location: the client's with a code or an error, the sign-in, or the consent page;
   *   `oauth.unknown_client`, `oauth.bad_redirect`, `oauth.too_long`,
   *   `oauth.untrusted_silence` where it may go nowhere
   */
  authorize(
    parameters: Parameters,
    session: Session | undefined,
    request: AuditRequest,
  ): Promise<Outcome<string>>
  /** What the consent page asks. `oauth.unknown_request` when it is over or somebody else's. */
  question(session: Session, token: string): Promise<Outcome<Question>>
  /** The person's answer. Answers the client's location; works once. */
  decide(
    session: Session,
    token: string,
    allow: boolean,
    request: AuditRequest,
  ): Promise<Outcome<string>>
}

const PENDING_MS = 600_000
const MOST_LENGTH = 2048
const PURPOSE = 'authorization-request'

/**
 * @see RFC 6749 §4.1; RFC 7636 §4.3; RFC 9207 §2; RFC 9700 §2.1; RFC 8707 §2; ASVS 10.4.1, 10.4.4, 10.4.6
 */
export function authorization(
  ground: OAuthGround,
  clients: Clients,
  consents: Consents,
): Authorization {
  const { issuer, settings, tokens, stores, clock, random } = ground

  const back = (wanted: Pick<Wanted, 'redirectUri' | 'state'>, answer: object): string => {
    const added = new URLSearchParams()
    for (const [name, value] of Object.entries({ ...answer, state: wanted.state, iss: issuer })) {
      if (value !== undefined) added.set(name, value)
    }
    // Put behind what is registered, which stays to the letter (RFC 6749 §3.1.2).
    const { redirectUri } = wanted
    return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${added}`
  }

  const issueCode = async (
    wanted: Wanted,
    session: Session,
    request: AuditRequest,
  ): Promise<string> => {
    const { clientId, scope, resource, challenge, nonce, redirectUri } = wanted
    const data: Grant = {
      role: session.role,
      factors: session.factors,
      authenticatedAt: session.authenticatedAt,
      scope,
      resource,
      code: { redirectUri, challenge, nonce, sessionId: session.id },
    }
    const { token } = await tokens.families.begin({
      kind: 'code',
      accountId: session.accountId,
      clientId,
      data: JSON.stringify(data),
      lifeMs: CODE_MS,
      request,
    })
    return back(wanted, { code: token })
  }

  /** Keeps the request while the person is asked. */
  const ask = async (wanted: Wanted, session: Session): Promise<string> => {
    const token = random.token()
    await stores.oneTimeTokens.issue(hashOf(ground, PURPOSE, token), {
      purpose: PURPOSE,
      accountId: session.accountId,
      data: JSON.stringify(wanted),
      expiresAt: clock() + PENDING_MS,
      attemptsLeft: 1,
    })
    return `${settings.consentPath}?request=${token}`
  }

  /** The request that waits for this person's answer, and the hash under which it is kept. */
  const asked = async (
    session: Session,
    token: string,
  ): Promise<{ readonly hash: string; readonly wanted: Wanted } | undefined> => {
    for (const hash of hashesOf(ground, PURPOSE, token)) {
      const kept = await stores.oneTimeTokens.peek(hash, clock())
      if (kept === undefined) continue
      if (kept.accountId !== session.accountId) return undefined
      return { hash, wanted: JSON.parse(kept.data) as Wanted }
    }
    return undefined
  }

  /** What is wrong with a request whose client and redirect URI are right. */
  const complaint = (
    parameters: Parameters,
    client: OAuthClient,
  ): readonly [string, string] | undefined => {
    if (one(parameters, 'request') !== undefined) return ['request_not_supported', 'no JAR here']
    if (one(parameters, 'request_uri') !== undefined) {
      return ['request_uri_not_supported', 'no PAR here']
    }
    if (one(parameters, 'response_type') !== 'code') {
      return ['unsupported_response_type', 'response_type must be code']
    }
    if (!client.grants.includes('authorization_code')) {
      return ['unauthorized_client', 'not for this client']
    }
    if ((one(parameters, 'response_mode') ?? 'query') !== 'query') {
      return ['invalid_request', 'response_mode must be query']
    }
    if (one(parameters, 'code_challenge_method') !== 'S256') {
      return ['invalid_request', 'code_challenge_method must be S256']
    }
    if (!isCanonicalBase64url(one(parameters, 'code_challenge') ?? '', 32)) {
      return ['invalid_request', 'code_challenge must be an S256 challenge']
    }
    const scope = scopeWords(one(parameters, 'scope'))
    // Decision: a request without a scope fails (RFC 6749 §3.3), for a token that opens nothing helps
    // nobody, and one that opens everything was not asked for. Cost: clients must say what they want.
    if (scope === undefined || scope.length === 0) {
      return ['invalid_scope', 'scope is missing or malformed']
    }
    if (!scope.every(word => client.scopes.includes(word))) {
      return ['invalid_scope', 'a scope is unknown or not for this client']
    }
    if (!many(parameters, 'resource').every(isResource)) {
      return ['invalid_target', 'a resource is unknown']
    }
    if (!/^\d{0,9}$/.test(one(parameters, 'max_age') ?? '')) {
      return ['invalid_request', 'max_age must be whole seconds']
    }
    const prompts = (one(parameters, 'prompt') ?? '').split(' ')
    if (prompts.includes('none') && prompts.length > 1) {
      return ['invalid_request', 'prompt none stands alone']
    }
    return undefined
  }
  const isResource = (uri: string): boolean =>
    settings.resources.includes(canonicalResource(uri) ?? '')

  const wantedOf = (parameters: Parameters, client: OAuthClient): Wanted => ({
    clientId: client.clientId,
    redirectUri: one(parameters, 'redirect_uri') ?? '',
    state: one(parameters, 'state'),
    scope: scopeWords(one(parameters, 'scope')) ?? [],
    resource: many(parameters, 'resource').map(uri => canonicalResource(uri) ?? ''),
    challenge: one(parameters, 'code_challenge') ?? '',
    nonce: one(parameters, 'nonce'),
  })

  const no = (refusal: (typeof refusals)[keyof typeof refusals]): Outcome<never> => refused(refusal)

  return {
    async authorize(parameters, session, request) {
      const client = await clients.find(one(parameters, 'client_id') ?? '')
      if (client === undefined) return no(refusals.unknownClient)
      const redirectUri = one(parameters, 'redirect_uri')
      if (redirectUri === undefined || !isRegistered(redirectUri, client.redirectUris)) {
        return no(refusals.badRedirect)
      }
      const state = one(parameters, 'state')
      const fail = (error: string, description: string): Outcome<string> =>
        granted(back({ redirectUri, state }, { error, error_description: description }))
      const long = Object.values(parameters)
        .flat()
        .some(value => (value ?? '').length > MOST_LENGTH)
      if (long) return no(refusals.tooLong)
      const bad = complaint(parameters, client)
      const prompts = (one(parameters, 'prompt') ?? '').split(' ')
      const silent = prompts.includes('none')
      // Decision: silence would make us an open redirector for whoever registered itself, so a stranger's
      // browser stays here (RFC 9700 §4.11.2). Cost: such a client cannot ask whether somebody is there.
      if (silent && session === undefined && client.selfRegistered) return no(refusals.untrusted)
      if (bad !== undefined) {
        // Decision: nobody is sent on by us before they are known here, be it with an error, unless the
        // client asked for silence (RFC 9700 §4.11.2). Cost: a client's mistake shows after a sign-in.
        const known = session !== undefined || silent
        return known ? fail(...bad) : granted(loginLocation(parameters))
      }
      if (session === undefined || isStale(parameters, prompts, session)) {
        if (silent) return fail('login_required', 'nobody is signed in, or too long ago')
        return granted(loginLocation(parameters))
      }
      if (!(await isMeant(parameters, session))) {
        // Asked once: whoever signs in anew as somebody else is not sent round in circles.
        const asked = silent || signedInSince(parameters, session)
        return asked
          ? fail('login_required', 'somebody else is signed in')
          : granted(loginLocation(parameters))
      }
      const wanted = wantedOf(parameters, client)
      // Decision: a native app's redirect can be taken by any program of the machine, and who
      // registered itself may be anybody, so a consent of last time is asked for again (RFC 8252 §8.6).
      // Cost: one more click for native apps.
      const mayRemember = !isNative(redirectUri) && !client.selfRegistered
      const known =
        client.firstParty ||
        (mayRemember && (await consents.covers(session.accountId, client.clientId, wanted)))
      if (known && !prompts.includes('consent')) {
        return granted(await issueCode(wanted, session, request))
      }
      if (silent) return fail('consent_required', 'this client has not been allowed yet')
      return granted(await ask(wanted, session))
    },
    async question(session, token) {
      const kept = await asked(session, token)
      if (kept === undefined) return no(refusals.unknownRequest)
      const { wanted } = kept
      const client = await clients.find(wanted.clientId)
      if (client === undefined) return no(refusals.unknownRequest)
      const { protocol, host } = new URL(wanted.redirectUri)
      return granted({
        client: { clientId: client.clientId, name: client.name },
        selfRegistered: client.selfRegistered,
        destination: host === '' ? protocol : host,
        scopes: wanted.scope.map(word => ({ word, says: settings.scopes[word] ?? word })),
      })
    },
    async decide(session, token, allow, request) {
      const pending = await asked(session, token)
      if (pending === undefined) return no(refusals.unknownRequest)
      const { hash, wanted } = pending
      const event = ground.entry({
        code: allow ? 'oauth.consented' : 'oauth.denied',
        outcome: 'success',
        actorId: session.accountId,
        request,
        detail: { client: wanted.clientId, scope: wanted.scope.join(' ') },
      })
      const kept = await stores.oneTimeTokens.redeem(hash, clock(), { events: [event] })
      if (kept === undefined) return no(refusals.unknownRequest)
      if (!allow) return granted(back(wanted, { error: 'access_denied' }))
      await consents.remember(session.accountId, wanted.clientId, wanted)
      return granted(await issueCode(wanted, session, request))
    },
  }

  /** Whether the person must sign in anew first. */
  function isStale(parameters: Parameters, prompts: readonly string[], session: Session): boolean {
    const maxAge = one(parameters, 'max_age')
    const age = clock() - session.authenticatedAt
    if (maxAge !== undefined && age > Number(maxAge) * 1000) return true
    return prompts.includes('login') && !signedInSince(parameters, session)
  }

  /** Whether the sign-in that we asked for has happened. */
  function signedInSince(parameters: Parameters, session: Session): boolean {
    const after = Number(one(parameters, 'signed_in_after') ?? Number.POSITIVE_INFINITY)
    return session.authenticatedAt >= after
  }

  /** Whether it is the person of whom the client holds an id token, if it says so (OpenID Core §3.1.2.1). */
  async function isMeant(parameters: Parameters, session: Session): Promise<boolean> {
    const hint = one(parameters, 'id_token_hint')
    if (hint === undefined) return true
    const expected = { type: 'JWT', issuer, mayBeOver: true } as const
    return (await tokens.signer.verify(hint, expected))?.sub === session.accountId
  }

  /** The sign-in, and then this very request again. */
  function loginLocation(parameters: Parameters): string {
    const again = new URLSearchParams()
    for (const [name, value] of Object.entries(parameters)) {
      for (const text of [value ?? []].flat())
        if (name !== 'signed_in_after') again.append(name, text)
    }
    again.set('signed_in_after', String(clock()))
    return `${settings.loginPath}?next=${encodeURIComponent(`/oauth/authorize?${again}`)}`
  }
}
