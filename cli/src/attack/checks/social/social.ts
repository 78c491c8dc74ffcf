import { absent, type Check, type Finding, fail, judged, pass, unclear } from '../../check.ts'
import { type Assertion, IdentityProvider } from '../../people/identity-provider.ts'
import { fill } from '../../people/step.ts'
import type { Visitor } from '../../people/visitor.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'
import { became } from '../injection/injection.ts'

const about = {
  asvs: '6.8.2',
  cwe: 347,
  top10: 'A07',
  level: 'safe' as const,
  severity: 'high' as const,
  needs: ['social', 'newcomer'] as const,
}
const fix =
  'Leave the protocol to a library that checks state, nonce, iss, aud, times and signature, and switch none of them off. Bulwark: social.'

/** The provider that the tool plays; one for the whole run. */
function provider(scene: Scene): Promise<IdentityProvider> {
  const { social } = scene.config
  if (social === undefined) throw absent('no sign-in by a provider is known')
  return scene.once('identity provider', () => IdentityProvider.open(social.port, social.clientId))
}

interface Begun {
  readonly visitor: Visitor
  readonly state: string
  readonly nonce: string | undefined
  readonly callback: URL
}

/** Begins a sign-in, up to where the browser would go to the provider. */
async function begin(scene: Scene): Promise<Begun> {
  const { social } = scene.config
  const idp = await provider(scene)
  const visitor = scene.visitor(true)
  const reply = await visitor.bare({
    ...fill(social?.start ?? '', {}),
    headers: { Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate' },
  })
  const location = reply.location(scene.place.origin)
  if (location?.origin !== idp.issuer)
    throw unclear(
      `${social?.start} answered ${reply.status} and does not lead to ${idp.issuer}`,
      'social',
    )
  const at = (name: string) => location.searchParams.get(name)
  const callback = URL.parse(at('redirect_uri') ?? '')
  const state = at('state')
  if (callback === null || state === null)
    throw unclear('the request to the provider has no redirect_uri or no state', 'social.start')
  return { visitor, state, nonce: at('nonce') ?? undefined, callback }
}

interface Told {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly assertion?: Partial<Assertion>
  /** Parameters of the callback that are not as they should be; `undefined` leaves one out. */
  readonly params?: Readonly<Record<string, string | undefined>>
  /** The browser that comes back, when it is another one. */
  readonly visitor?: Visitor
}

/** Comes back from the provider, saying what `told` says. */
async function comeBack(scene: Scene, begun: Begun, told: Told): Promise<Reply> {
  const idp = await provider(scene)
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: idp.issuer,
    aud: idp.clientId,
    iat: now,
    exp: now + 300,
    nonce: begun.nonce,
    ...told.claims,
  }
  const code = idp.code({ claims, ...told.assertion })
  const params = { code, state: begun.state, iss: idp.issuer, ...told.params }
  const query = new URLSearchParams(
    Object.entries(params).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    ),
  )
  const visitor = told.visitor ?? begun.visitor
  const headers = {
    Accept: 'text/html',
    'Sec-Fetch-Site': 'cross-site',
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Dest': 'document',
  }
  return visitor.bare({ path: `${begun.callback.pathname}?${query}`, headers })
}

/** A person the provider knows and the service does not. */
function somebody(scene: Scene) {
  const { user } = scene.run.people.stranger()
  return { sub: scene.marker(), email: user, email_verified: true, name: 'Somebody' }
}

/** A sign-in that is right in everything; if it does not work, a refusal shows nothing. */
async function control(scene: Scene): Promise<void> {
  const person = somebody(scene)
  const begun = await begin(scene)
  const reply = await comeBack(scene, begun, { claims: person })
  if (!(await signedIn(scene, begun.visitor)))
    throw unclear(`a correct sign-in through the provider did not work (${reply.status})`, 'social')
}

async function signedIn(scene: Scene, visitor: Visitor): Promise<boolean> {
  const { session } = scene.config
  if (session === undefined)
    throw unclear('nothing tells who is signed in', "session: { probe: 'GET /me' }")
  return (await visitor.bare(fill(session.probe, {}))).ok
}

/** A check of sign-ins in which one thing is wrong. */
function twisted(
  meta: Pick<Check, 'id' | 'tries' | 'why'> & Partial<Check>,
  twists: (
    scene: Scene,
    nonce: string | undefined,
    issuer: string,
  ) => Readonly<Record<string, Told>>,
): Check {
  return {
    ...about,
    fix,
    ...meta,
    async run(scene) {
      await control(scene)
      const { issuer } = await provider(scene)
      const findings: Finding[] = []
      for (const variant of Object.keys(twists(scene, 'n', issuer))) {
        const begun = await begin(scene)
        const told = twists(scene, begun.nonce, issuer)[variant] ?? {}
        const reply = await comeBack(scene, begun, {
          ...told,
          claims: { ...somebody(scene), ...told.claims },
        })
        if (await signedIn(scene, told.visitor ?? begun.visitor))
          findings.push({
            where: `GET ${begun.callback.pathname}`,
            variant,
            says: `a sign-in ${variant} is accepted`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  }
}

const now = () => Math.floor(Date.now() / 1000)

/** What the probe shows of an account that stays the same: its ids. */
async function idsOf(scene: Scene, visitor: Visitor): Promise<string[]> {
  const reply = await visitor.bare(fill(scene.config.session?.probe ?? 'GET /', {}))
  if (!reply.ok) return []
  const account = JSON.stringify(reply.at('/user') ?? reply.json ?? '')
  return [...account.matchAll(/"(?:id|userId|sub)"\s*:\s*"?([\w-]+)/g)].map(([, id]) => id ?? '')
}

/** A check that tries to open an account of somebody else. */
function takeover(
  meta: Pick<Check, 'id' | 'tries' | 'why'> & Partial<Check>,
  ways: (victim: string, scene: Scene) => Readonly<Record<string, Told>>,
): Check {
  return {
    ...about,
    cwe: 290,
    severity: 'critical',
    fix: 'Know people by issuer and subject; link an address only when the owner, signed in, asks for it. Bulwark: social.',
    ...meta,
    async run(scene) {
      await control(scene)
      const victim = await scene.newcomer()
      const hers = await idsOf(scene, victim)
      if (hers.length === 0) throw unclear('the probe shows no id of the account', 'session.probe')
      const findings: Finding[] = []
      for (const [variant, told] of Object.entries(ways(victim.user, scene))) {
        const begun = await begin(scene)
        const reply = await comeBack(scene, begun, {
          ...told,
          claims: { ...somebody(scene), ...told.claims },
        })
        const theirs = await idsOf(scene, begun.visitor)
        if (theirs.some(id => hers.includes(id)))
          findings.push({
            where: `GET ${begun.callback.pathname}`,
            variant,
            says: `the account of somebody else opens ${variant}`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  }
}

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'social.state',
    asvs: '10.2.1',
    cwe: 352,
    top10: 'A01',
    tries: 'comes back with a forged, no and a used state, and from another browser',
    why: "A victim who follows a link is signed in as the attacker, or links the attacker's identity to their own account.",
    fix,
    async run(scene) {
      await control(scene)
      const findings: Finding[] = []
      const add = (begun: Begun, variant: string, reply: Reply) =>
        findings.push({
          where: `GET ${begun.callback.pathname}`,
          variant,
          says: `a callback with ${variant} signs in`,
          evidence: [reply],
        })
      for (const [variant, state] of [
        ['a forged state', 'forged-state-0123456789'],
        ['no state', undefined],
      ] as const) {
        const begun = await begin(scene)
        const reply = await comeBack(scene, begun, { claims: somebody(scene), params: { state } })
        if (await signedIn(scene, begun.visitor)) add(begun, variant, reply)
      }
      const other = await begin(scene)
      const victim = scene.visitor(true)
      const moved = await comeBack(scene, other, { claims: somebody(scene), visitor: victim })
      if (await signedIn(scene, victim)) add(other, 'the state of another browser', moved)
      const once = await begin(scene)
      await comeBack(scene, once, { claims: somebody(scene) })
      const fresh = scene.visitor(true)
      for (const [name, value] of once.visitor.jar.cookies)
        if (!/session|sid/i.test(name)) fresh.jar.cookies.set(name, value)
      const again = await comeBack(scene, once, { claims: somebody(scene), visitor: fresh })
      if (await signedIn(scene, fresh)) add(once, 'a used state', again)
      return judged(findings)
    },
  },
  twisted(
    {
      id: 'social.nonce',
      asvs: '10.5.1',
      cwe: 294,
      tries: 'brings ID tokens with another nonce and with none',
      why: 'A token that was stolen elsewhere signs its thief in.',
    },
    () => ({
      'with another nonce': { claims: { nonce: 'another-nonce-0123456789' } },
      'without a nonce': { claims: { nonce: undefined } },
    }),
  ),
  twisted(
    {
      id: 'social.signature',
      severity: 'critical',
      tries: 'brings ID tokens that nobody signed, or somebody else',
      why: 'Whoever stands between service and provider is anybody they like.',
    },
    () => ({
      'with alg none': { assertion: { by: 'none' } },
      'signed with the public key as a secret': { assertion: { by: 'public-as-secret' } },
      'signed by another key': { assertion: { by: 'rogue' } },
      'signed by a key it brings along': { assertion: { by: 'nobody' } },
      'signed by a key nobody knows': { assertion: { by: 'rogue', header: { kid: 'unknown' } } },
      'changed after signing': { assertion: { swapped: { sub: 'somebody-else' } } },
    }),
  ),
  twisted(
    {
      id: 'social.audience',
      asvs: '10.5.4',
      cwe: 287,
      tries: 'brings ID tokens for another client',
      why: 'Any other client of the same provider can sign its users in here.',
    },
    () => ({
      'for another client': { claims: { aud: 'another-client' } },
      'for many clients, another among them in charge': {
        claims: { aud: ['another-client', 'third'], azp: 'another-client' },
      },
    }),
  ),
  twisted(
    {
      id: 'social.issuer',
      asvs: '10.5.3',
      cwe: 346,
      tries: 'brings ID tokens and callbacks of another issuer',
      why: 'With two providers, the weaker one signs people in at the accounts of the stronger (mix-up).',
    },
    () => ({
      'whose token has another issuer': { claims: { iss: 'https://evil.test' } },
      'whose callback has another issuer': { params: { iss: 'https://evil.test' } },
    }),
  ),
  twisted(
    {
      id: 'social.times',
      asvs: '9.2.1',
      cwe: 613,
      severity: 'medium',
      tries: 'brings ID tokens that have expired, and one from next year',
      why: 'A token that leaked once is good for ever.',
    },
    () => ({
      'that expired an hour ago': { claims: { iat: now() - 7200, exp: now() - 3600 } },
      'without an end': { claims: { exp: undefined } },
    }),
  ),
  takeover(
    {
      id: 'social.unverified-email',
      asvs: '6.8.1',
      tries: 'brings the address of an existing account that the provider has not verified',
      why: 'Anybody can type any address at many providers.',
    },
    victim => ({
      'by an address that is not verified': { claims: { email: victim, email_verified: false } },
      'by an address nobody speaks of verifying': {
        claims: { email: victim, email_verified: undefined },
      },
      'by an address verified in words': { claims: { email: victim, email_verified: 'false' } },
    }),
  ),
  takeover(
    {
      id: 'social.subject',
      asvs: '10.5.2',
      tries:
        'brings another subject in user info than in the token, with the address of an existing account',
      why: 'The address of a person changes hands; the subject does not.',
    },
    (victim, scene) => ({
      'by user info of another subject': {
        assertion: { userinfo: { sub: scene.marker(), email: victim, email_verified: true } },
      },
    }),
  ),
  {
    ...about,
    id: 'social.error-page',
    asvs: '1.2.1',
    cwe: 79,
    top10: 'A05',
    tries: 'comes back with markup in error and error_description',
    why: 'A link runs a script of the attacker on your origin.',
    fix: 'Show a sentence of your own, and log what the provider said. Bulwark: social.',
    async run(scene) {
      const begun = await begin(scene)
      const marker = scene.marker()
      const markup = `${marker}'"><${marker} ${marker}=1>`
      const query = new URLSearchParams({
        error: markup,
        error_description: markup,
        state: begun.state,
      })
      const path = `${begun.callback.pathname}?${query}`
      const reply = await begun.visitor.visit(path)
      if (reply.isHtml && became(reply.text, marker) !== undefined)
        return fail({
          where: `GET ${begun.callback.pathname}`,
          says: 'what the provider says of an error becomes markup of the page',
          evidence: [reply],
        })
      return reply.status >= 500
        ? fail({
            where: `GET ${begun.callback.pathname}`,
            variant: 'fails',
            severity: 'medium',
            says: `an error of the provider makes the service fail with ${reply.status}`,
            evidence: [reply],
          })
        : pass()
    },
  },
]
