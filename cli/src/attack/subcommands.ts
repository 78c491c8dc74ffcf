import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { EXIT, type Exit, type Terminal } from '../command.ts'
import { CATALOGUE } from './checks/catalogue.ts'
import { ConfigError } from './config/config-error.ts'
import { loadConfig } from './config/load-config.ts'
import { deliver, exitOf, readReport } from './deliver.ts'
import { init } from './init.ts'
import { explainText } from './list.ts'
import type { Options } from './options.ts'
import { baselineOf } from './report/baseline.ts'
import { compare, comparisonText } from './report/compare.ts'
import { schema } from './report/schema.ts'
import { plan, runAttack } from './run-attack.ts'

type Subcommand = (options: Options, terminal: Terminal) => Promise<Exit>

/** The verbs after `bulwark attack` that are no address. */
export const subcommands: Readonly<Record<string, Subcommand>> = {
  init,

  async schema(_, terminal) {
    terminal.out(`${JSON.stringify(schema, null, 2)}\n`)
    return EXIT.clean
  },

  async explain({ words: [, id = ''] }, terminal) {
    const found = CATALOGUE.flatMap(({ word, checks }) =>
      checks.map(check => ({ word, check })),
    ).filter(({ word, check }) => check.id === id || word === id || check.id.startsWith(`${id}.`))
    if (found.length === 0)
      throw new ConfigError(
        `there is no check ${JSON.stringify(id)}; bulwark attack --list shows them all`,
      )
    terminal.out(found.map(({ word, check }) => explainText(check, word)).join('\n'))
    return EXIT.clean
  },

  async diff({ words: [, old, now], json }, terminal) {
    if (old === undefined || now === undefined)
      throw new ConfigError('name two reports: bulwark attack diff old.json new.json')
    const [before, after] = await Promise.all(
      [old, now].map(file => readReport(file, terminal.cwd)),
    )
    if (before === undefined || after === undefined) return EXIT.failed
    const comparison = compare(before, after)
    terminal.out(json ? `${JSON.stringify(comparison, null, 2)}\n` : comparisonText(comparison))
    return comparison.fresh.length > 0 ? EXIT.findings : EXIT.clean
  },

  async baseline(
    { words: [, file = ''], reason, until, baseline = 'bulwark.baseline.json' },
    terminal,
  ) {
    if (reason === undefined || until === undefined)
      throw new ConfigError('a baseline needs --reason "…" and --until 2027-01-31')
    const made = baselineOf(await readReport(file, terminal.cwd), reason, until)
    await writeFile(resolve(terminal.cwd, baseline), `${JSON.stringify(made, null, 2)}\n`)
    terminal.out(`${baseline}: ${made.entries.length} findings accepted until ${until}\n`)
    return EXIT.clean
  },

  async replay(options, terminal) {
    const [file = '', id] = (options.words[1] ?? '').split('#')
    if (id === undefined)
      throw new ConfigError('name a finding: bulwark attack replay report.json#f3')
    const old = await readReport(file, terminal.cwd)
    const check = old.checks.find(({ findings }) => findings.some(finding => finding.id === id))
    if (check === undefined) throw new ConfigError(`${file} has no finding ${id}`)
    const loaded = await loadConfig(terminal.cwd, { named: options.config, target: old.target })
    const again = {
      ...options,
      words: [old.target],
      only: [check.id],
      seed: old.seed,
      level: 'full' as const,
    }
    const run = await runAttack(plan(again, loaded.config), again, loaded.config, terminal)
    return exitOf(await deliver(run, options, loaded, terminal), 'info')
  },
}
