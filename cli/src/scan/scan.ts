import { type Command, EXIT, type Exit, type Terminal } from '../command.ts'
import { PRINT_FOOT } from '../output/print-options.ts'
import { usageTold } from '../output/usage.ts'
import { DEPS_HELP } from './deps/help.ts'
import { SECRETS_HELP } from './secrets/help.ts'

type Scanner = (args: readonly string[], terminal: Terminal) => Promise<Exit>

/** Loaded by name: a scan for secrets does not pay for lockfile readers. */
const SCANNERS: Readonly<Record<string, () => Promise<Scanner>>> = {
  deps: async () => (await import('./deps/deps.ts')).scanDeps,
  secrets: async () => (await import('./secrets/secrets.ts')).scanSecrets,
}

export const command: Command = {
  name: 'scan',
  summary: 'looks for dangerous dependencies and for secrets in files',
  help: `${DEPS_HELP}\n${SECRETS_HELP}${PRINT_FOOT}`,
  async run(args, terminal) {
    const [name = '', ...rest] = args
    const load = Object.hasOwn(SCANNERS, name) ? SCANNERS[name] : undefined
    if (load === undefined) {
      terminal.err('bulwark scan: write deps or secrets. bulwark scan --help shows how.\n')
      return EXIT.usage
    }
    const scanner = await load()
    return usageTold(`scan ${name}`, terminal, () => scanner(rest, terminal))
  },
}
