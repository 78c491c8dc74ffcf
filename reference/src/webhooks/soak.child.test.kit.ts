import { open } from '../data/open.ts'
import { service } from '../service.ts'
import { settings } from '../settings.ts'

// The service in a process that is killed: its clock is turned by whoever started it, and it tells
// whenever it finds nothing that is due.

/** What the process tells when it has looked and found nothing due. */
export interface Idle {
  readonly now: number
  readonly waiting: number
  readonly oldestRunAt: number | undefined
}

let turned = Number(process.env['TURNED_MS'])
process.on('message', (byMs: number) => {
  turned += byMs
})
process.once('disconnect', () => process.exit())
const clock = (): number => Date.now() + turned

const given = settings(process.env, process.cwd())
const opened = await open(given)
const { jobs } = opened.stores
const watched: typeof jobs = {
  ...jobs,
  async claim(kind, ...rest) {
    const claimed = await jobs.claim(kind, ...rest)
    if (kind === 'webhook' && claimed.length === 0) {
      const idle: Idle = { now: clock(), ...(await jobs.backlog(kind)) }
      process.send?.(idle)
    }
    return claimed
  },
}
const stores = { ...opened.stores, jobs: watched }
const { app } = await service(given, { ...opened, stores, clock })
await app.listen({ host: given.host, port: given.port })
process.send?.('listening')
