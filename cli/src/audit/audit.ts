import { type Command, EXIT, type Exit } from '../command.ts'
import { exportLog } from './export.ts'
import { readOptions, UsageFault } from './options.ts'
import { tail } from './tail.ts'
import { verify } from './verify.ts'

const help = `Usage: bulwark audit verify|tail|export [options]

Reads the audit log of a service: of its data folder, of DATABASE_URL, or of a JSONL file.

  verify               follow the chain; any row removed, changed or moved is found
    --checkpoints FILE   also compare with these signed checkpoints
                         (audit-checkpoints.jsonl beside the data, if it is there)
  tail                 show the newest rows
    -n, --lines N        how many (20)
    -f, --follow         and those that come
  export               write rows out, oldest first
    --format FORMAT      jsonl (can be verified again), csv or ocsf
    --out FILE           into a new file instead of standard output
    --personal           with addresses and the like

  --data DIR           the service's data folder (BULWARK_DATA, else .data)
  --file FILE          a JSONL file instead of a store (verify, export)
  --code CODE          login.refused, or login. for all of its codes    (tail, export)
  --actor ID, --target ID, --since WHEN, --until WHEN                    (tail, export)
                       WHEN is a date, or how long ago: 90m, 12h, 7d
  --json               for machines

verify needs BULWARK_ROOT_KEY (or BULWARK_ROOT_KEY_FILE), and BULWARK_PREVIOUS_ROOT_KEYS if the key
has changed. Exit status: 0 whole, 1 tampered with, 2 wrong usage, 3 could not run.

Example: bulwark audit verify --data .data --json
`

/** `bulwark audit`: looks into the log, and checks that nobody rewrote it. */
export const command: Command = {
  name: 'audit',
  summary: 'checks that nobody rewrote the audit log, shows it, exports it',
  help,
  async run(args, terminal): Promise<Exit> {
    try {
      const options = readOptions(args, Date.now())
      if (options.verb === 'verify') return await verify(options, terminal)
      if (options.verb === 'tail') return await tail(options, terminal)
      return await exportLog(options, terminal)
    } catch (error) {
      if (!(error instanceof UsageFault)) throw error
      terminal.err(`bulwark audit: ${error.message}\n`)
      return EXIT.usage
    }
  },
}
