import { absent, type Check, type Finding, fail, judged, pass, unclear } from '../../check.ts'
import { linkIn } from '../../people/mailbox.ts'
import { fill, routeOf } from '../../people/step.ts'
import { totp } from '../../people/totp.ts'
import type { Reply } from '../../wire/reply.ts'
import { isThrottled } from '../login.ts'
import { privateGets } from '../private.ts'
import { bearer } from '../with-tokens.ts'
import { enrolled, halfway, second, seedOf, totpRoutes } from './enrolled.ts'

const about = {
  asvs: '6.5.1',
  cwe: 294,
  top10: 'A07',
  level: 'safe' as const,
  severity: 'high' as const,
  needs: ['newcomer', 'totp'] as const,
}
const ONCE =
  'Keep the last step used with the account and take only later ones, in one atomic step. Bulwark: totp.'

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'mfa.step-skip',
    asvs: '6.3.3',
    cwe: 308,
    severity: 'critical',
    tries: 'uses the session and the token route after the password alone',
    why: 'The second factor is then a page that an attacker does not open.',
    fix: 'Give no session before all factors are through: keep the half-way state under a name of its own. Bulwark: login.',
    async run(scene) {
      const who = await enrolled(scene)
      const visitor = await halfway(scene, who)
      const findings: Finding[] = []
      const [, probe = '/'] = (scene.config.session?.probe ?? '').split(' ')
      for (const path of new Set([probe, ...(await privateGets(scene))])) {
        const reply = await visitor.bare({ path })
        if (reply.ok && reply.text.toLowerCase().includes(who.user.toLowerCase()))
          findings.push({
            where: `GET ${path}`,
            says: 'it answers as signed in after the password alone',
            evidence: [reply],
          })
      }
      const { tokens } = scene.config
      if (tokens !== undefined) {
        const reply = await scene.visitor(true).send(tokens.signIn, { ...who })
        const access = reply.string(tokens.access ?? '/accessToken')
        if (access !== undefined && (await bearer(scene, access, who.user).alive()))
          findings.push({
            where: tokens.signIn.send,
            variant: 'tokens',
            says: 'the token route gives tokens for the password alone',
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'mfa.totp-once',
    tries: 'uses one code in two sign-ins within its half minute',
    why: 'Who looks over the shoulder, or sits between, has thirty seconds to use the same code.',
    fix: ONCE,
    async run(scene) {
      const who = await enrolled(scene)
      const code = totp(who.seed)
      const first = await second(scene, await halfway(scene, who), who.user, code)
      if (!first.signedIn)
        throw unclear(`the right code did not sign in (${first.reply.status})`, 'totp.verify')
      const again = await second(scene, await halfway(scene, who), who.user, code)
      return judged(
        again.signedIn
          ? [
              {
                where: totpRoutes(scene).verify.send,
                says: 'the same code signs in a second time',
                evidence: [again.reply, first.reply],
              },
            ]
          : [],
      )
    },
  },
  {
    ...about,
    id: 'mfa.totp-window',
    asvs: '6.5.5',
    cwe: 613,
    severity: 'medium',
    tries: 'sends codes of two and three steps ahead and behind',
    why: 'Each further step is one more code that fits a guess, and more time for a stolen one.',
    fix: 'Take the present step and the one before it. Bulwark: totp.',
    async run(scene) {
      const who = await enrolled(scene)
      const findings: Finding[] = []
      for (const steps of [2, 3, -2, -3]) {
        const { reply, signedIn } = await second(
          scene,
          await halfway(scene, who),
          who.user,
          totp(who.seed, steps),
        )
        if (signedIn)
          findings.push({
            where: totpRoutes(scene).verify.send,
            variant: `${steps} steps`,
            says: `a code ${Math.abs(steps) * 30} s ${steps > 0 ? 'ahead' : 'old'} signs in`,
            evidence: [reply],
          })
      }
      const right = await second(scene, await halfway(scene, who), who.user, totp(who.seed))
      if (findings.length === 0 && !right.signedIn && !isThrottled(right.reply))
        throw unclear(`the right code did not sign in (${right.reply.status})`)
      return judged(findings)
    },
    throttled: true,
  },
  {
    ...about,
    id: 'mfa.totp-throttle',
    asvs: '6.3.1',
    cwe: 307,
    throttled: true,
    tries: 'sends fifteen wrong codes, starting over in between, and then the right one',
    why: 'Six digits are a million guesses; without a limit that is an evening.',
    fix: 'Count wrong codes for the account, over all sign-ins, and stop after a few. Bulwark: totp, lockout.',
    async run(scene) {
      const who = await enrolled(scene)
      const right = new Set([-2, -1, 0, 1, 2].map(steps => totp(who.seed, steps)))
      let sent = 0
      for (let start = 0; start < 5; start++) {
        let visitor: Awaited<ReturnType<typeof halfway>>
        try {
          visitor = await halfway(scene, who)
        } catch {
          return pass(`the account takes no more sign-ins after ${sent} wrong codes`)
        }
        for (let i = 0; i < 3; i++) {
          const code = String(scene.dice.below(1_000_000)).padStart(6, '0')
          if (right.has(code)) continue
          const { reply } = await second(scene, visitor, who.user, code)
          sent++
          if (isThrottled(reply)) return pass(`throttled after ${sent} wrong codes`)
        }
      }
      const { reply, signedIn } = await second(
        scene,
        await halfway(scene, who),
        who.user,
        totp(who.seed),
      )
      return judged(
        signedIn
          ? [
              {
                where: totpRoutes(scene).verify.send,
                says: `after ${sent} wrong codes the next one is judged as if nothing had happened`,
                evidence: [reply],
              },
            ]
          : [],
      )
    },
  },
  {
    ...about,
    id: 'mfa.code-binding',
    asvs: '6.6.2',
    cwe: 863,
    top10: 'A01',
    severity: 'critical',
    tries: "completes one account's sign-in with the code of another",
    why: "The attacker owns a second factor of their own: it must not open somebody else's account.",
    fix: 'Judge the code against the account that passed the password step, and nothing else. Bulwark: login.',
    async run(scene) {
      const [victim, attacker] = [await enrolled(scene), await enrolled(scene)]
      const visitor = await halfway(scene, victim)
      const { reply, signedIn } = await second(scene, visitor, victim.user, totp(attacker.seed))
      return judged(
        signedIn
          ? [
              {
                where: totpRoutes(scene).verify.send,
                says: "another account's code completes the sign-in",
                evidence: [reply],
              },
            ]
          : [],
      )
    },
  },
  {
    ...about,
    id: 'mfa.change-reauth',
    asvs: '7.5.1',
    cwe: 306,
    tries:
      'turns the factor off and asks for new backup codes from a session that never showed one',
    why: 'A stolen session then removes the factor that was to protect from it.',
    fix: 'Ask for a fresh factor before factors are changed, and end older sessions when one is added. Bulwark: access, step-up.',
    async run(scene) {
      const routes = totpRoutes(scene)
      const owner = await scene.newcomer()
      const visitor = scene.visitor(true)
      await scene.run.people.enter(visitor, owner.user, owner.password)
      const old = await scene.run.people.proven(visitor, owner.user, owner.password)
      const { seed } = await seedOf(scene, owner)
      let confirmed = await owner.send(routes.confirm, { code: totp(seed, -1) })
      if (confirmed.status >= 400)
        confirmed = await owner.send(routes.confirm, { code: totp(seed) })
      if (confirmed.status >= 400) throw unclear(`confirming TOTP answered ${confirmed.status}`)
      const findings: Finding[] = []
      for (const [variant, step] of [
        ['new codes', routes.newCodes],
        ['off', routes.disable],
      ] as const) {
        if (step === undefined) continue
        const reply = await old.send(step)
        if (reply.ok)
          findings.push({
            where: routeOf(step),
            variant,
            says: `a session that never showed the factor may change it (${variant})`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'mfa.enrol-proof',
    asvs: '6.4.4',
    cwe: 287,
    severity: 'medium',
    tries: 'begins the set-up without ending it, and ends it with a wrong code',
    why: 'Users lock themselves out, and a factor can be bound that nobody has.',
    fix: 'Switch the factor on only when a code of it was right. Bulwark: totp.',
    async run(scene) {
      const routes = totpRoutes(scene)
      const person = await scene.newcomer()
      const { seed, reply: setup } = await seedOf(scene, person)
      const right = [-1, 0, 1].map(steps => totp(seed, steps))
      const wrong = right.includes('000000') ? '111111' : '000000'
      const confirm = await person.send(routes.confirm, { code: wrong })
      const where = routes.confirm.send
      if (confirm.ok)
        return fail({
          where,
          variant: 'wrong code',
          says: 'a wrong code switches the factor on',
          evidence: [confirm],
        })
      const visitor = scene.visitor(true)
      const reply = await scene.run.people.enter(visitor, person.user, person.password)
      const signedIn = await scene.run.people.isIn(visitor, person.user)
      return judged(
        !signedIn && reply.status < 400
          ? [
              {
                where: routeOf(routes.setup),
                variant: 'unfinished',
                says: 'the factor is on before any code of it was seen',
                evidence: [reply, setup],
              },
            ]
          : [],
      )
    },
  },
  {
    ...about,
    id: 'mfa.other-path',
    asvs: '6.3.4',
    cwe: 288,
    severity: 'critical',
    needs: ['newcomer', 'totp', 'reset'],
    tries: 'comes in by the reset link of an account that has a second factor',
    why: 'The mailbox alone then opens the account: the second factor is a property of one route.',
    fix: 'Make the factor a property of the account: every way in goes through the same gate. Bulwark: login.',
    async run(scene) {
      const { reset } = scene.config
      if (reset?.redeem === undefined) throw absent('no reset is known')
      const who = await enrolled(scene)
      const visitor = scene.visitor(true)
      const before = (await scene.mailbox.to(who.user)).length
      await visitor.send(reset.request, { user: who.user })
      const mail = await scene.mailbox.next(who.user, before, scene.patienceMs * 3)
      const link = mail && linkIn(mail)
      if (link === undefined) throw unclear('no reset mail came')
      const next = scene.run.people.stranger().password
      const reply = await visitor.send(reset.redeem, {
        token: link.token,
        user: who.user,
        new: next,
      })
      if (reply.status >= 400) throw unclear(`the reset answered ${reply.status}`)
      const where = reset.redeem.send
      return judged(
        (await scene.run.people.isIn(visitor, who.user))
          ? [
              {
                where,
                says: 'the reset link signs in without the second factor',
                evidence: [reply],
              },
            ]
          : [],
      )
    },
  },
  {
    ...about,
    id: 'mfa.secret-echo',
    asvs: '15.3.1',
    cwe: 200,
    top10: 'A01',
    tries: 'looks for the seed and the backup codes in replies after the set-up',
    why: 'Whoever sees such a reply once has the second factor for good.',
    fix: 'Show seed and codes once, at set-up, and store them sealed or hashed. Bulwark: totp.',
    async run(scene) {
      const { person, seed, backupCodes } = await enrolled(scene)
      const findings: Finding[] = []
      for (const path of new Set([
        ...(await privateGets(scene)),
        fill(person.session.probe, {}).path,
      ])) {
        const reply: Reply = await person.bare({ path })
        const found = [seed, ...backupCodes].find(
          secret => secret.length >= 6 && reply.text.includes(secret),
        )
        if (found !== undefined)
          findings.push({
            where: `GET ${path}`,
            says: `the ${found === seed ? 'seed' : 'backup codes'} can be read after the set-up`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
]
