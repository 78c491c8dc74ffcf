import { absent, type Check, type Finding, fail, judged, pass, unclear } from '../../check.ts'
import type { Person } from '../../people/person.ts'
import { fill, pathOf } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import type { Ask } from '../../wire/ask.ts'
import { Jar } from '../../wire/jar.ts'
import type { Reply } from '../../wire/reply.ts'
import { asForm, control, took } from '../action.ts'

const EVIL = 'https://evil.test'
const CROSS = {
  'Sec-Fetch-Site': 'cross-site',
  'Sec-Fetch-Mode': 'no-cors',
  'Sec-Fetch-Dest': 'empty',
}
const FORM = {
  Origin: EVIL,
  'Sec-Fetch-Site': 'cross-site',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
}
const NO_BODY: Ask = { path: '/' }

const about = {
  asvs: '3.5.1',
  cwe: 352,
  top10: 'A01',
  level: 'safe' as const,
  severity: 'high' as const,
  needs: ['account', 'action'] as const,
}
const why = 'Any page the user visits can act in their name: order, pay, change the address.'
const fix =
  'Refuse unsafe methods unless Sec-Fetch-Site or Origin says that it is your own page, and ask for a token bound to the session. Bulwark: csrf.'

/** One way of dressing a request up; several make one check with variants. */
type Dress = (ask: Ask, scene: Scene, alice: Person) => Ask | Promise<Ask>

/**
 * A check that sends an action in disguise. Whether it worked is told by its effect alone: a reply
 * of 200 proves nothing, and neither does a missing token.
 */
function disguise(
  meta: Pick<Check, 'id' | 'tries'> & Partial<Check>,
  dresses: Readonly<Record<string, Dress>>,
): Check {
  return {
    ...about,
    why,
    fix,
    ...meta,
    async run(scene) {
      const alice = await scene.signIn('alice')
      if (alice.jar.cookies.size === 0)
        throw absent('the session is no cookie, so a browser does not send it for others')
      const { action, reply: right } = await control(scene, alice)
      const findings: Finding[] = []
      for (const [variant, dress] of Object.entries(dresses)) {
        const marker = scene.marker()
        const plain = fill(action.change, { marker })
        const reply = await alice.bare(await dress(plain, scene, alice))
        if (!(await took(alice, action, marker))) continue
        const says = `${action.name} took effect although the request came ${variant}`
        findings.push({ where: action.change.send, variant, says, evidence: [reply, right] })
      }
      if (!(await alice.alive())) throw unclear('the session ended meanwhile')
      return judged(findings)
    },
  }
}

const bare = ({ json: _, form: __, ...rest }: Ask): Ask => rest
const withOrigin =
  (origin: (own: URL) => string, site = 'cross-site'): Dress =>
  (ask, scene) => ({
    ...ask,
    headers: { ...CROSS, 'Sec-Fetch-Site': site, Origin: origin(new URL(scene.place.origin)) },
  })
/** An old browser: only the Origin header tells. */
const onlyOrigin =
  (origin: (own: URL) => string): Dress =>
  (ask, scene) => ({ ...ask, headers: { Origin: origin(new URL(scene.place.origin)) } })

const disguises: readonly Check[] = [
  disguise(
    {
      id: 'csrf.form-post',
      tries: 'posts a form from another site with the cookies of the victim',
    },
    { 'as a form of another site': ask => ({ ...bare(ask), form: asForm(ask), headers: FORM }) },
  ),
  disguise(
    {
      id: 'csrf.text-plain-json',
      asvs: '3.5.2',
      tries:
        'sends the JSON as text/plain and without a type, as another site can without a preflight',
    },
    {
      'as text/plain': ask => ({
        ...bare(ask),
        body: JSON.stringify(ask.json ?? asForm(ask)),
        headers: { ...CROSS, Origin: EVIL, 'Content-Type': 'text/plain' },
      }),
      'without a type': ask => ({
        ...bare(ask),
        body: JSON.stringify(ask.json ?? asForm(ask)),
        headers: { ...CROSS, Origin: EVIL, 'Content-Type': undefined },
      }),
    },
  ),
  disguise(
    { id: 'csrf.multipart', tries: 'posts a multipart form from another site' },
    {
      'as a multipart form of another site': ask => ({
        ...bare(ask),
        parts: Object.entries(asForm(ask)).map(([name, value]) => ({ name, value })),
        headers: FORM,
      }),
    },
  ),
  disguise(
    {
      id: 'csrf.no-origin',
      severity: 'medium',
      tries:
        'sends the action without Origin, Referer, Fetch Metadata or token, as an old browser behind a filter does',
    },
    { 'with nothing that says where it is from': ask => ask },
  ),
  disguise(
    {
      id: 'csrf.origin-null',
      tries: 'sends the action with Origin: null, as a sandboxed frame does',
    },
    {
      'from the origin null': withOrigin(() => 'null'),
      'from the origin null of an old browser': onlyOrigin(() => 'null'),
    },
  ),
  disguise(
    {
      id: 'csrf.origin-lookalike',
      asvs: '3.4.2',
      cwe: 346,
      top10: 'A07',
      tries: 'sends the action from origins that look like the real one',
    },
    {
      'from our name as a prefix': onlyOrigin(own => `${own.protocol}//${own.hostname}.evil.test`),
      'from our name as a suffix': onlyOrigin(own => `${own.protocol}//evil-${own.hostname}`),
      'from another port': onlyOrigin(
        own => `${own.protocol}//${own.hostname}:${Number(own.port || 80) + 1}`,
      ),
      'from another scheme': onlyOrigin(
        own => `${own.protocol === 'http:' ? 'https:' : 'http:'}//${own.host}`,
      ),
      'with our name as user': onlyOrigin(own => `${own.protocol}//${own.hostname}@evil.test`),
    },
  ),
  disguise(
    {
      id: 'csrf.sibling-site',
      severity: 'medium',
      tries: 'sends the action from a sibling subdomain, which SameSite does not hold back',
    },
    {
      'from a sibling subdomain': withOrigin(
        own => `${own.protocol}//blog.${own.hostname}`,
        'same-site',
      ),
    },
  ),
  disguise(
    {
      id: 'csrf.get-mutates',
      asvs: '3.5.3',
      cwe: 650,
      top10: 'A06',
      tries: 'calls the action with GET, and with method overrides',
      why: 'A link or an image is then enough: no form, no script, no preflight.',
      fix: 'Change nothing on GET, and do not let headers or fields replace the method. Bulwark: csrf.',
    },
    {
      'as GET': ask => ({
        ...NO_BODY,
        method: 'GET',
        path: `${ask.path}?${new URLSearchParams(asForm(ask))}`,
        headers: CROSS,
      }),
      'as GET with _method': ask => ({
        ...NO_BODY,
        method: 'GET',
        path: `${ask.path}?_method=${ask.method ?? 'POST'}&${new URLSearchParams(asForm(ask))}`,
        headers: CROSS,
      }),
      'as GET with an override header': ask => ({
        ...ask,
        method: 'GET',
        headers: { 'X-HTTP-Method-Override': ask.method ?? 'POST' },
      }),
    },
  ),
  disguise(
    {
      id: 'csrf.token-binding',
      needs: ['account', 'second', 'action'],
      tries:
        'sends the action with tokens that are empty, cut, of another session and of somebody else',
      why: 'An attacker has a token of their own: if any token will do, theirs does.',
    },
    {
      'with an empty token': (ask, scene) => ({ ...ask, headers: { [tokenHeader(scene)]: '' } }),
      'with a cut token': async (ask, scene, alice) => ({
        ...ask,
        headers: { [tokenHeader(scene)]: (await alice.csrfToken())?.slice(0, -4) ?? 'x' },
      }),
      'with the token of another session': async (ask, scene) => ({
        ...ask,
        headers: { [tokenHeader(scene)]: (await (await scene.signIn('alice')).csrfToken()) ?? 'x' },
      }),
      "with somebody else's token": async (ask, scene) => ({
        ...ask,
        headers: { [tokenHeader(scene)]: (await (await scene.signIn('bob')).csrfToken()) ?? 'x' },
      }),
    },
  ),
  disguise(
    {
      id: 'csrf.fetch-metadata',
      severity: 'low',
      tries:
        'sends the action with the right token, while the browser says that it comes from another site',
      why: 'A token that leaks, by a log or a Referer, is then all that a foreign page needs.',
    },
    {
      'with the right token from another site': async (ask, scene, alice) => ({
        ...ask,
        headers: { ...CROSS, Origin: EVIL, [tokenHeader(scene)]: (await alice.csrfToken()) ?? 'x' },
      }),
    },
  ),
  disguise(
    {
      id: 'csrf.cookie-injection',
      tries: 'sets both the token cookie and the token header, as a sibling subdomain could',
      why: 'A double-submit token that is not bound to the session is chosen by whoever can set a cookie.',
    },
    {
      'with a token the attacker chose': (ask, scene, alice) => {
        const token = scene.dice.hex(32)
        const names = [
          'csrf_token',
          'csrf',
          '_csrf',
          'XSRF-TOKEN',
          'csrfToken',
          ...(scene.config.csrf?.cookie === undefined ? [] : [scene.config.csrf.cookie]),
        ]
        const own = [...alice.jar.cookies].filter(([name]) => !/csrf|xsrf/i.test(name))
        const cookie = [...own, ...names.map(name => [name, token])]
          .map(pair => pair.join('='))
          .join('; ')
        return {
          ...ask,
          headers: { Cookie: cookie, [tokenHeader(scene)]: token, 'X-XSRF-TOKEN': token },
        }
      },
    },
  ),
]

function tokenHeader(scene: Scene): string {
  return scene.config.csrf?.header ?? 'X-CSRF-Token'
}

export const checks: readonly Check[] = [
  ...disguises,
  {
    ...about,
    id: 'csrf.login',
    severity: 'medium',
    needs: ['account', 'second', 'login'],
    tries: "signs the victim in to the attacker's account from another site",
    why: 'What the victim then saves, searches or pays lands in the account of the attacker.',
    fix: 'Protect the sign-in route like any other unsafe one. Bulwark: csrf.',
    async run(scene) {
      const alice = await scene.signIn('alice')
      if (alice.jar.cookies.size === 0) throw absent('the session is no cookie')
      const { user, password } = await scene.run.people.credentials('bob', scene.visitor())
      const step = scene.run.people.recipe
      const plain = fill(step, { user, password })
      const forms: readonly [string, Ask][] = [
        ['as a form', { ...bare(plain), form: asForm(plain), headers: FORM }],
        [
          'as text/plain',
          {
            ...bare(plain),
            body: JSON.stringify(plain.json ?? asForm(plain)),
            headers: { ...FORM, 'Content-Type': 'text/plain' },
          },
        ],
        ['as it is', { ...plain, headers: { ...CROSS, Origin: EVIL } }],
      ]
      for (const [variant, ask] of forms) {
        const victim = alice.copy()
        const reply = await victim.bare(ask)
        if (await scene.run.people.isIn(victim, user))
          return fail({
            where: step.send,
            variant,
            says: 'a request of another site signed the victim in as somebody else',
            evidence: [reply],
          })
      }
      return pass()
    },
  },
  {
    ...about,
    id: 'csrf.logout',
    severity: 'low',
    needs: ['account', 'logout'],
    tries: 'signs the victim out from another site',
    why: 'A nuisance by itself, and the first half of signing them in as somebody else.',
    fix: 'Take sign-out by POST only, with the same protection as other actions. Bulwark: csrf.',
    async run(scene) {
      const step = scene.config.session?.logout
      if (step === undefined) throw absent('no route signs out')
      const path = pathOf(step)
      const ways: readonly [string, Ask][] = [
        ['by a form', { method: 'POST', path, form: {}, headers: FORM }],
        ['by a link', { method: 'GET', path, headers: CROSS }],
      ]
      const findings: Finding[] = []
      for (const [variant, ask] of ways) {
        const alice = await scene.signIn('alice')
        if (alice.jar.cookies.size === 0) throw absent('the session is no cookie')
        const kept = new Jar()
        for (const [name, value] of alice.jar.cookies) kept.cookies.set(name, value)
        const reply: Reply = await alice.bare(ask)
        const after = alice.copy()
        after.jar.cookies.clear()
        for (const [name, value] of kept.cookies) after.jar.cookies.set(name, value)
        if (!(await after.alive()))
          findings.push({
            where: path,
            variant,
            says: `another site can sign the user out ${variant}`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
]
