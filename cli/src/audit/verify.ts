import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readCheckpoints, rowsOf, type Verdict, verifyLog } from 'bulwark/audit'
import { EXIT, type Exit, type Terminal } from '../command.ts'
import type { Options } from './options.ts'
import { dataFolder, keysOf, openLog, rowsOfFile } from './source.ts'

/** Checks the chain and says what it found. Findings are exit status 1. */
export async function verify(options: Options, terminal: Terminal): Promise<Exit> {
  const keys = keysOf(options, terminal)
  const file = checkpointsOf(options, terminal)
  const checkpoints = file === undefined ? [] : await readCheckpoints(file)
  const progress = (sequence: number): void => {
    if (terminal.interactive && !options.json) terminal.err(`\r  row ${sequence}…`)
  }
  let verdict: Verdict
  let name: string
  if (options.file === undefined) {
    const opened = await openLog(options, terminal)
    try {
      const head = await opened.log.head()
      verdict = await verifyLog(rowsOf(opened.log), { keys, checkpoints, head, progress })
    } finally {
      await opened.close()
    }
    name = opened.name
  } else {
    name = resolve(terminal.cwd, options.file)
    verdict = await verifyLog(rowsOfFile(name), {
      keys,
      checkpoints,
      withoutPersonal: !options.personal,
      progress,
    })
  }
  if (terminal.interactive && !options.json) terminal.err('\r')
  terminal.out(
    options.json ? `${JSON.stringify({ log: name, ...verdict })}\n` : told(verdict, name),
  )
  return verdict.findings.length === 0 ? EXIT.clean : EXIT.findings
}

/** The file that was named, else the one beside the data, if there is one. */
function checkpointsOf(options: Options, terminal: Terminal): string | undefined {
  if (options.checkpoints !== undefined) return resolve(terminal.cwd, options.checkpoints)
  const beside = join(dataFolder(options, terminal), 'audit-checkpoints.jsonl')
  return existsSync(beside) ? beside : undefined
}

function told(verdict: Verdict, name: string): string {
  const { rows, firstSequence, lastSequence, checkpoints, lastCheckpoint, findings } = verdict
  const lines = findings.map(({ kind, what }) => `  ${kind.padEnd(17)} ${what}\n`)
  const range = rows === 0 ? 'no rows' : `${rows} rows, ${firstSequence} to ${lastSequence}`
  const signed =
    lastCheckpoint === undefined
      ? 'no checkpoint: rows cut off the end, with the log’s own count mended, would not be noticed'
      : `${checkpoints} checkpoints, the last at row ${lastCheckpoint}`
  const verdictLine =
    findings.length === 0
      ? 'The chain is whole.'
      : `The log was tampered with: ${findings.length} findings.`
  return `${name}\n  ${range}; ${signed}\n${lines.join('')}${verdictLine}\n`
}
