import { setTimeout as sleep } from 'node:timers/promises'
import { recordOf } from 'bulwark/audit'
import { EXIT, type Exit, type Terminal } from '../command.ts'
import type { Options } from './options.ts'
import { shown } from './shown.ts'
import { openLog } from './source.ts'

const LOOK_EVERY_MS = 1000

/** Shows the newest rows, and with `--follow` those that come. */
export async function tail(options: Options, terminal: Terminal): Promise<Exit> {
  const { log, close } = await openLog(options, terminal)
  const narrow = {
    ...(options.code !== undefined && { code: options.code }),
    ...(options.actorId !== undefined && { actorId: options.actorId }),
    ...(options.targetId !== undefined && { targetId: options.targetId }),
    ...(options.since !== undefined && { since: options.since }),
    ...(options.until !== undefined && { until: options.until }),
  }
  const colour = terminal.interactive && terminal.env['NO_COLOR'] === undefined
  const show = (rows: Awaited<ReturnType<typeof log.read>>): void => {
    for (const row of rows) {
      const record = recordOf(row)
      terminal.out(`${options.json ? JSON.stringify(record) : shown(record, colour)}\n`)
    }
  }
  try {
    const newest = (await log.read({ ...narrow, limit: options.lines })).toReversed()
    show(newest)
    let beyond = newest.at(-1)?.sequence ?? (await log.head())?.sequence ?? 0
    while (options.follow && !terminal.signal.aborted) {
      await sleep(LOOK_EVERY_MS, undefined, { signal: terminal.signal }).catch(() => undefined)
      const rows = await log.read({ ...narrow, oldestFirst: true, beyond, limit: 1000 })
      show(rows)
      beyond = rows.at(-1)?.sequence ?? beyond
    }
    return EXIT.clean
  } finally {
    await close()
  }
}
