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
  const tiles = totals(dossier).map(
    ({ level, met, notMet, yours }) => `<section><h3>Level ${level}</h3>
<div class="bar"><i class="met" style="flex:${met}"></i><i class="not" style="flex:${notMet}"></i><i class="yours" style="flex:${yours}"></i></div>
<p><b>${met}</b> met · <b>${notMet}</b> not met · <b>${yours}</b> yours</p></section>`,
  )
  const found = dossier.findings.map(
    ({ id, severity, what, accepted }) =>
      `<tr><td>${severity}<td><code>${escaped(id)}</code><td>${escaped(what)}${accepted === undefined ? '' : `<br><small>accepted: ${escaped(accepted)}</small>`}`,
  )
  const rows = dossier.requirements.map(({ id, level, status, says, evidence }) => {
    const shown =
      evidence === undefined
        ? ''
        : `<small><code>${escaped(evidence.option)}</code>${evidence.check === undefined ? '' : ` · check <code>${escaped(evidence.check)}</code>`} · ${escaped(proof(evidence))} · ${escaped(evidence.file)}</small>`
    return `<tr class="${status === 'not met' ? 'not' : status}"><th scope="row">${id}<td>L${level}<td><em>${status}</em><td>${escaped(says)}${shown}`
  })
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Security dossier: ${escaped(dossier.subject)}</title>
<style>${STYLE}</style>
<h1>Security dossier</h1>
<p class="lead"><code>${escaped(dossier.subject)}</code> against OWASP ASVS 5.0: what is met, each with a named test; what is not, with the reason; and what is left to the application. A level asks for what the levels below it ask, too.</p>
<div class="tiles">${tiles.join('\n')}</div>
<h2>What the doctor finds</h2>
${found.length === 0 ? '<p>Nothing.</p>' : `<table><tbody>${found.join('\n')}</table>`}
<h2>Requirements</h2>
<table class="requirements"><thead><tr><th>id<th>level<th>status<th>how it is met, what is missing, or what there is to do</thead>
<tbody>${rows.join('\n')}</table>
</html>
`
}

const STYLE = `:root{color-scheme:light dark;--ink:light-dark(#1b1f24,#e6e8eb);--soft:light-dark(#5b6570,#9aa4af);--paper:light-dark(#f7f6f3,#14171a);--line:light-dark(#e2dfd8,#2c3238);--met:light-dark(#1e7a46,#58c48a);--not:light-dark(#b42318,#ff7a6b);--yours:light-dark(#1f5f99,#6fb3f0)}
body{margin:0 auto;max-width:64rem;padding:3rem 1.5rem 5rem;background:var(--paper);color:var(--ink);font:16px/1.55 ui-sans-serif,system-ui,"Segoe UI",Roboto,sans-serif}
h1{font-size:2.4rem;letter-spacing:-.02em;margin:0 0 .4rem}h2{font-size:1.2rem;margin:3rem 0 .6rem}h3{font-size:1rem;margin:0}.lead{max-width:65ch;margin:0}
code{font:.85em/1.5 ui-monospace,Menlo,Consolas,monospace}small{display:block;color:var(--soft);overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1.5rem;margin-top:2rem}.tiles p{margin:.3rem 0 0;color:var(--soft)}.tiles b{color:var(--ink);font-variant-numeric:tabular-nums}
.bar{display:flex;height:.6rem;border-radius:3px;overflow:hidden;margin-top:.5rem}.bar .met{background:var(--met)}.bar .not{background:var(--not)}.bar .yours{background:var(--yours)}
table{width:100%;border-collapse:collapse}td,th{text-align:left;vertical-align:baseline;padding:.4rem .8rem .4rem 0;border-bottom:1px solid var(--line);font-weight:400}thead th{color:var(--soft);font-size:.85rem}tbody th{font-variant-numeric:tabular-nums;white-space:nowrap}
em{font-style:normal;font-weight:600;white-space:nowrap}.met em{color:var(--met)}.not em{color:var(--not)}.yours em{color:var(--yours)}
@media print{body{max-width:none;padding:0}tr{break-inside:avoid}}`

function proof({ test, attack }: NonNullable<Requirement['evidence']>): string {
  return attack === undefined ? `"${test}"` : `attack ${attack} in "${test}"`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
