import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { audit, exported, rowsOf } from 'bulwark/audit'
import { systemRandom } from 'bulwark/random'
import { EXIT, type Exit, type Terminal } from '../command.ts'
import type { Options } from './options.ts'
import { knownKeys, type OpenLog, openLog, rowsOfFile } from './source.ts'

type Rows = ReturnType<typeof rowsOfFile>

/** Writes rows to standard output, or to a file that only its owner may read. */
export async function exportLog(options: Options, terminal: Terminal): Promise<Exit> {
  const opened = options.file === undefined ? await openLog(options, terminal) : undefined
  const rows: Rows =
    opened === undefined
      ? rowsOfFile(resolve(terminal.cwd, options.file ?? ''))
      : rowsOf(opened.log)
  const out =
    options.out === undefined
      ? undefined
      : await open(resolve(terminal.cwd, options.out), 'wx', 0o600)
  let count = 0
  let noted = ''
  try {
    for await (const piece of exported(wanted(rows, options), options.format, options)) {
      count++
      if (out === undefined) terminal.out(piece)
      else await out.appendFile(piece)
    }
    if (opened !== undefined) noted = await note(opened.log, count, options, terminal)
  } finally {
    await out?.close()
    await opened?.close()
  }
  if (opened !== undefined) terminal.err(noted)
  if (out !== undefined) terminal.err(`${count} lines in ${options.out}\n`)
  return EXIT.clean
}

/** Who takes the log away leaves a line in it. Answers what to say when that is not possible. */
async function note(
  log: OpenLog['log'],
  lines: number,
  options: Options,
  terminal: Terminal,
): Promise<string> {
  const [keys] = knownKeys(options, terminal)
  if (keys === undefined) {
    return 'This export is not noted in the log: set BULWARK_ROOT_KEY for that.\n'
  }
  const heard = audit({}, { log, keys, clock: Date.now, random: systemRandom() })
  const { format, personal } = options
  await heard.recordDurable({
    code: 'audit.exported',
    outcome: 'success',
    detail: { format, lines, personal, by: 'bulwark audit export' },
  })
  await heard.close()
  return ''
}

async function* wanted(rows: Rows, options: Options): Rows {
  const { code, actorId, targetId, since, until } = options
  for await (const row of rows) {
    if (
      code !== undefined &&
      !(code.endsWith('.') ? row.code.startsWith(code) : row.code === code)
    ) {
      continue
    }
    if (actorId !== undefined && row.actorId !== actorId) continue
    if (targetId !== undefined && row.targetId !== targetId) continue
    if (since !== undefined && row.at < since) continue
    if (until !== undefined && row.at > until) continue
    yield row
  }
}
