import { type Check, type Finding, fail, judged, pass, unclear } from '../../check.ts'
import type { TokenRoutes } from '../../config/config.ts'
import type { Visitor } from '../../people/visitor.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'
import { bearer, type Tokens, withTokens } from '../with-tokens.ts'

const about = {
  asvs: '10.4.5',
  cwe: 294,
  top10: 'A07',
  level: 'safe' as const,
  needs: ['account', 'tokens'] as const,
}
const ROTATE =
  'Hand out a new refresh token at each use in one atomic step, and end the whole family when a used one comes back. Bulwark: refresh.'

/** What a token at the renewal route is answered with. */
interface Renewed {
  readonly reply: Reply
  readonly access: string | undefined
  readonly refresh: string | undefined
}

function routes(scene: Scene): TokenRoutes {
  const { tokens } = scene.config
  if (tokens === undefined) throw unclear('no token route is known')
  return tokens
}

async function renew(
  scene: Scene,
  refresh: string,
  visitor: Visitor = scene.visitor(),
  together = false,
): Promise<Renewed> {
  const { renew, access = '/accessToken', refresh: at = '/refreshToken' } = routes(scene)
  const reply = await visitor.send(renew, { refresh }, together)
  const got = { reply, access: reply.string(access), refresh: reply.string(at) }
  for (const secret of [got.access, got.refresh]) if (secret) scene.run.people.secrets.add(secret)
  return got
}

/** A first renewal that must work, or nothing else means anything. */
async function renewed(
  scene: Scene,
): Promise<{ first: Tokens; second: Renewed & { refresh: string } }> {
  const first = await withTokens(scene)
  const second = await renew(scene, first.refresh)
  if (second.access === undefined || second.refresh === undefined)
    throw unclear(
      `${routes(scene).renew.send} answered ${second.reply.status} to a fresh refresh token`,
    )
  return { first, second: { ...second, refresh: second.refresh } }
}

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'refresh.rotates',
    severity: 'high',
    tries: 'renews once and compares the refresh tokens',
    why: 'A refresh token that never changes is good for its whole life to whoever copied it once.',
    fix: ROTATE,
    async run(scene) {
      const { first, second } = await renewed(scene)
      const where = routes(scene).renew.send
      return judged(
        second.refresh === first.refresh
          ? [{ where, says: 'renewing hands out the same refresh token', evidence: [second.reply] }]
          : [],
      )
    },
  },
  {
    ...about,
    id: 'refresh.reuse',
    severity: 'critical',
    tries: 'uses a refresh token that was used before, and then the newest one',
    why: 'A thief and the owner both have it: if the second use passes, nobody ever notices.',
    fix: ROTATE,
    async run(scene) {
      const { first, second } = await renewed(scene)
      const where = routes(scene).renew.send
      if (second.refresh === first.refresh)
        return pass('the token does not rotate: see refresh.rotates')
      const again = await renew(scene, first.refresh)
      if (again.access !== undefined && again.refresh !== second.refresh)
        return fail({
          where,
          variant: 'old',
          says: 'a refresh token that was used before is taken again',
          evidence: [again.reply],
        })
      const newest = await renew(scene, second.refresh)
      if (newest.access !== undefined && again.access === undefined)
        return fail({
          where,
          variant: 'family',
          severity: 'high',
          says: 'after a used token came back, the newest one of its family still works',
          evidence: [newest.reply, again.reply],
        })
      const person = bearer(scene, second.access ?? '', first.person.user)
      if (await person.alive())
        return judged([
          {
            where,
            variant: 'access',
            severity: 'info',
            says: 'after reuse the access tokens live on until they expire',
            evidence: [again.reply],
          },
        ])
      return pass()
    },
  },
  {
    ...about,
    id: 'refresh.race',
    asvs: '15.4.2',
    cwe: 362,
    top10: 'A06',
    severity: 'high',
    alone: true,
    tries: 'uses one refresh token five times at once',
    why: 'Each winner is a session of its own: the thief keeps theirs and reuse is never seen.',
    fix: ROTATE,
    async run(scene) {
      const first = await withTokens(scene)
      const visitors = Array.from({ length: 5 }, () => scene.visitor())
      for (const visitor of visitors) await visitor.csrfToken()
      const won = (
        await Promise.all(visitors.map(visitor => renew(scene, first.refresh, visitor, true)))
      ).filter(({ refresh }) => refresh !== undefined)
      const distinct = new Set(won.map(({ refresh }) => refresh))
      let living = 0
      for (const refresh of distinct)
        if (refresh && (await renew(scene, refresh)).access !== undefined) living++
      const where = routes(scene).renew.send
      const evidence = won.map(({ reply }) => reply).slice(0, 2)
      return judged(
        living > 1
          ? [{ where, says: `one refresh token used at once gave ${living} that work`, evidence }]
          : [],
        `${won.length} of 5 were answered, ${living} lives on`,
      )
    },
  },
  {
    ...about,
    id: 'refresh.after-logout',
    asvs: '10.4.9',
    cwe: 613,
    severity: 'high',
    needs: ['newcomer', 'tokens'],
    tries: 'renews after signing out and after changing the password',
    why: 'A stolen refresh token survives what the user does to be rid of the thief.',
    fix: 'End the token family at sign-out, password change and disabling. Bulwark: refresh.',
    async run(scene) {
      const { logout } = routes(scene)
      const change = scene.config.password?.change
      const findings: Finding[] = []
      if (logout !== undefined) {
        const newcomer = await scene.newcomer()
        const { refresh, person } = await withTokens(scene, newcomer)
        await person.send(logout, { refresh })
        const after = await renew(scene, refresh)
        if (after.access !== undefined)
          findings.push({
            where: logout.send,
            variant: 'logout',
            says: 'the refresh token works after signing out',
            evidence: [after.reply],
          })
      }
      if (change !== undefined) {
        const newcomer = await scene.newcomer()
        const { refresh } = await withTokens(scene, newcomer)
        const next = scene.run.people.stranger().password
        const changed = await newcomer.send(change, {
          user: newcomer.user,
          password: newcomer.password,
          new: next,
        })
        if (changed.status >= 400) throw unclear(`the password change answered ${changed.status}`)
        const after = await renew(scene, refresh)
        if (after.access !== undefined)
          findings.push({
            where: change.send,
            variant: 'password',
            says: 'the refresh token works after the password was changed',
            evidence: [after.reply, changed],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'refresh.as-access',
    asvs: '9.2.2',
    cwe: 287,
    severity: 'high',
    tries: 'sends the refresh token as an access token, and the other way round',
    why: 'The long-lived token then opens everything, without rotation and without a trace.',
    fix: "Give the two kinds different forms and refuse each at the other's place. Bulwark: refresh.",
    async run(scene) {
      const { access, refresh, person } = await withTokens(scene)
      const wrong = bearer(scene, refresh, person.user)
      const findings: Finding[] = []
      if (await wrong.alive())
        findings.push({
          where: person.session.probe,
          variant: 'refresh',
          says: 'the refresh token opens the probe as an access token',
          evidence: [await wrong.bare({ path: person.session.probe.split(' ')[1] ?? '/' })],
        })
      const other = await renew(scene, access)
      if (other.access !== undefined)
        findings.push({
          where: routes(scene).renew.send,
          variant: 'access',
          says: 'the access token renews itself',
          evidence: [other.reply],
        })
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'refresh.storage',
    asvs: '14.3.3',
    cwe: 922,
    top10: 'A01',
    severity: 'medium',
    level: 'passive',
    needs: ['account', 'login'],
    tries: 'looks whether a browser that signs in by cookie is also handed tokens',
    why: 'What a script can read, an injected script can take away.',
    fix: 'Give browsers an HttpOnly cookie and nothing else; tokens only to clients that ask for them. Bulwark: refresh.',
    async run(scene) {
      const visitor = scene.visitor()
      const { user, password } = await scene.run.people.credentials('alice', visitor)
      const reply = await scene.run.people.enter(visitor, user, password)
      if (visitor.jar.cookies.size === 0) return pass('signing in sets no cookie')
      const found = /"(\w*refresh\w*token|refresh)"\s*:\s*"[\w.~-]{16,}"/i.exec(reply.text)
      const where = scene.run.people.recipe.send
      return judged(
        found === null
          ? []
          : [
              {
                where,
                parameter: found[1] ?? 'refresh',
                says: 'a sign-in by cookie also puts a refresh token into the page',
                evidence: [reply],
              },
            ],
      )
    },
  },
]
