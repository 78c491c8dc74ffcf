import { isCanonicalBase64url, keyedHash } from '../../kernel/bytes.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Refusal } from '../../kernel/refusal.ts'
import { CEREMONY_COOKIE, cookieText, readCookie } from '../../session/cookies/cookies.ts'
import type { Session } from '../../session/sessions/sessions.ts'
import type { Credential } from '../../store/port/credentials.ts'
import { changeAccount } from '../change.ts'
import { isRequired } from '../factors/enrolment.ts'
import { finishFlow, waitingFlow } from '../factors/flow.ts'
import { recovery } from '../factors/recovery.ts'
import { BACKUP_CODE, factorState, PASSKEY } from '../factors/state.ts'
import { aboutFactor, ending, endOthers, hadFactor, tidings } from '../factors/tidings.ts'
import { freshEnough } from '../fresh.ts'
import type { Ground, Visit } from '../ground.ts'
import { pass, type SignedIn, type Transport } from '../login/gate.ts'
import { greetDevice } from '../login/notices.ts'
import { canonicalEmail } from '../mail/address.ts'
import { refuse } from '../refuse.ts'
import { stepUp } from '../step-up/step-up.ts'
import { type Ceremonies, ceremonies, type PasskeyResponse } from './ceremonies.ts'
import { type Ceremony, challenges } from './challenges.ts'
import { type Kept, keptOf, type ListedPasskey, listed } from './kept.ts'
import { factorsAt, proving } from './proving.ts'
import { refusals } from './refusals.ts'
import type { PasskeySettings } from './settings.ts'

export type { ListedPasskey } from './kept.ts'
export type { RelyingPartyOptions } from './settings.ts'
export { refusals }

/** Who asks to sign in, and how the answer will want to be signed in. */
export interface PasskeyAsker {
  readonly email?: string | undefined
  readonly transport?: Transport | undefined
}

export interface PasskeyOptions {
  readonly options: object
  /** `Set-Cookie` texts. */
  readonly cookies: readonly string[]
}

const MOST = 20
const NAME_MOST = 60
/** Links to identity providers: another way in. */
const IDENTITY = 'identity'

/** What `PublicKeyCredential.signal…` take (WebAuthn §5.1.10). */
export interface PasskeySignals {
  readonly rpId: string
  /** The user handle, base64url. */
  readonly userId: string
  readonly allAcceptedCredentialIds: readonly string[]
  readonly name: string
  readonly displayName: string
}

/** Sign-in by WebAuthn: resistant to phishing, replay and a stolen database. */
export interface Passkeys {
  /** What `PublicKeyCredential.parseCreationOptionsFromJSON` takes. */
  registerOptions(visit: Visit, session: Session): Promise<Outcome<object>>
  register(
    visit: Visit,
    session: Session,
    input: { readonly response: PasskeyResponse; readonly name?: string | undefined },
  ): Promise<
    Outcome<{
      readonly passkey: ListedPasskey
      /** `Set-Cookie` texts: the session that made it has proven it. */
      readonly cookies: readonly string[]
    }>
  >
  /**
   * What `PublicKeyCredential.parseRequestOptionsFromJSON` takes. Without a name the browser offers
   * what it has; with one, everybody has passkeys, also who has none or does not exist. The answer
   * is taken from the browser that has the cookies; from anybody for `transport: 'token'`.
   */
  loginOptions(visit: Visit, asker: PasskeyAsker): Promise<PasskeyOptions>
  login(
    visit: Visit,
    input: { readonly response: PasskeyResponse; readonly transport?: Transport | undefined },
  ): Promise<Outcome<SignedIn>>
  /** For a sign-in that waits for its second factor: only the keys of its account, for that sign-in. */
  factorOptions(visit: Visit, flow: string | undefined): Promise<Outcome<object>>
  /** Finishes that sign-in. The key need not verify its user: the first factor was proven. */
  factor(
    visit: Visit,
    input: {
      readonly response: PasskeyResponse
      readonly flow?: string | undefined
      readonly remember?: boolean | undefined
    },
  ): Promise<Outcome<SignedIn>>
  stepUp(
    visit: Visit,
    session: Session,
    input: { readonly response: PasskeyResponse },
  ): Promise<Outcome<readonly string[]>>
  /** Which keys are good, and how their owner is called: what browsers are told to keep. */
  signals(accountId: string): Promise<PasskeySignals | undefined>
  /** Origins besides ours where the keys sign in. */
  readonly relatedOrigins: readonly string[]
  list(accountId: string): Promise<readonly ListedPasskey[]>
  remove(visit: Visit, session: Session, id: string): Promise<Outcome<void>>
}

/** @see W3C WebAuthn Level 3 §7.1, §7.2; ASVS 6.5.1, 6.7.1; NIST SP 800-63B-4 §2.2.2 */
export function passkeys(ground: Ground, settings: PasskeySettings, service: string): Passkeys {
  const { credentials, accounts } = ground.stores
  const { relyingParty } = settings
  const asked = challenges(ground)
  const verifier: Ceremonies = ceremonies(settings.origins, relyingParty)
  const anew = recovery(ground)

  const proven = proving(ground, verifier, asked)
  const own = (accountId: string): Promise<readonly Credential[]> =>
    credentials.ofAccount(accountId, PASSKEY)

  const requestOptions = async (
    ceremony: Ceremony,
    accountId: string | undefined,
    allowed: readonly { readonly id: string; readonly transports: readonly string[] }[],
    browser: string | undefined,
  ): Promise<object> => ({
    challenge: await asked.issue(ceremony, accountId, browser),
    rpId: relyingParty,
    timeout: asked.lifeMs,
    userVerification: ceremony === 'factor' ? 'preferred' : 'required',
    allowCredentials: allowed.map(one => ({ type: 'public-key', ...one })),
  })

  const optionsFor = async (
    email: string | undefined,
    browser: string | undefined,
  ): Promise<object> => {
    if (email === undefined) return requestOptions('login', undefined, [], browser)
    const name = canonicalEmail(email) ?? email
    const account = await accounts.byEmail(name)
    const known = account === undefined ? [] : await own(account.id)
    const allowed = known.map(one => ({ id: one.handle, transports: keptOf(one).transports }))
    const offered = allowed.length > 0 ? allowed : [decoy(ground, name)]
    return requestOptions('login', undefined, offered, browser)
  }

  const no = (visit: Visit, refusal: Refusal, accountId?: string): Outcome<never> =>
    refuse(
      ground,
      visit,
      refusal === refusals.cloned ? 'passkey.cloned' : 'passkey.refused',
      refusal,
      {
        actorId: accountId,
        targetId: accountId,
      },
    )

  return {
    async registerOptions(visit, session) {
      const stale = freshEnough(ground, session)
      if (stale !== undefined) return no(visit, stale, session.accountId)
      const account = await accounts.byId(session.accountId)
      if (account === undefined) return refused(refusals.absent)
      const existing = await own(account.id)
      if (existing.length >= MOST) return refused(refusals.tooMany)
      return granted({
        challenge: await asked.issue('register', account.id),
        rp: { id: relyingParty, name: service },
        user: {
          id: Buffer.from(account.id).toString('base64url'),
          name: account.email,
          displayName: account.name ?? account.email,
        },
        pubKeyCredParams: verifier.algorithms.map(alg => ({ type: 'public-key', alg })),
        timeout: asked.lifeMs,
        attestation: 'none',
        excludeCredentials: existing.map(one => ({
          type: 'public-key',
          id: one.handle,
          transports: keptOf(one).transports,
        })),
        authenticatorSelection: {
          residentKey: 'required',
          requireResidentKey: true,
          userVerification: 'required',
        },
      })
    },
    async register(visit, session, { response, name }) {
      const who = { actorId: session.accountId, targetId: session.accountId }
      const stale = freshEnough(ground, session)
      if (stale !== undefined) return no(visit, stale, session.accountId)
      const challenge = verifier.challengeOf(response)
      if (challenge === undefined) return no(visit, refusals.malformed, session.accountId)
      const issued = await asked.redeem('register', challenge)
      if (issued?.accountId !== session.accountId) {
        return no(visit, refusals.challenge, session.accountId)
      }
      const made = await verifier.verifyRegistration(response, challenge)
      if (made === undefined) return no(visit, refusals.unverified, session.accountId)
      const kept: Kept = {
        name: [...(name ?? '').trim()].slice(0, NAME_MOST).join('') || 'Passkey',
        publicKey: made.publicKey,
        transports: made.transports,
        backupEligible: made.backupEligible,
        backedUp: made.backedUp,
      }
      const credential: Credential = {
        id: ground.random.uuid(),
        accountId: session.accountId,
        kind: PASSKEY,
        handle: made.id,
        data: JSON.stringify(kept),
        mark: made.counter,
        confirmed: true,
        createdAt: ground.clock(),
        lastUsedAt: undefined,
      }
      const account = await accounts.byId(session.accountId)
      if (account === undefined) return refused(refusals.absent)
      const first = !(await hadFactor(ground, account.id))
      const event = { code: 'passkey.added', outcome: 'success', request: visit.request } as const
      const values = aboutFactor(ground, `a passkey (${kept.name})`)
      const along = {
        events: [ground.entry({ ...event, ...who })],
        jobs: await tidings(ground, account, { code: 'factor.added', values }),
      }
      // Counted where it is stored: any number of options may have been given before the first answer.
      const added = await credentials.add([credential], { most: MOST }, along)
      if (added === 'taken') return no(visit, refusals.taken, session.accountId)
      if (added === 'full') return refused(refusals.tooMany)
      ground.mail.wake()
      await endOthers(ground, session, { first })
      // The key was shown just now, with its user: the session that made it has proven it.
      const stepped = await stepUp(ground, visit, session, factorsAt(ground.clock(), true))
      if (!stepped.ok) return stepped
      return granted({ passkey: listed(credential), cookies: stepped.value })
    },
    async loginOptions(visit, { email, transport = 'cookie' }) {
      // Decision: an answer signs in only the browser that asked, so that one which was read on its
      // way opens nothing elsewhere, and nobody is signed in to a stranger's account. The cookie is
      // kept when it is there: two windows may ask at once.
      // Cost: an app without cookies has no such tie; it says so when it asks, and gets tokens only.
      const browser =
        transport === 'token' ? undefined : (browserOf(visit) ?? ground.random.token())
      const maxAgeSeconds = Math.ceil(asked.lifeMs / 1000)
      const cookies =
        browser === undefined
          ? []
          : [cookieText(CEREMONY_COOKIE, browser, { sameSite: 'Strict', maxAgeSeconds })]
      return { options: await optionsFor(email, browser), cookies }
    },
    async login(visit, { response, transport = 'cookie' }) {
      const browser = browserOf(visit)
      if (transport === 'cookie' && browser === undefined) return no(visit, refusals.challenge)
      const tied = transport === 'cookie' ? browser : undefined
      const outcome = await proven(visit, 'login', response, tied)
      if (!outcome.ok) return no(visit, outcome.refusal)
      const { accountId } = outcome.value.credential
      const account = await accounts.byId(accountId)
      if (account === undefined || account.disabledAt !== undefined) {
        return no(visit, refusals.disabled, accountId)
      }
      const passed = await pass(ground, visit, {
        account,
        factors: factorsAt(ground.clock(), outcome.value.result.userVerified),
        transport,
        event: { code: 'login.succeeded', outcome: 'success', detail: { factor: 'passkey' } },
      })
      if (!passed.ok) return passed
      await anew.callOff(visit, accountId)
      const cookies = [...passed.value.cookies, ...(await greetDevice(ground, visit, account))]
      return granted({ ...passed.value, cookies })
    },
    async factorOptions(visit, flow) {
      const found = await waitingFlow(ground, visit, flow, 'peek')
      if (!found.ok) return refuse(ground, visit, 'login.refused', found.refusal)
      const { id } = found.value.account
      const known = await own(id)
      const allowed = known.map(one => ({ id: one.handle, transports: keptOf(one).transports }))
      return granted(await requestOptions('factor', id, allowed, found.value.hash))
    },
    async factor(visit, { response, flow, remember }) {
      const found = await waitingFlow(ground, visit, flow, 'attempt')
      if (!found.ok) return refuse(ground, visit, 'login.refused', found.refusal)
      const { account } = found.value
      const outcome = await proven(visit, 'factor', response, found.value.hash)
      if (!outcome.ok) return no(visit, outcome.refusal, account.id)
      const { credential, result } = outcome.value
      if (credential.accountId !== account.id) {
        return no(visit, refusals.otherAccount, account.id)
      }
      const finished = await finishFlow(ground, visit, found.value, {
        factors: factorsAt(ground.clock(), result.userVerified),
        name: 'passkey',
        remember: remember === true,
      })
      if (finished.ok) await anew.callOff(visit, account.id)
      return finished
    },
    async stepUp(visit, session, { response }) {
      const browser = browserOf(visit)
      if (browser === undefined) return no(visit, refusals.challenge, session.accountId)
      const outcome = await proven(visit, 'login', response, browser)
      if (!outcome.ok) return no(visit, outcome.refusal, session.accountId)
      const { credential, result } = outcome.value
      if (credential.accountId !== session.accountId) {
        return no(visit, refusals.otherAccount, session.accountId)
      }
      const factors = factorsAt(ground.clock(), result.userVerified)
      const stepped = await stepUp(ground, visit, session, factors)
      if (stepped.ok) await anew.callOff(visit, session.accountId)
      return stepped
    },
    relatedOrigins: settings.relatedOrigins,
    async signals(accountId) {
      const account = await accounts.byId(accountId)
      if (account === undefined) return undefined
      return {
        rpId: relyingParty,
        userId: Buffer.from(account.id).toString('base64url'),
        allAcceptedCredentialIds: (await own(accountId)).map(one => one.handle),
        name: account.email,
        displayName: account.name ?? account.email,
      }
    },
    list: async accountId => (await own(accountId)).map(listed),
    async remove(visit, session, id) {
      const who = { actorId: session.accountId, targetId: session.accountId }
      const stale = freshEnough(ground, session)
      if (stale !== undefined) return no(visit, stale, session.accountId)
      const { request } = visit
      const identities = await credentials.ofAccount(session.accountId, IDENTITY)
      // On the account's version: of two who take the last two factors at once, the second sees it.
      const changed = await changeAccount(ground, session.accountId, async account => {
        const mine = (await own(account.id)).find(one => one.id === id)
        if (mine === undefined) return refused(refusals.absent)
        const state = await factorState(credentials, account.id)
        const last = state.passkeys === 1
        if (last && account.passwordHash === undefined && identities.length === 0) {
          return refused(refusals.lastWay)
        }
        const lastFactor = last && !state.totp
        if (lastFactor && isRequired(ground, account.role)) return refused(refusals.lastRequired)
        const values = aboutFactor(ground, `a passkey (${keptOf(mine).name})`)
        return granted({
          change: {},
          along: {
            ...ending(ground, session, { first: false }),
            removeCredential: id,
            ...(lastFactor && { removeCredentials: [BACKUP_CODE] }),
            events: [
              ground.entry({ code: 'passkey.removed', outcome: 'success', request, ...who }),
            ],
            jobs: await tidings(ground, account, { code: 'factor.removed', values }),
          },
        })
      })
      if (!changed.ok) return no(visit, changed.refusal, session.accountId)
      ground.mail.wake()
      return granted(undefined)
    },
  }
}

/** The browser a ceremony was asked for from, as its cookie says. */
function browserOf({ cookies }: Visit): string | undefined {
  const value = readCookie(cookies, CEREMONY_COOKIE)
  return value !== undefined && isCanonicalBase64url(value, 32) ? value : undefined
}

/** A credential that nobody has, always the same for one name (WebAuthn §14.6.2). */
function decoy(
  ground: Ground,
  name: string,
): { readonly id: string; readonly transports: readonly string[] } {
  const id = keyedHash(ground.keys.for('passkey-decoy'), name)
  return { id, transports: ['internal', 'hybrid'] }
}
