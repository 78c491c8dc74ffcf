import { createHash } from 'node:crypto'
import { SYSTEMS } from '../systems.ts'
import { checkRows, findingCard, severityTiles, skippedList, systemRows } from './html-parts.ts'
import { script } from './html-script.ts'
import { style } from './html-style.ts'
import { escapeHtml, raw, type Safe, safe } from './html-text.ts'
import { type Report, ran, SEVERITY_ORDER } from './report.ts'

/**
 * The report as one file: opens offline, loads nothing, and runs no script but its own filter, as
 * its policy says. Everything from the service goes through the escaping of `safe`.
 */
export function html(report: Report): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const policy = `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`
  const body = bodyOf(report)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(`Attack on ${report.target}`)}</title>
<style>${style}</style>
</head>
<body>
${body.html}
<script>${script}</script>
</body>
</html>
`
}

function bodyOf(report: Report): Safe {
  const findings = report.checks
    .flatMap(check => check.findings.map(finding => ({ check, finding })))
    .sort((a, b) => weight(b) - weight(a))
  const open = findings.filter(({ finding }) => finding.accepted === undefined)
  const failed = open.filter(({ check }) => check.verdict === 'fail').length
  const options = Object.entries(SYSTEMS)
    .filter(([number]) => report.checks.some(({ system }) => system === Number(number)))
    .map(([number, title]) => safe`<option value="${number}">${number} · ${title}</option>`)
  return safe`
<header>
  <p class="kicker">bulwark attack · level ${report.level} · seed ${report.seed}</p>
  <h1>${headline(failed)}</h1>
  <p class="lead"><code>${report.target}</code>, ${when(report.startedAt)}. ${String(ran(report))} of ${String(report.checks.length)} checks ran in ${(report.durationMs / 1000).toFixed(1)} s with ${String(report.requests)} requests.</p>
  ${report.incomplete.map(why => safe`<p class="alarm"><strong>Incomplete.</strong> ${why}</p>`)}
  ${severityTiles(report)}
</header>
<main>
  <section aria-labelledby="findings">
    <div class="bar">
      <h2 id="findings">Findings</h2>
      <form class="filter" aria-label="Filter findings">
        <label>System <select name="system"><option value="">all</option>${options}</select></label>
        <label>From <select name="severity">${SEVERITY_ORDER.toReversed().map(one => safe`<option value="${one}">${one}</option>`)}</select></label>
        <label>Find <input name="text" type="search" placeholder="route, check, CWE"></label>
      </form>
    </div>
    ${findings.length === 0 ? safe`<p class="quiet">No check found a way in.</p>` : findings.map(({ check, finding }) => findingCard(check, finding))}
    <p class="quiet none" hidden>Nothing fits the filter.</p>
  </section>
  <section aria-labelledby="systems">
    <h2 id="systems">The 22 systems</h2>
    ${systemRows(report)}
  </section>
  ${skippedList(report)}
  <section aria-labelledby="checks">
    <h2 id="checks">Every check</h2>
    ${checkRows(report)}
  </section>
</main>
<footer><p>Made by ${report.tool.name} ${report.tool.version}. Passwords, cookies and tokens are masked. A check that passed shows that this attack failed, not that there is no other.</p></footer>`
}

function headline(failed: number): Safe {
  if (failed === 0) return raw('Nothing got through')
  return safe`${String(failed)} ${failed === 1 ? 'attack' : 'attacks'} got through`
}

function weight({
  check,
  finding,
}: {
  check: { verdict: string }
  finding: { severity: string; accepted?: string }
}): number {
  const severity = SEVERITY_ORDER.toReversed().indexOf(finding.severity as never)
  return severity + (check.verdict === 'fail' ? 10 : 0) - (finding.accepted === undefined ? 0 : 20)
}

function when(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
}
