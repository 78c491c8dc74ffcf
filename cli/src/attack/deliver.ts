import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { EXIT, type Exit, type Terminal } from '../command.ts'
import type { Severity } from './config/config.ts'
import { ConfigError } from './config/config-error.ts'
import type { Loaded } from './config/load-config.ts'
import type { Options } from './options.ts'
import { annotations } from './report/annotations.ts'
import { accept, readBaseline } from './report/baseline.ts'
import { compare, comparisonText } from './report/compare.ts'
import { html } from './report/html.ts'
import { junit } from './report/junit.ts'
import { markdown } from './report/markdown.ts'
import { failing, type Report } from './report/report.ts'
import { sarif } from './report/sarif.ts'
import type { Source } from './report/source.ts'
import { terminalReport } from './report/terminal.ts'

const BASELINE = 'bulwark.baseline.json'

/** Writes everything that was asked for, and answers the report as the baseline leaves it. */
export async function deliver(
  run: { readonly report: Report; readonly revealed: Report },
  options: Options,
  loaded: Loaded,
  terminal: Terminal,
): Promise<Report> {
  const baseline = options.baseline ?? loaded.config.baseline
  const report = await accepted(run.report, baseline, terminal.cwd)
  const revealed = await accepted(run.revealed, baseline, terminal.cwd)
  const sources = await sourcesOf(loaded, terminal.cwd)
  const made = {
    html: () => html(report),
    json: () => `${JSON.stringify(report, null, 2)}\n`,
    sarif: () => sarif(report, sources),
    junit: () => junit(report),
    markdown: () => markdown(report),
  }
  const endings = {
    html: 'attack.html',
    json: 'attack.json',
    sarif: 'attack.sarif',
    junit: 'attack.junit.xml',
    markdown: 'attack.md',
  }
  for (const [format, make] of Object.entries(made)) {
    const key = format as keyof typeof made
    const all = options.out === undefined ? [] : [join(options.out, endings[key])]
    const one = options.files[key]
    for (const file of one === undefined ? all : [...all, one]) {
      const path = resolve(terminal.cwd, file)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, make())
      terminal.err(`${format}: ${file}\n`)
    }
  }
  if (options.json) terminal.out(made.json())
  else terminal.out(terminalReport(revealed, terminal.interactive, options.verbose))
  if (options.annotations || terminal.env['GITHUB_ACTIONS'] === 'true')
    terminal.out(annotations(report, sources))
  if (options.compare !== undefined) {
    const old = await readReport(options.compare, terminal.cwd)
    const text = comparisonText(compare(old, report))
    if (options.json) terminal.err(text)
    else terminal.out(text)
  }
  return report
}

/** Incomplete is never clean: nobody knows what the rest would have found. */
export function exitOf(report: Report, failOn: Severity): Exit {
  if (report.incomplete.length > 0) return EXIT.failed
  return failing(report, failOn).length > 0 ? EXIT.findings : EXIT.clean
}

async function accepted(report: Report, named: string | undefined, cwd: string): Promise<Report> {
  const file = named ?? (existsSync(join(cwd, BASELINE)) ? BASELINE : undefined)
  if (file === undefined) return report
  const text = await readFile(resolve(cwd, file), 'utf8').catch(() => {
    throw new ConfigError(`there is no baseline ${file}`)
  })
  return accept(report, readBaseline(text, file), new Date())
}

/** Reads a report that `--json-file` wrote. @throws {ConfigError} when it is none */
export async function readReport(file: string, cwd: string): Promise<Report> {
  const text = await readFile(resolve(cwd, file), 'utf8').catch(() => {
    throw new ConfigError(`there is no report ${file}`)
  })
  try {
    const report = JSON.parse(text) as Report
    if (report.version === 1 && Array.isArray(report.checks)) return report
  } catch {
    // Said below, for both.
  }
  throw new ConfigError(`${file} is not a report of bulwark attack (version 1)`)
}

async function sourcesOf({ file, config }: Loaded, cwd: string): Promise<Source[]> {
  const named = [config.openapi?.replace(/^\//, ''), file, 'package.json', 'README.md']
  const sources: Source[] = []
  for (const path of named) {
    if (path === undefined || !existsSync(resolve(cwd, path))) continue
    sources.push({
      path: path.replaceAll('\\', '/'),
      text: await readFile(resolve(cwd, path), 'utf8'),
    })
  }
  return sources
}
