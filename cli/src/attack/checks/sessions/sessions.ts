import { absent, type Check, type Finding, fail, judged, pass, unclear } from '../../check.ts'
import type { Person } from '../../people/person.ts'
import { fill, routeOf } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import { removes, setCookies } from '../../wire/jar.ts'
import type { Reply } from '../../wire/reply.ts'
import { privateGets } from '../private.ts'
import { read, reading } from '../reading.ts'
import { loginCookie, loginValue } from './login-cookie.ts'

const about = { level: 'safe' as const, needs: ['account'] as const }
const SAMPLES = 60

/** Asks the probe once more, as evidence of who is signed in. */
function probe(person: Person): Promise<Reply> {
  return person.bare(fill(person.session.probe, {}))
}

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'session.fixation',
    tries:
      'plants a session id of its own, signs in with it, and uses the planted id from elsewhere',
    why: 'The attacker hands the victim a known id by a link or a subdomain, and is signed in with them.',
    fix: 'Accept only ids you issued, and issue a new one at sign-in. Bulwark: sessions.',
    asvs: '7.2.4',
    cwe: 384,
    top10: 'A07',
    severity: 'high',
    async run(scene) {
      const { name, set } = await loginCookie(scene)
      const { user, password } = await scene.run.people.credentials('alice', scene.visitor())
      const findings: Finding[] = []
      const before = scene.visitor()
      await before.csrfToken()
      await before.bare({ path: '/' })
      const issued = before.jar.cookies.get(name)
      const invented = set.value.replaceAll(/[a-z]/g, 'q').replaceAll(/\d/g, '7')
      const plants = [
        ['issued', issued],
        ['invented', invented],
      ] as const
      for (const [variant, planted] of plants) {
        if (planted === undefined || planted === set.value) continue
        const victim = scene.visitor()
        victim.jar.cookies.set(name, planted)
        const reply = await scene.run.people.enter(victim, user, password)
        const person = await scene.run.people.proven(victim, user, password)
        const attacker = person.copy()
        attacker.jar.cookies.clear()
        attacker.jar.cookies.set(name, planted)
        if (await attacker.alive())
          findings.push({
            where: scene.config.signIn?.send ?? '/',
            variant,
            says: `the ${variant} session id is signed in after the victim signed in with it`,
            evidence: [reply, await probe(attacker)],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'session.rotates',
    tries: 'compares the session id before and after signing in again and changing the password',
    why: 'An id that was seen once, in a log or a proxy, stays good for ever.',
    fix: 'Issue a new id at every sign-in and change of rights. Bulwark: sessions.',
    asvs: '7.2.4',
    cwe: 384,
    top10: 'A07',
    severity: 'high',
    async run(scene) {
      const { name } = await loginCookie(scene)
      const alice = await scene.signIn('alice')
      const before = loginValue(alice, name)
      const reply = await scene.run.people.enter(alice, alice.user, alice.password)
      if (!(await alice.alive())) throw unclear('signing in twice in one browser did not work')
      const where = scene.config.signIn?.send ?? '/'
      return judged(
        loginValue(alice, name) === before
          ? [
              {
                where,
                variant: 'sign-in',
                says: 'signing in again keeps the session id',
                evidence: [reply],
              },
            ]
          : [],
      )
    },
  },
  {
    ...about,
    id: 'session.old-dies',
    tries: 'uses the session id from before signing in again',
    why: 'Whoever has the old id keeps a session that the user believes replaced.',
    fix: 'End the old session when a new one is issued in its place. Bulwark: sessions.',
    asvs: '7.2.4',
    cwe: 613,
    top10: 'A07',
    severity: 'medium',
    async run(scene) {
      await loginCookie(scene)
      const visitor = scene.visitor()
      await visitor.csrfToken()
      await visitor.bare({ path: '/' })
      const before = visitor.jar.copy()
      const { user, password } = await scene.run.people.credentials('alice', visitor)
      await scene.run.people.enter(visitor, user, password)
      const alice = await scene.run.people.proven(visitor, user, password)
      const old = alice.copy()
      old.jar.cookies.clear()
      for (const [name, value] of before.cookies) old.jar.cookies.set(name, value)
      if (before.cookies.size === 0) return pass('there is no session before signing in')
      return (await old.alive())
        ? fail({
            where: '/',
            says: 'the session id from before signing in is signed in now',
            evidence: [await probe(old)],
          })
        : pass()
    },
  },
  {
    ...about,
    needs: ['account', 'logout'],
    id: 'session.logout',
    tries: 'keeps the cookie, signs out, and uses the cookie again',
    why: 'On a shared machine, or with a stolen cookie, signing out changes nothing.',
    fix: 'End the session on the server at sign-out, not only in the browser. Bulwark: sessions.',
    asvs: '7.4.1',
    cwe: 613,
    top10: 'A07',
    severity: 'high',
    async run(scene) {
      const alice = await scene.signIn('alice')
      const kept = alice.copy()
      const out = await alice.send(logoutOf(scene))
      if (await alice.alive()) throw unclear('signing out did not sign out', 'session.logout')
      return (await kept.alive())
        ? fail({
            where: routeOf(logoutOf(scene)),
            says: 'the cookie works on after signing out',
            evidence: [await probe(kept), out],
          })
        : pass()
    },
  },
  {
    ...about,
    id: 'session.logout-others',
    tries: 'ends all other sessions and uses one of them',
    why: 'A user who sees a stranger in the list of sessions cannot get rid of them.',
    fix: 'End the sessions on the server when the user asks for it. Bulwark: sessions.',
    asvs: '7.5.2',
    cwe: 613,
    top10: 'A07',
    severity: 'medium',
    async run(scene) {
      const step = scene.config.session?.logoutOthers
      if (step === undefined)
        throw absent(
          'no route ends the other sessions',
          "session: { logoutOthers: 'POST /logout-all' }",
        )
      const person = await throwAway(scene)
      const [here, other] = [await person(), await person()]
      const out = await here.send(step)
      if (out.status >= 400) throw unclear(`${routeOf(step)} answered ${out.status}`)
      return (await other.alive())
        ? fail({
            where: routeOf(step),
            says: 'the other session is still signed in',
            evidence: [await probe(other), out],
          })
        : pass()
    },
  },
  {
    ...about,
    needs: ['newcomer', 'change'],
    id: 'session.password-change',
    tries: 'changes the password and uses a second session from before',
    why: 'The thief whom the change should lock out stays signed in.',
    fix: 'End the other sessions when the password changes. Bulwark: sessions.',
    asvs: '7.4.3',
    cwe: 613,
    top10: 'A07',
    severity: 'high',
    async run(scene) {
      const change = scene.config.password?.change
      if (change === undefined) throw absent('no route changes the password')
      const person = await scene.newcomer()
      const visitor = scene.visitor(true)
      await scene.run.people.enter(visitor, person.user, person.password)
      const other = await scene.run.people.proven(visitor, person.user, person.password)
      const next = scene.run.people.stranger().password
      const reply = await person.send(change, {
        user: person.user,
        password: person.password,
        new: next,
      })
      if (reply.status >= 400) throw unclear(`the password change answered ${reply.status}`)
      return (await other.alive())
        ? fail({
            where: change.send,
            says: 'a session from before the change is still signed in',
            evidence: [await probe(other), reply],
          })
        : pass()
    },
  },
  {
    ...about,
    id: 'session.entropy',
    tries: `collects ${SAMPLES} session ids and looks for order and for characters that never change`,
    why: 'Ids that count or carry the time can be guessed, and each guess is a user.',
    fix: "Take 256 bits from the system's random source for every id. Bulwark: sessions.",
    asvs: '7.2.3',
    cwe: 331,
    top10: 'A04',
    severity: 'high',
    async run(scene) {
      const { name } = await loginCookie(scene)
      const ids: string[] = []
      let evidence: Reply | undefined
      for (let i = 0; i < SAMPLES; i++) {
        const visitor = i % 20 === 0 || ids.length === 0 ? scene.visitor(true) : scene.visitor()
        await visitor.csrfToken()
        if (!visitor.jar.cookies.has(name)) evidence = await visitor.bare({ path: '/' })
        const id = visitor.jar.cookies.get(name)
        if (id === undefined) break
        ids.push(id)
      }
      if (ids.length < SAMPLES) {
        ids.length = 0
        for (let i = 0; i < 8; i++) {
          const alice = await scene.signIn('alice')
          ids.push(loginValue(alice, name))
        }
      }
      const bits = guessableBits(ids)
      evidence ??= await scene.ask({ path: '/' })
      const where = '/'
      if (isOrdered(ids))
        return judged([
          {
            where,
            variant: 'ordered',
            says: 'session ids come in ascending order',
            evidence: [evidence],
          },
        ])
      return judged(
        bits < 64
          ? [
              {
                where,
                variant: 'short',
                says: `session ids vary by at most ${Math.round(bits)} bits`,
                evidence: [evidence],
              },
            ]
          : [],
        `at least ${Math.round(bits)} bits vary`,
      )
    },
  },
  {
    ...about,
    id: 'session.tamper',
    tries: 'flips, cuts, extends and empties the session cookie',
    why: 'What is accepted after a change was never verified, and a user id in it can be changed too.',
    fix: 'Look the exact value up, or verify the signature over all of it. Bulwark: sessions.',
    asvs: '7.2.1',
    cwe: 345,
    top10: 'A08',
    severity: 'high',
    async run(scene) {
      const { name } = await loginCookie(scene)
      const alice = await scene.signIn('alice')
      const value = loginValue(alice, name)
      const middle = Math.floor(value.length / 2)
      const flipped = value[middle] === 'A' ? 'B' : 'A'
      const forms: Record<string, string> = {
        flipped: value.slice(0, middle) + flipped + value.slice(middle + 1),
        cut: value.slice(0, -2),
        extended: `${value}AA`,
        empty: '',
      }
      const findings: Finding[] = []
      for (const [variant, changed] of Object.entries(forms)) {
        const thief = alice.copy()
        thief.jar.cookies.set(name, changed)
        const reply = await probe(thief)
        const says = await signedInAs(reply, alice.user)
        if (says)
          findings.push({
            where: alice.session.probe,
            parameter: name,
            variant,
            says: `still signed in with the cookie ${variant}`,
            evidence: [reply],
          })
        else if (reply.status >= 500)
          findings.push({
            where: alice.session.probe,
            parameter: name,
            variant,
            severity: 'medium',
            says: `the cookie ${variant} makes the service fail with ${reply.status}`,
            evidence: [reply],
          })
      }
      if (!(await alice.alive())) throw unclear('the session itself ended meanwhile')
      return judged(findings)
    },
  },
  reading({
    id: 'session.in-url',
    tries: 'looks for session ids and tokens in links and redirects',
    why: 'Addresses end up in logs, histories, bookmarks and Referer headers, and the session with them.',
    fix: 'Carry the session in a cookie and nothing else. Bulwark: sessions.',
    asvs: '14.2.1',
    cwe: 598,
    top10: 'A06',
    severity: 'medium',
    of: reply => reply.isHtml || reply.header('location') !== undefined,
    wrong: reply => {
      const found =
        /[?&;](sid|session(?:_?id)?|jsessionid|phpsessid|access_?token|auth_?token|jwt)=[\w.~-]{12,}/i.exec(
          `${reply.header('location') ?? ''} ${reply.text}`,
        )
      return found === null
        ? undefined
        : { variant: found[1] ?? 'id', says: `an address carries ${found[1]}=…` }
    },
  }),
  {
    ...about,
    id: 'session.no-store',
    tries: 'looks whether private replies may be kept by caches',
    why: 'The next person at the machine, or a shared cache, gets the page without signing in.',
    fix: 'Send Cache-Control: no-store on whatever depends on who is signed in. Bulwark: headers.',
    asvs: '14.3.2',
    cwe: 525,
    top10: 'A06',
    severity: 'low',
    async run(scene) {
      const alice = await scene.signIn('alice')
      const replies: Reply[] = []
      for (const path of await privateGets(scene)) replies.push(await alice.bare({ path }))
      const wrong = (reply: Reply) => {
        const value = (reply.header('cache-control') ?? '').toLowerCase()
        if (/no-store/.test(value) || /private.*no-cache|no-cache.*private/.test(value))
          return undefined
        return /public|s-maxage/.test(value)
          ? {
              variant: 'public',
              severity: 'high' as const,
              says: `a private reply says Cache-Control: ${value}`,
            }
          : 'private replies may be stored: no Cache-Control: no-store'
      }
      return read(scene, replies, wrong, ask => alice.bare({ path: ask.path }))
    },
  },
  {
    ...about,
    needs: ['account', 'logout'],
    id: 'session.clear-on-logout',
    tries: 'looks whether signing out takes the cookie away',
    why: 'Data of the last user stays in the browser of a shared machine.',
    fix: 'Remove the cookie and send Clear-Site-Data at sign-out. Bulwark: sessions.',
    asvs: '14.3.1',
    cwe: 212,
    top10: 'A07',
    severity: 'low',
    async run(scene) {
      const { name } = await loginCookie(scene)
      const alice = await scene.signIn('alice')
      const reply = await alice.send(logoutOf(scene))
      const gone = setCookies(reply).some(cookie => cookie.name === name && removes(cookie))
      const where = routeOf(logoutOf(scene))
      if (!gone)
        return fail({
          where,
          variant: 'cookie',
          says: `signing out leaves ${name} in the browser`,
          evidence: [reply],
        })
      if (reply.header('clear-site-data') !== undefined) return pass()
      return judged([
        {
          where,
          variant: 'site-data',
          severity: 'info',
          says: 'signing out sends no Clear-Site-Data',
          evidence: [reply],
        },
      ])
    },
  },
]

function logoutOf(scene: Scene) {
  const step = scene.config.session?.logout
  if (step === undefined) throw absent('no route signs out', "session: { logout: 'POST /logout' }")
  return step
}

/** Fresh sessions of an account that nobody else uses, where sign-up is known; else of Alice. */
async function throwAway(scene: Scene): Promise<() => Promise<Person>> {
  if (scene.config.register === undefined) return () => scene.signIn('alice')
  const { user, password } = await scene.newcomer()
  return async () => {
    const visitor = scene.visitor(true)
    await scene.run.people.enter(visitor, user, password)
    return scene.run.people.proven(visitor, user, password)
  }
}

async function signedInAs(reply: Reply, user: string): Promise<boolean> {
  return reply.ok && reply.text.toLowerCase().includes(user.toLowerCase())
}

/** Upper bound on the entropy, position by position: constant characters carry none. */
export function guessableBits(ids: readonly string[]): number {
  const length = Math.min(...ids.map(id => id.length))
  let bits = 0
  for (let at = 0; at < length; at++) {
    const kinds = new Set(ids.map(id => id[at])).size
    if (kinds > 1) bits += kinds >= Math.min(12, ids.length * 0.5) ? 6 : Math.log2(kinds)
  }
  return bits
}

/** Whether the ids count: each larger than the one before, in a run too long for chance. */
export function isOrdered(ids: readonly string[]): boolean {
  return ids.length >= 8 && ids.every((id, at) => at === 0 || id > (ids[at - 1] ?? ''))
}
