import { absent, type Check, type Finding, fail, judged, unclear } from '../../check.ts'
import { formStep } from '../../people/form-step.ts'
import { linkIn } from '../../people/mailbox.ts'
import { isSignedIn } from '../../people/person.ts'

const about = { top10: 'A07', level: 'safe' as const, severity: 'high' as const }

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'account.change-email',
    asvs: '6.3.7',
    cwe: 640,
    needs: ['newcomer', 'mail', 'email'],
    tries: 'moves an account to another address, and looks whether the old mailbox hears of it',
    why: 'Whoever has the session for a minute takes the account, and the owner is told nothing.',
    fix: 'Tell the old address, with a link that undoes it; move only when the new one was opened. Bulwark: change-email.',
    async run(scene) {
      const { email } = scene.config
      if (email === undefined) throw absent('no route changes the address')
      const owner = await scene.newcomer()
      const next = scene.run.people.stranger().user
      const before = (await scene.mailbox.to(owner.user)).length
      const reply = await owner.send(email.change, {
        user: owner.user,
        password: owner.password,
        new: next,
      })
      if (reply.status >= 400) throw unclear(`the change answered ${reply.status}`, 'email.change')
      const where = email.change.send
      const findings: Finding[] = []
      const patience = Math.max(1500, scene.patienceMs)
      const notice = await scene.mailbox.next(owner.user, before, patience)
      if (notice === undefined)
        findings.push({
          where,
          variant: 'no notice',
          says: 'the old address hears nothing when the account moves to another',
          evidence: [reply],
        })
      if (
        scene.config.session !== undefined &&
        (await isSignedIn(owner, scene.config.session, next))
      )
        findings.push({
          where,
          variant: 'at once',
          says: 'the account has the new address before anybody has opened a link there',
          evidence: [reply],
        })
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'register.get-consumes',
    asvs: '3.5.3',
    cwe: 650,
    top10: 'A06',
    severity: 'low',
    needs: ['newcomer', 'mail'],
    tries: 'opens the link of a sign-up as a mail scanner does, and looks whom it signs in',
    why: 'Scanners open every link: they use it up, and some services hand them the session.',
    fix: 'Let GET show a page, and POST use the secret. Bulwark: register.',
    async run(scene) {
      const { register, session } = scene.config
      if (register?.confirm === undefined)
        throw absent('the sign-up sends no link', 'register.confirm')
      const { user, password } = scene.run.people.stranger()
      const visitor = scene.visitor(true)
      const reply = await visitor.ask(await formStep(visitor, register, { user, password }))
      const mail = await scene.mailbox.next(user, 0, Math.max(1500, scene.patienceMs))
      const link = mail && linkIn(mail)
      if (link === undefined) throw unclear(`no mail with a link came (${reply.status})`, 'mail')
      if (link.url.hostname === 'none.invalid') throw absent('the mail holds a code and no link')
      const scanner = scene.visitor(true)
      const path = link.url.pathname + link.url.search
      const opened = await scanner.bare({ path, headers: { Accept: 'text/html' } })
      await scanner.bare({ method: 'HEAD', path })
      const where = `GET ${link.url.pathname}`
      if (session !== undefined && (await isSignedIn(scanner, session, user)))
        return fail({
          where,
          variant: 'signed in',
          severity: 'high',
          says: 'whoever opens the link first is signed in, mail scanners too',
          evidence: [opened],
        })
      const used = await scene.visitor(true).send(register.confirm, { user, token: link.token })
      return judged(
        used.status >= 400
          ? [
              {
                where,
                variant: 'used up',
                says: 'after the link was merely opened it does not work any more',
                evidence: [used, opened],
              },
            ]
          : [],
      )
    },
  },
]
