import { type Check, type Finding, judged, pass } from '../../check.ts'
import { isSignedIn } from '../../people/person.ts'
import { pathOf } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import { removes, setCookies } from '../../wire/jar.ts'
import type { Reply } from '../../wire/reply.ts'
import { type Problem, read } from '../reading.ts'
import { type LoginCookie, loginCookie } from '../sessions/login-cookie.ts'

const MAX_BYTES = 4096
const SESSION_LIKE = /sess|sid|auth|token|login|jwt|remember/i
const about = { level: 'safe' as const, needs: ['account'] as const }

/** A check of one property of the login cookie. */
function ofLogin(
  meta: Omit<Check, 'run' | 'level' | 'needs'>,
  wrong: (cookie: LoginCookie, scene: Scene) => string | undefined,
): Check {
  return {
    ...about,
    ...meta,
    async run(scene) {
      const cookie = await loginCookie(scene)
      const says = wrong(cookie, scene)
      const where = scene.config.signIn?.send ?? '/'
      return judged(
        says === undefined
          ? []
          : [{ where, parameter: cookie.name, says, evidence: [cookie.reply] }],
      )
    },
  }
}

/** Session-like cookies of a reply that lack an attribute. */
function lax(reply: Reply): Problem[] {
  return setCookies(reply)
    .filter(cookie => !removes(cookie) && SESSION_LIKE.test(cookie.name))
    .flatMap(cookie => {
      const missing = ['secure', 'httponly', 'samesite'].filter(
        name => !cookie.attributes.has(name),
      )
      const says = `${cookie.name} is set without ${missing.join(', ')}`
      return missing.length === 0 ? [] : [{ variant: cookie.name, says }]
    })
}

export const checks: readonly Check[] = [
  ofLogin(
    {
      id: 'cookie.secure',
      tries: 'looks whether the login cookie is marked Secure',
      why: 'Without the mark the browser also sends it over plain HTTP, where anybody on the way reads it.',
      fix: 'Set Secure on every cookie, in development too: browsers accept it on localhost. Bulwark: cookies.',
      asvs: '3.3.1',
      cwe: 614,
      top10: 'A02',
      severity: 'high',
    },
    ({ set }) => (set.attributes.has('secure') ? undefined : `${set.name} is set without Secure`),
  ),
  ofLogin(
    {
      id: 'cookie.httponly',
      tries: 'looks whether scripts can read the login cookie',
      why: 'One injected script then takes the session away for good instead of acting once.',
      fix: 'Set HttpOnly on the session cookie. Bulwark: cookies.',
      asvs: '3.3.4',
      cwe: 1004,
      top10: 'A02',
      severity: 'high',
    },
    ({ set }) =>
      set.attributes.has('httponly') ? undefined : `${set.name} is set without HttpOnly`,
  ),
  ofLogin(
    {
      id: 'cookie.samesite',
      tries: 'looks whether the login cookie goes along with requests of other sites',
      why: 'It is the last line against forged requests, and browsers without a default of their own still exist.',
      fix: 'Set SameSite=Lax or Strict, in so many words. Bulwark: cookies.',
      asvs: '3.3.2',
      cwe: 1275,
      top10: 'A01',
      severity: 'medium',
    },
    ({ set }) =>
      /^(lax|strict)$/i.test(set.attributes.get('samesite') ?? '')
        ? undefined
        : `${set.name} has ${set.attributes.has('samesite') ? `SameSite=${set.attributes.get('samesite')}` : 'no SameSite'}`,
  ),
  ofLogin(
    {
      id: 'cookie.prefix',
      tries: 'looks whether a sibling subdomain could set the login cookie',
      why: "A taken-over subdomain plants its own session cookie, and the victim works in the attacker's account.",
      fix: 'Name the cookie __Host-…, with Path=/ and without Domain. Bulwark: cookies.',
      asvs: '3.3.3',
      cwe: 1275,
      top10: 'A01',
      severity: 'low',
    },
    ({ set }) =>
      set.name.startsWith('__Host-') &&
      set.attributes.get('path') === '/' &&
      !set.attributes.has('domain')
        ? undefined
        : `${set.name} is not bound to the host by the __Host- prefix`,
  ),
  {
    id: 'cookie.attributes',
    tries: 'reads every cookie that a stranger is given',
    why: 'Cookies set before signing in are often the same ones that carry the session afterwards.',
    fix: 'Give every session-like cookie Secure, HttpOnly and SameSite from the start. Bulwark: cookies.',
    asvs: '3.3.1',
    cwe: 614,
    top10: 'A02',
    severity: 'medium',
    level: 'safe',
    async run(scene) {
      const stranger = scene.visitor()
      const replies: Reply[] = []
      const paths = ['/', ...scene.site.pages.slice(0, 5).map(({ sent }) => sent.path)]
      const source = scene.config.csrf?.from
      for (const path of source === undefined ? paths : [...paths, pathOf(source)])
        replies.push(await stranger.bare({ path }))
      const given = replies.filter(reply => setCookies(reply).some(cookie => !removes(cookie)))
      if (given.length === 0) return pass('a stranger is given no cookie')
      return read(scene, given, lax)
    },
  },
  {
    ...about,
    id: 'cookie.size',
    tries: 'measures the cookies of a signed-in browser',
    why: 'Browsers drop a cookie over 4,096 bytes without a word, and the user cannot sign in.',
    fix: 'Keep an id in the cookie and the data on the server. Bulwark: sessions.',
    asvs: '3.3.5',
    cwe: 400,
    top10: 'A10',
    severity: 'low',
    async run(scene) {
      const { name, set, reply } = await loginCookie(scene)
      const bytes = name.length + set.value.length
      const where = scene.config.signIn?.send ?? '/'
      return judged(
        bytes > MAX_BYTES
          ? [{ where, parameter: name, says: `${name} takes ${bytes} bytes`, evidence: [reply] }]
          : [],
      )
    },
  },
  {
    ...about,
    needs: ['account', 'second'],
    id: 'cookie.tossing',
    tries: "sends the attacker's session cookie beside the victim's, first and last",
    why: 'A subdomain can add a second cookie of the same name; what mixes both serves one user the data of another.',
    fix: 'Refuse requests that carry the session cookie twice. Bulwark: cookies.',
    asvs: '3.3.3',
    cwe: 565,
    top10: 'A08',
    severity: 'high',
    async run(scene) {
      const { name } = await loginCookie(scene)
      const alice = await scene.signIn('alice')
      const bob = await scene.signIn('bob')
      const [hers, his] = [alice, bob].map(person => `${name}=${person.jar.cookies.get(name)}`)
      const session = alice.session
      const findings: Finding[] = []
      for (const [variant, header] of [
        ['first', `${his}; ${hers}`],
        ['last', `${hers}; ${his}`],
      ] as const) {
        const both = scene.visitor()
        both.credentials = [['Cookie', header]]
        const isAlice = await isSignedIn(both, session, alice.user)
        const isBob = await isSignedIn(both, session, bob.user)
        if (!isAlice || !isBob) continue
        const [method = 'GET', path = '/'] = session.probe.split(' ')
        const evidence = [await both.bare({ method, path })]
        findings.push({
          where: session.probe,
          variant,
          says: 'with both cookies the reply names both users',
          evidence,
        })
      }
      if (findings.length > 0) return judged(findings)
      return pass('two cookies of the same name never mix two users')
    },
  },
]
