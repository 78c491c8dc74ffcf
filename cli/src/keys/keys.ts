import { systemClock } from 'bulwark/clock'
import { type Random, systemRandom } from 'bulwark/random'
import { type Command, EXIT, type Exit, type Terminal } from '../command.ts'
import { usageTold } from '../output/usage.ts'

interface Ground {
  readonly random: Random
  readonly now: number
}

type Verb = (args: readonly string[], terminal: Terminal, ground: Ground) => Promise<Exit>

const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  new: async () => (await import('./new.ts')).keysNew,
  rotate: async () => (await import('./rotate.ts')).keysRotate,
  report: async () => (await import('./report.ts')).keysReport,
}

export const command: Command = {
  name: 'keys',
  summary: 'makes, rotates and lists root keys',
  help: `Usage: bulwark keys new|rotate|report [options]

  new                  prints 32 random bytes, as BULWARK_ROOT_KEY wants them
      --env            writes them into .env instead (mode 600; everything else in it stays)
      --file FILE      writes them into that environment file
      --out FILE       writes the key alone, for BULWARK_ROOT_KEY_FILE
      --force          replaces a key that is there; what was sealed under it is lost
  rotate               puts a new key into .env; the old one goes to BULWARK_PREVIOUS_ROOT_KEYS
      --days N         how long the old one is accepted (default: 30)
      --file FILE      another environment file
      --print          reads the environment and prints both settings, for a secret store
  report               lists keys by id: role, age, until when, where from, what for
      --max-age DAYS   finding when the current key is older (default: 365)
      --data FOLDER    counts what is sealed under each key in the SQLite files there; without it
                       and with DATABASE_URL (or DATABASE_URL_FILE) set, in that PostgreSQL
      --file FILE      another environment file

  --json               machine-readable

Examples:
  bulwark keys new --env
  bulwark keys rotate --days 14
  bulwark keys report --data .data

Exit status: 0 done, 1 report has findings, 2 wrong usage, 3 could not run.
`,
  async run(args, terminal) {
    const [name = '', ...rest] = args
    const load = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
    if (load === undefined) {
      terminal.err('bulwark keys: write new, rotate or report. bulwark keys --help shows how.\n')
      return EXIT.usage
    }
    const verb = await load()
    const ground = { random: systemRandom(), now: systemClock() }
    return usageTold(`keys ${name}`, terminal, () => verb(rest, terminal, ground))
  },
}
