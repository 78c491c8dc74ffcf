import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { EXIT, type Exit, type Terminal } from '../command.ts'
import { atLeast, inOrder, type Report, SEVERITIES, type Severity } from './finding.ts'
import { asGithub } from './github.ts'
import { asJunit } from './junit.ts'
import { asSarif } from './sarif.ts'
import { asText } from './text.ts'
import { Usage } from './usage.ts'

/** The shared options, as the command line gave them. */
export interface PrintOptions {
  readonly json: boolean
  readonly format?: string | undefined
  readonly sarif?: string | undefined
  readonly 'fail-on': string
}

const FORMATS: Readonly<Record<string, (report: Report, terminal: Terminal) => string>> = {
  text: (report, terminal) => asText(report, terminal.interactive),
  json: report => asJson(report),
  sarif: report => asSarif(report),
  junit: report => asJunit(report),
  github: report => asGithub(report),
}

/**
 * Judges the shared options before anything is scanned, and answers how to print.
 *
 * @throws {Usage} for a format or a severity that does not exist
 */
export function printer(
  options: PrintOptions,
  terminal: Terminal,
): (report: Report) => Promise<Exit> {
  const name = options.format ?? (options.json ? 'json' : 'text')
  const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
  if (format === undefined) {
    throw new Usage(`--format ${name}: write ${Object.keys(FORMATS).join(', ')}`)
  }
  const floor = severity(options['fail-on'])
  return async report => {
    terminal.out(format(report, terminal))
    if (options.sarif !== undefined) {
      await writeFile(resolve(terminal.cwd, options.sarif), asSarif(report))
    }
    return verdict(report, floor)
  }
}

function severity(text: string): Severity {
  const known = SEVERITIES.find(each => each === text)
  if (known === undefined) throw new Usage(`--fail-on ${text}: write ${SEVERITIES.join(', ')}`)
  return known
}

// Decision: an incomplete run answers 3 even when it found something, so that a pipeline which
// tolerates findings still stops when a source was silent.
// Cost: such a run must be read to learn that there were findings too.
function verdict(report: Report, floor: Severity): Exit {
  if (report.incomplete.length > 0) return EXIT.failed
  const counts = report.findings.some(
    finding => finding.suppressed === undefined && atLeast(finding.severity, floor),
  )
  return counts ? EXIT.findings : EXIT.clean
}

function asJson(report: Report): string {
  const findings = inOrder(report.findings).map(({ rule, ...finding }) => ({
    id: rule.id,
    ...finding,
    what: rule.what,
    why: rule.why,
    fix: finding.fix ?? rule.fix,
  }))
  return `${JSON.stringify({ version: 1, ...report, findings }, null, 2)}\n`
}
