import { SYSTEMS } from '../systems.ts'
import type { Shown } from './evidence.ts'
import { raw, type Safe, safe } from './html-text.ts'
import {
  type CheckReport,
  type FindingReport,
  type Report,
  routeOf,
  SEVERITY_ORDER,
} from './report.ts'

export function severityTiles(report: Report): Safe {
  const { bySeverity, pass, review, inconclusive } = report.summary
  const tile = (count: number, label: string, kind: string) =>
    safe`<li class="tile ${kind}${count === 0 ? ' zero' : ''}"><b>${String(count)}</b> ${label}</li>`
  return safe`<ul class="tiles">
    ${SEVERITY_ORDER.filter(one => one !== 'info').map(one => tile(bySeverity[one], one, one))}
    ${tile(review, 'to review', 'review')}${tile(inconclusive, 'inconclusive', 'open')}${tile(pass, 'held', 'pass')}
  </ul>`
}

export function findingCard(check: CheckReport, finding: FindingReport): Safe {
  const kind = check.verdict === 'review' ? 'review' : finding.severity
  const label = check.verdict === 'review' ? 'review' : finding.severity
  const about = [
    check.id,
    finding.where,
    finding.parameter,
    finding.variant,
    finding.says,
    `cwe-${check.cwe}`,
    check.asvs,
    check.top10,
  ]
    .join(' ')
    .toLowerCase()
  const more = finding.places.length > 1 ? ` and ${finding.places.length - 1} more` : ''
  return safe`<details class="finding ${kind}" data-system="${String(check.system)}" data-severity="${finding.severity}" data-text="${about}" id="${finding.id}">
    <summary><span class="chip ${kind}">${label}</span><span class="says">${capital(finding.says)}</span><code class="id">${check.id}</code><code class="where">${routeOf(finding)}${more}</code></summary>
    <div class="inside">
      ${finding.accepted === undefined ? '' : safe`<p class="accepted">Accepted: ${finding.accepted}</p>`}
      <dl>
        <dt>Tried</dt><dd>The check ${check.tries}.</dd>
        <dt>Why it matters</dt><dd>${check.why}</dd>
        <dt>Fix</dt><dd class="fix">${check.fix}</dd>
        ${finding.places.length > 1 ? safe`<dt>Places</dt><dd><ul class="places">${finding.places.map(place => safe`<li><code>${place}</code></li>`)}</ul></dd>` : ''}
      </dl>
      ${finding.evidence.map((shown, at) => evidence(shown, at))}
      ${finding.raw === undefined ? '' : safe`<p class="label">Said on a raw connection</p><pre>${finding.raw}</pre>`}
      <p class="ids"><code>${check.id}</code> · ASVS ${check.asvs} · CWE-${String(check.cwe)} · OWASP ${check.top10}:2025 · ${finding.id} · fingerprint <code>${finding.fingerprint}</code></p>
    </div>
  </details>`
}

function evidence(shown: Shown, at: number): Safe {
  const title = at === 0 ? 'The attack' : 'To compare'
  return safe`<details class="evidence"${raw(at === 0 ? ' open' : '')}><summary>${title}: ${String(shown.status)} after ${String(shown.ms)} ms</summary>
    <div class="pair"><div><p class="label">Request</p><pre>${shown.request}</pre></div><div><p class="label">Reply</p><pre>${shown.reply}</pre></div></div>
    <p class="label">By hand</p><pre class="curl">${shown.curl}</pre></details>`
}

const STATES = [
  ['pass', 'held', ['pass']],
  ['fail', 'got through', ['fail']],
  ['open', 'open', ['review', 'inconclusive']],
  ['idle', 'not run', ['skipped', 'not-applicable']],
] as const

export function systemRows(report: Report): Safe {
  const rows = Object.entries(SYSTEMS).map(([number, title]) => {
    const checks = report.checks.filter(({ system }) => system === Number(number))
    const counts = STATES.map(([kind, label, verdicts]) => ({
      kind,
      label,
      count: checks.filter(({ verdict }) => (verdicts as readonly string[]).includes(verdict))
        .length,
    }))
    let x = 0
    const bars = counts.map(({ kind, count }) => {
      const width = checks.length === 0 ? 0 : (count / checks.length) * 200
      const bar = raw(
        `<rect class="${kind}" x="${x.toFixed(1)}" width="${width.toFixed(1)}" height="10"/>`,
      )
      x += width
      return bar
    })
    const told = counts
      .filter(({ count }) => count > 0)
      .map(({ label, count }) => `${count} ${label}`)
    return safe`<tr><th scope="row">${number} ${title}</th><td><svg viewBox="0 0 200 10" role="img" aria-label="${told.join(', ')}">${bars}</svg></td><td>${told.join(', ') || 'nothing to run here'}</td></tr>`
  })
  return safe`<table class="systems"><tbody>${rows}</tbody></table>`
}

export function skippedList(report: Report): Safe {
  const groups = new Map<string, { remedy: string; ids: string[] }>()
  for (const { verdict, id, says = '', remedy = '' } of report.checks) {
    if (verdict !== 'skipped' || remedy === '') continue
    const group = groups.get(says) ?? { remedy, ids: [] }
    group.ids.push(id)
    groups.set(says, group)
  }
  if (groups.size === 0) return raw('')
  const items = [...groups]
    .sort(([, a], [, b]) => b.ids.length - a.ids.length)
    .map(
      ([says, { remedy, ids }]) =>
        safe`<li><b>${String(ids.length)} more</b> <span>${says}</span><pre>${remedy}</pre></li>`,
    )
  return safe`<section aria-labelledby="more"><h2 id="more">What more config would run</h2><ul class="more">${items}</ul></section>`
}

export function checkRows(report: Report): Safe {
  const words = [...new Set(report.checks.map(({ word }) => word))]
  return safe`${words.map(word => {
    const checks = report.checks.filter(check => check.word === word)
    const rows = checks.map(
      ({ id, verdict, tries, says, findings: [first] }) =>
        safe`<tr><td><span class="chip ${verdict}">${verdict}</span></td><td><code>${id}</code></td><td>${capital(tries)}<small>${first?.says ?? says ?? ''}</small></td></tr>`,
    )
    const passed = checks.filter(({ verdict }) => verdict === 'pass').length
    return safe`<details class="word"><summary>${word} <span class="quiet">${String(passed)} of ${String(checks.length)} held</span></summary><table class="checks"><tbody>${rows}</tbody></table></details>`
  })}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
