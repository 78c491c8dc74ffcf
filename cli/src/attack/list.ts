import type { Check } from './check.ts'
import { chaptersWith } from './checks/catalogue.ts'
import type { AttackConfig } from './config/config.ts'
import { NEEDS } from './needs.ts'
import type { Options } from './options.ts'
import { SYSTEMS } from './systems.ts'

/** The catalogue, by system; with `--needs` what each check still lacks. */
export function catalogueText(config: AttackConfig, options: Options): string {
  const chapters = chaptersWith(config.checks).filter(
    ({ system }) => options.system === undefined || system === options.system,
  )
  if (options.json)
    return `${JSON.stringify(
      chapters.flatMap(({ word, system, checks }) =>
        checks.map(({ run: _, ...about }) => ({ ...about, word, system })),
      ),
      null,
      2,
    )}\n`
  const lines = chapters.flatMap(({ word, system, checks }) => [
    '',
    `${system} ${SYSTEMS[system] ?? ''} (${word})`,
    ...checks.flatMap(check => rowOf(check, config, options.needs)),
  ])
  const count = chapters.reduce((sum, { checks }) => sum + checks.length, 0)
  return `${lines.join('\n')}\n\n${count} checks. bulwark attack explain ID tells what, why and how to fix.\n`
}

function rowOf(check: Check, config: AttackConfig, needs: boolean): string[] {
  const row = `  ${check.id.padEnd(26)} ${check.severity.padEnd(8)} ${check.level.padEnd(7)} ${check.tries}`
  const missing = (check.needs ?? []).filter(need => !NEEDS[need].has(config))
  return needs
    ? [row, ...missing.map(need => `    lacks ${NEEDS[need].what}: ${NEEDS[need].line}`)]
    : [row]
}

/** All about one check. */
export function explainText(check: Check, word: string): string {
  const needs = (check.needs ?? []).map(need => `  ${NEEDS[need].what}\n    ${NEEDS[need].line}`)
  return [
    `${check.id} (${word}, ${check.severity}, level ${check.level})`,
    '',
    `What   It ${check.tries}.`,
    `Why    ${check.why}`,
    `Fix    ${check.fix}`,
    `Ids    ASVS 5.0 ${check.asvs} · CWE-${check.cwe} · OWASP Top 10 2025 ${check.top10}`,
    ...(needs.length > 0 ? ['Needs', ...needs] : ['Needs  nothing but a running service']),
    '',
    `Alone  bulwark attack http://localhost:3000 --only ${check.id}`,
    '',
  ].join('\n')
}
