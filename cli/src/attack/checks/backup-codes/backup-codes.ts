import { absent, type Check, type Finding, judged, unclear } from '../../check.ts'
import { enrolled, halfway, second, totpRoutes } from '../totp/enrolled.ts'

const about = {
  asvs: '6.5.1',
  cwe: 294,
  top10: 'A07',
  level: 'safe' as const,
  severity: 'high' as const,
  needs: ['newcomer', 'totp'] as const,
}

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'mfa.backup-once',
    tries: 'uses one backup code twice, and an old one after new ones were made',
    why: 'A code that was seen once, on paper or in a log, opens the account for ever.',
    fix: 'Take a code out when it is used, and all of them when new ones are made, atomically. Bulwark: backup-codes.',
    async run(scene) {
      const routes = totpRoutes(scene)
      if (routes.backup === undefined) throw absent('no step takes a backup code', 'totp.backup')
      const who = await enrolled(scene)
      const [code, other] = who.backupCodes
      if (code === undefined || other === undefined)
        throw unclear('the set-up gave no backup codes', 'totp.codes')
      const where = routes.backup.send
      const visitor = await halfway(scene, who)
      const first = await second(scene, visitor, who.user, code, true)
      if (!first.signedIn)
        throw unclear(`a fresh backup code did not sign in (${first.reply.status})`)
      const findings: Finding[] = []
      const again = await second(scene, await halfway(scene, who), who.user, code, true)
      if (again.signedIn)
        findings.push({
          where,
          variant: 'twice',
          says: 'one backup code signs in twice',
          evidence: [again.reply, first.reply],
        })
      if (routes.newCodes === undefined) return judged(findings)
      const renewed = await visitor.send(routes.newCodes)
      if (!renewed.ok) return judged(findings, `new codes were refused with ${renewed.status}`)
      const old = await second(scene, await halfway(scene, who), who.user, other, true)
      if (old.signedIn)
        findings.push({
          where,
          variant: 'old',
          says: 'a code of the old set works after new ones were made',
          evidence: [old.reply],
        })
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'mfa.backup-entropy',
    asvs: '6.5.4',
    cwe: 331,
    top10: 'A04',
    severity: 'medium',
    tries: 'measures the backup codes',
    why: 'Short codes are guessed, and ten of them ten times as fast.',
    fix: 'Make each of at least 64 random bits. Bulwark: backup-codes, 120 bits.',
    async run(scene) {
      const { backupCodes, confirmed } = await enrolled(scene)
      if (backupCodes.length === 0) throw absent('the set-up gives no backup codes')
      const plain = backupCodes.map(code => code.replaceAll(/[\s-]/g, ''))
      const letters = new Set(plain.join('')).size
      const bits = Math.min(...plain.map(({ length }) => length)) * Math.log2(Math.max(letters, 2))
      const where = totpRoutes(scene).confirm.send
      if (new Set(plain).size < plain.length)
        return judged([
          {
            where,
            variant: 'repeated',
            says: 'two backup codes are the same',
            evidence: [confirmed],
          },
        ])
      return judged(
        bits < 40
          ? [
              {
                where,
                variant: 'short',
                says: `a backup code has at most ${Math.round(bits)} bits`,
                evidence: [confirmed],
              },
            ]
          : [],
        `about ${Math.round(bits)} bits each`,
      )
    },
  },
]
