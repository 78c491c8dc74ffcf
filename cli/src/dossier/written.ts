import type { Finding, Requirement } from 'bulwark/doctor'

/** What a dossier says. */
export interface Dossier {
  readonly subject: string
  readonly findings: readonly Finding[]
  readonly requirements: readonly Requirement[]
}

export interface Total {
  readonly level: number
  readonly met: number
  readonly notMet: number
  readonly yours: number
}

/** Counts by level; a level asks for what the levels below it ask, too. */
export function totals({ requirements }: Dossier): readonly Total[] {
  return [1, 2, 3].map(level => {
    const asked = requirements.filter(each => each.level <= level)
    const count = (status: Requirement['status']): number =>
      asked.filter(each => each.status === status).length
    return { level, met: count('met'), notMet: count('not met'), yours: count('yours') }
  })
}

export function asMarkdown(dossier: Dossier): string {
  const sums = totals(dossier).map(
    ({ level, met, notMet, yours }) => `| ${level} | ${met} | ${notMet} | ${yours} |`,
  )
  const rows = dossier.requirements.map(({ id, level, status, says, evidence }) => {
    const shown =
      evidence === undefined
        ? ''
        : `\`${evidence.option}\`; ${evidence.check ?? 'no check'}; ${proof(evidence)} (${evidence.file})`
    return `| ${id} | ${level} | ${status} | ${cell(says)} | ${cell(shown)} |`
  })
  const found = dossier.findings.map(
    ({ id, severity, what, accepted }) =>
      `| ${severity} | ${id} | ${cell(what)} | ${cell(accepted ?? '')} |`,
  )
  return `${[
    `# Security dossier: ${dossier.subject}`,
    '',
    '| level | met | not met | yours |',
    '| --- | --- | --- | --- |',
    ...sums,
    '',
    '## What the doctor finds',
    '',
    '| severity | check | what | accepted because |',
    '| --- | --- | --- | --- |',
    ...found,
    '',
    '## ASVS 5.0',
    '',
    '| id | level | status | how it is met, what is missing, or what there is to do | shown by: option; check; test |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')}\n`
}

export function asHtml(dossier: Dossier): string {
  const row = (cells: readonly (string | number)[]): string =>
    `<tr>${cells.map(each => `<td>${escaped(String(each))}</td>`).join('')}</tr>`
  const sums = totals(dossier).map(({ level, met, notMet, yours }) =>
    row([level, met, notMet, yours]),
  )
  const rows = dossier.requirements.map(({ id, level, status, says, evidence }) =>
    row([
      id,
      level,
      status,
      says,
      evidence?.option ?? '',
      evidence?.check ?? '',
      evidence === undefined ? '' : proof(evidence),
    ]),
  )
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Security dossier</title>
<h1>Security dossier: ${escaped(dossier.subject)}</h1>
<table><thead><tr><th>level<th>met<th>not met<th>yours</thead>${sums.join('\n')}</table>
<table><thead><tr><th>id<th>level<th>status<th>how it is met, what is missing, or what there is to do<th>option<th>check<th>test</thead>
${rows.join('\n')}</table>
</html>
`
}

function proof({ test, attack }: NonNullable<Requirement['evidence']>): string {
  return attack === undefined ? `"${test}"` : `attack ${attack} in "${test}"`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
