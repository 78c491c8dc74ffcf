import { type Command, EXIT, type Exit, type Terminal } from '../command.ts'
import { ConfigError } from './config/config-error.ts'
import { loadConfig } from './config/load-config.ts'
import { deliver, exitOf } from './deliver.ts'
import { help } from './help.ts'
import { catalogueText } from './list.ts'
import { readOptions } from './options.ts'
import { plan, runAttack } from './run-attack.ts'
import { subcommands } from './subcommands.ts'
import { TargetRefused } from './wire/gate.ts'

/** `bulwark attack`: attacks one's own service on one's own machine, and shows the proof. */
export const command: Command = {
  name: 'attack',
  summary: 'attacks your own running service and shows what gets through, with proof',
  help,
  async run(args, terminal): Promise<Exit> {
    try {
      return await attack(args, terminal)
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof TargetRefused)) throw error
      terminal.err(`bulwark attack: ${error.message}\n`)
      return EXIT.usage
    }
  },
}

async function attack(args: readonly string[], terminal: Terminal): Promise<Exit> {
  const options = readOptions(args)
  const [first = ''] = options.words
  const subcommand = Object.hasOwn(subcommands, first) ? subcommands[first] : undefined
  if (subcommand !== undefined) return subcommand(options, terminal)
  const loaded = await loadConfig(terminal.cwd, { named: options.config, target: options.words[0] })
  if (options.list) {
    terminal.out(catalogueText(loaded.config, options))
    return EXIT.clean
  }
  const planned = plan(options, loaded.config)
  if (options.dryRun) {
    const about = `${planned.checks.length} checks against ${planned.target}, level ${planned.level}, seed ${planned.seed}, config ${loaded.file ?? 'none'}:`
    terminal.out(
      `${about}\n${planned.checks.map(({ id, tries }) => `  ${id.padEnd(26)} ${tries}\n`).join('')}`,
    )
    return EXIT.clean
  }
  if (!options.json && loaded.file !== undefined) terminal.err(`config: ${loaded.file}\n`)
  const run = await runAttack(planned, options, loaded.config, terminal)
  const delivered = await deliver(run, options, loaded, terminal)
  return exitOf(delivered, options.failOn ?? loaded.config.failOn ?? 'medium')
}
