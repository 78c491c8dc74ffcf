import { type Command, EXIT, type Exit, type Terminal } from './command.ts'

/** Loaded by name, so that one command never pays for another's imports. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  attack: async () => (await import('./attack/attack.ts')).command,
  audit: async () => (await import('./audit/audit.ts')).command,
  doctor: async () => (await import('./doctor/doctor.ts')).command,
  scan: async () => (await import('./scan/scan.ts')).command,
  migrate: async () => (await import('./migrate/migrate.ts')).command,
  keys: async () => (await import('./keys/keys.ts')).command,
  dossier: async () => (await import('./dossier/dossier.ts')).command,
  explain: async () => (await import('./explain/explain.ts')).command,
}

function terminal(): Terminal {
  const aborter = new AbortController()
  process.once('SIGINT', () => aborter.abort())
  // Whoever reads along may leave early, as `| head` does; what is left to say is said to nobody.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(EXIT.failed)
  })
  return {
    out: text => void process.stdout.write(text),
    err: text => void process.stderr.write(text),
    input: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    interactive: process.stdout.isTTY === true,
    signal: aborter.signal,
  }
}

async function overview(): Promise<string> {
  const rows = await Promise.all(
    Object.values(COMMANDS).map(async load => {
      const { name, summary } = await load()
      return `  bulwark ${name.padEnd(10)} ${summary}\n`
    }),
  )
  return `Usage: bulwark COMMAND [options]\n\n${rows.join('')}\nbulwark COMMAND --help tells more.\n`
}

/** Runs one command line and answers its exit status. */
export async function main(args: readonly string[], at: Terminal = terminal()): Promise<Exit> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === 'help') {
    at.out(await overview())
    return name === undefined ? EXIT.usage : EXIT.clean
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (load === undefined) {
    at.err(`bulwark: there is no command ${JSON.stringify(name)}. bulwark --help lists them.\n`)
    return EXIT.usage
  }
  const command = await load()
  if (rest.includes('--help') || rest.includes('-h')) {
    at.out(command.help)
    return EXIT.clean
  }
  try {
    return await command.run(rest, at)
  } catch (error) {
    at.err(`bulwark ${name}: ${error instanceof Error ? error.message : String(error)}\n`)
    return EXIT.failed
  }
}
