import { absent, type Check, type Finding, fail, judged, pass, unclear } from '../../check.ts'
import { linkIn } from '../../people/mailbox.ts'
import { totp } from '../../people/totp.ts'
import { linksOf } from '../../site/discover.ts'
import type { Reply } from '../../wire/reply.ts'
import { guessableBits, isOrdered } from '../sessions/sessions.ts'
import { enrolled, halfway, second } from '../totp/enrolled.ts'
import { withTokens } from '../with-tokens.ts'
import { ask, mailed, owner, redeem, steps } from './mails.ts'

const about = {
  cwe: 640,
  top10: 'A07',
  level: 'safe' as const,
  severity: 'high' as const,
  needs: ['newcomer', 'reset'] as const,
}

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'reset.host',
    asvs: '4.1.3',
    cwe: 644,
    top10: 'A05',
    severity: 'critical',
    tries:
      'asks for a reset under another host name, in Host and in forwarding headers, and reads the link',
    why: 'The victim gets a real mail whose link brings the secret to the attacker.',
    fix: 'Build links from a configured origin. Bulwark: origin.',
    async run(scene) {
      const findings: Finding[] = []
      const evil = 'evil.test'
      const forms: Readonly<Record<string, Record<string, string>>> = {
        Host: { Host: evil },
        'X-Forwarded-Host': { 'X-Forwarded-Host': evil },
        Forwarded: { Forwarded: `host=${evil}` },
        'X-Host': { 'X-Host': evil },
        Origin: { Origin: `http://${evil}` },
      }
      const { user: first } = await owner(scene)
      await mailed(scene, first)
      let user = first
      let sent = 1
      for (const [header, headers] of Object.entries(forms)) {
        if (sent++ % 2 === 0) user = (await owner(scene)).user
        const { reply, asked } = await ask(scene, user, plain => ({
          ...plain,
          headers: { ...plain.headers, ...headers },
        }))
        const text = asked?.mail.text ?? ''
        if (asked?.url.hostname === evil || text.includes(evil))
          findings.push({
            where: steps(scene).request.send,
            parameter: header,
            says: `the link in the mail leads to what ${header} said`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'reset.once',
    asvs: '6.5.1',
    tries: 'uses a link twice, uses an older one, and one from before the password was changed',
    why: 'A link in an old mailbox, a log or a history is a key that always fits.',
    fix: 'Take the secret out at first use, and all others of the account with it and with every change of password. Bulwark: reset.',
    async run(scene) {
      const where = steps(scene).redeem.send
      const findings: Finding[] = []
      const { user } = await owner(scene)
      const [older, newer] = [await mailed(scene, user), await mailed(scene, user)]
      const first = await redeem(scene, newer.token, user)
      if (!first.works)
        throw unclear(
          `a fresh link did not set the password (${first.reply.status})`,
          'reset.redeem',
        )
      const again = await redeem(scene, newer.token, user)
      if (again.works)
        findings.push({
          where,
          variant: 'twice',
          says: 'a link that was used works again',
          evidence: [again.reply, first.reply],
        })
      const old = await redeem(scene, older.token, user)
      if (old.works)
        findings.push({
          where,
          variant: 'older',
          says: 'an older link works after a newer one was used',
          evidence: [old.reply, first.reply],
        })
      const change = scene.config.password?.change
      if (change === undefined) return judged(findings)
      const person = await owner(scene)
      const before = await mailed(scene, person.user)
      const next = scene.run.people.stranger().password
      const changed = await person.send(change, {
        user: person.user,
        password: person.password,
        new: next,
      })
      const late = await redeem(scene, before.token, person.user)
      if (changed.ok && late.works)
        findings.push({
          where,
          variant: 'changed',
          says: 'a link from before the password was changed still works',
          evidence: [late.reply, changed],
        })
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'reset.entropy',
    asvs: '6.5.3',
    cwe: 330,
    top10: 'A04',
    tries: 'collects nine links and looks for order, length and what never changes',
    why: 'A secret that can be guessed resets the password of anybody.',
    fix: "Take 256 bits from the system's random source. Bulwark: reset.",
    async run(scene) {
      const tokens: string[] = []
      let evidence: Reply[] = []
      for (let person = 0; person < 3; person++) {
        const { user } = await owner(scene)
        for (let i = 0; i < 3; i++) {
          const { asked } = await ask(scene, user)
          if (asked === undefined) break
          tokens.push(asked.token)
          evidence = [asked.reply]
        }
      }
      if (tokens.length < 3) throw unclear('fewer than three links came')
      const where = steps(scene).request.send
      const length = Math.min(...tokens.map(token => token.length))
      const alphabet = tokens.every(token => /^\d+$/.test(token))
        ? 10
        : tokens.every(token => /^[\da-f]+$/.test(token))
          ? 16
          : 64
      const bits = length * Math.log2(alphabet)
      if (tokens.length >= 8 && isOrdered(tokens))
        return fail({
          where,
          variant: 'ordered',
          says: 'the secrets of links come in ascending order',
          evidence,
        })
      if (bits < 112)
        return fail({
          where,
          variant: 'short',
          says: `the secret of a link has at most ${Math.round(bits)} bits`,
          evidence,
        })
      return pass(
        `${length} characters, about ${Math.round(Math.min(bits, guessableBits(tokens) * 3))} bits`,
      )
    },
  },
  {
    ...about,
    id: 'reset.other-user',
    asvs: '6.4.3',
    severity: 'critical',
    tries: "uses its own link with somebody else's name in the final step",
    why: "A link of one's own then sets the password of anybody.",
    fix: 'Take the account from the secret, and nothing else. Bulwark: reset.',
    async run(scene) {
      const [attacker, victim] = [await owner(scene), await owner(scene)]
      const { redeem: step } = steps(scene)
      const { token } = await mailed(scene, attacker.user)
      for (const field of ['email', 'user', 'username', 'userId', 'id', 'account']) {
        const done = await redeem(scene, token, victim.user, plain => ({
          ...plain,
          ...(plain.json === undefined
            ? { form: { ...(plain.form as Record<string, string>), [field]: victim.user } }
            : { json: { ...(plain.json as object), [field]: victim.user } }),
        }))
        if (done.works)
          return fail({
            where: step.send,
            parameter: field,
            says: `with ${field} of somebody else, one's own link sets their password`,
            evidence: [done.reply],
          })
        if (done.reply.ok) break
      }
      return pass()
    },
  },
  {
    ...about,
    id: 'reset.two-addresses',
    asvs: '15.3.7',
    cwe: 235,
    top10: 'A10',
    severity: 'critical',
    tries: 'names two addresses at once: as a list, with commas, with line breaks',
    why: 'The link of the victim is sent to the attacker as well.',
    fix: 'Take exactly one address, judge it, and send to what is stored. Bulwark: reset, mail.',
    async run(scene) {
      const [victim, attacker] = [await owner(scene), await owner(scene)]
      const { request } = steps(scene)
      const findings: Finding[] = []
      const forms: Readonly<Record<string, unknown>> = {
        'a list': [victim.user, attacker.user],
        'a comma': `${victim.user},${attacker.user}`,
        'a line break': `${victim.user}\r\nBcc: ${attacker.user}`,
        'a space': `${victim.user} ${attacker.user}`,
      }
      for (const [variant, value] of Object.entries(forms)) {
        const before = (await scene.mailbox.to(attacker.user)).length
        const visitor = scene.visitor(true)
        const reply = await visitor.send(request, { user: value })
        const mail =
          reply.status < 400
            ? await scene.mailbox.next(attacker.user, before, Math.min(600, scene.patienceMs))
            : undefined
        const link = mail && linkIn(mail)
        if (link === undefined) continue
        const done = await redeem(scene, link.token, victim.user)
        if (done.works)
          findings.push({
            where: request.send,
            variant,
            says: `with ${variant} the victim's link reaches the attacker`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'reset.sessions',
    asvs: '7.4.3',
    cwe: 613,
    tries: 'uses sessions and tokens from before the reset',
    why: 'The reset is what people do against a thief, and the thief stays.',
    fix: 'End all sessions and token families with the reset. Bulwark: reset.',
    async run(scene) {
      const person = await owner(scene)
      const tokens = scene.config.tokens === undefined ? undefined : await withTokens(scene, person)
      const { token } = await mailed(scene, person.user)
      const done = await redeem(scene, token, person.user)
      if (!done.works)
        throw unclear(`the link did not set the password (${done.reply.status})`, 'reset.redeem')
      const where = steps(scene).redeem.send
      const findings: Finding[] = []
      if (await person.alive())
        findings.push({
          where,
          variant: 'session',
          says: 'a session from before the reset is still signed in',
          evidence: [done.reply],
        })
      const renew = scene.config.tokens?.renew
      if (tokens !== undefined && renew !== undefined) {
        const renewed = await scene.visitor(true).send(renew, { refresh: tokens.refresh })
        if (renewed.ok)
          findings.push({
            where,
            variant: 'tokens',
            says: 'a refresh token from before the reset still works',
            evidence: [renewed, done.reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'reset.mfa',
    asvs: '6.4.3',
    cwe: 308,
    needs: ['newcomer', 'reset', 'totp'],
    tries:
      'resets the password of an account with a second factor, and looks whether the factor is still asked for',
    why: 'The mailbox alone then opens the account.',
    fix: 'A reset sets the password and leaves the factors alone. Bulwark: reset.',
    async run(scene) {
      const who = await enrolled(scene)
      const { token } = await mailed(scene, who.user)
      const done = await redeem(scene, token, who.user)
      if (!done.works)
        throw unclear(`the link did not set the password (${done.reply.status})`, 'reset.redeem')
      const where = steps(scene).redeem.send
      const alone = scene.visitor(true)
      const entered = await scene.run.people.enter(alone, who.user, done.password)
      if (await scene.run.people.isIn(alone, who.user))
        return fail({
          where,
          says: 'after the reset the new password alone signs in',
          evidence: [entered, done.reply],
        })
      const visitor = await halfway(scene, { user: who.user, password: done.password })
      const { signedIn } = await second(scene, visitor, who.user, totp(who.seed))
      return pass(signedIn ? 'the factor is asked for and works' : 'the factor is asked for')
    },
  },
  {
    ...about,
    id: 'reset.throttle',
    asvs: '6.3.1',
    cwe: 770,
    top10: 'A10',
    severity: 'low',
    throttled: true,
    tries: 'asks ten times for a mail to one address',
    why: "Anybody can fill anybody's mailbox, in your name and on your bill.",
    fix: 'Send a few mails an hour for each address, and say nothing about it. Bulwark: reset.',
    async run(scene) {
      const { user } = await owner(scene)
      const before = (await scene.mailbox.to(user)).length
      let last: Reply | undefined
      for (let i = 0; i < 10; i++) {
        const visitor = scene.visitor(true)
        last = await visitor.send(steps(scene).request, { user })
      }
      await scene.wait(Math.min(800, scene.patienceMs))
      const mails = (await scene.mailbox.to(user)).length - before
      if (mails === 0) throw unclear('no mail came at all')
      return judged(
        mails >= 10 && last !== undefined
          ? [
              {
                where: steps(scene).request.send,
                says: `ten requests sent ${mails} mails`,
                evidence: [last],
              },
            ]
          : [],
        `${mails} of 10 sent a mail`,
      )
    },
  },
  {
    ...about,
    id: 'reset.referrer',
    asvs: '3.4.5',
    cwe: 200,
    top10: 'A01',
    severity: 'medium',
    tries: 'opens the link and looks whom the page would tell its address',
    why: 'The secret in the address reaches every host that the page loads from.',
    fix: 'Put the secret into the fragment, send Referrer-Policy: no-referrer, and load nothing from elsewhere. Bulwark: reset, headers.',
    async run(scene) {
      const { user } = await owner(scene)
      const { url, token } = await mailed(scene, user)
      if (url.hostname === 'none.invalid') throw absent('the mail holds a code and no link')
      const page = await scene.ask({
        path: url.pathname + url.search,
        headers: { Accept: 'text/html' },
      })
      if (!page.isHtml) throw absent(`the link answers ${page.status} and no page`)
      const where = `GET ${url.pathname}`
      const findings: Finding[] = []
      const foreign = linksOf(page).filter(
        ({ tag, link }) =>
          /script|link|img|iframe/.test(tag) &&
          URL.parse(link, `${scene.place.origin}/`)?.origin !== scene.place.origin,
      )
      const policy = `${page.header('referrer-policy') ?? ''} ${/name=["']?referrer["']?[^>]*content=["']?([\w-]+)/i.exec(page.text)?.[1] ?? ''}`
      const inAddress = (url.pathname + url.search).includes(token)
      if (foreign.length > 0 && (inAddress || foreign.some(({ tag }) => tag === 'script')))
        findings.push({
          where,
          variant: 'foreign',
          says: `the page with the secret loads ${foreign[0]?.link}`,
          evidence: [page],
        })
      if (inAddress && !/no-referrer|same-origin|strict-origin(?!-when)/.test(policy))
        findings.push({
          where,
          variant: 'referrer',
          severity: 'low',
          says: 'the secret is in the address, and the page does not forbid Referer',
          evidence: [page],
        })
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'reset.get-consumes',
    asvs: '3.5.3',
    cwe: 650,
    top10: 'A06',
    severity: 'low',
    tries: 'opens the link as a mail scanner does, by HEAD and GET, and then uses it',
    why: 'The user finds a dead link, and a scanner may have been given the session.',
    fix: 'Let GET show a page, and POST use the secret. Bulwark: reset.',
    async run(scene) {
      const { user } = await owner(scene)
      const { url, token } = await mailed(scene, user)
      if (url.hostname === 'none.invalid') throw absent('the mail holds a code and no link')
      const path = url.pathname + url.search
      const opened = [
        await scene.ask({ method: 'HEAD', path }),
        await scene.ask({ path }),
        await scene.ask({ path, headers: { Accept: 'text/html' } }),
      ]
      const done = await redeem(scene, token, user)
      return judged(
        done.works
          ? []
          : [
              {
                where: `GET ${url.pathname}`,
                says: 'after the link was merely opened it does not work any more',
                evidence: [done.reply, ...opened.slice(-1)],
              },
            ],
      )
    },
  },
  {
    ...about,
    id: 'reset.weak-new',
    asvs: '6.2.1',
    cwe: 521,
    severity: 'medium',
    tries: 'sets a short and a common password by the link',
    why: 'The rules for passwords hold only where they are asked for.',
    fix: 'Judge new passwords in one place for sign-up, change and reset. Bulwark: password.',
    async run(scene) {
      const { user } = await owner(scene)
      const { redeem: step } = steps(scene)
      const { token } = await mailed(scene, user)
      for (const [variant, word] of [
        ['short', 'aB3xY7q'],
        ['common', 'password1'],
      ] as const) {
        const reply = await scene.visitor(true).send(step, { token, user, new: word })
        const after = scene.visitor(true)
        await scene.run.people.enter(after, user, word)
        if (await scene.run.people.isIn(after, user))
          return fail({
            where: step.send,
            variant,
            says: `the link sets a ${variant} password`,
            evidence: [reply],
          })
      }
      const done = await redeem(scene, token, user)
      if (!done.works && done.reply.ok) throw unclear('a good password did not sign in afterwards')
      return pass(done.works ? undefined : 'refused, and the link is used up')
    },
  },
  {
    ...about,
    id: 'reset.notice',
    asvs: '6.3.7',
    cwe: 778,
    top10: 'A09',
    severity: 'low',
    tries: 'looks for a mail that tells of the new password',
    why: 'The owner does not hear that somebody else has just taken the account.',
    fix: 'Send a notice without a link and without the password. Bulwark: reset.',
    async run(scene) {
      const { user } = await owner(scene)
      const { token } = await mailed(scene, user)
      const before = (await scene.mailbox.to(user)).length
      const done = await redeem(scene, token, user)
      if (!done.works)
        throw unclear(`the link did not set the password (${done.reply.status})`, 'reset.redeem')
      const notice = await scene.mailbox.next(user, before, Math.max(1500, scene.patienceMs))
      const where = steps(scene).redeem.send
      if (notice === undefined)
        return fail({
          where,
          variant: 'none',
          says: 'no mail tells the owner that the password is new',
          evidence: [done.reply],
        })
      return judged(
        notice.text.includes(done.password)
          ? [
              {
                where,
                variant: 'password',
                severity: 'critical',
                says: 'the mail holds the new password',
                evidence: [done.reply],
              },
            ]
          : [],
      )
    },
  },
]
