import cluster from 'node:cluster'
import { ConfigFault } from 'bulwark/fault'
import { superviseWorkers, whenLetGo } from 'bulwark/workers'
import { open } from './data/open.ts'
import { seed } from './seed/seed.ts'
import { service } from './service.ts'
import { settings as read, type Settings } from './settings.ts'

/** Where the console's words go; nothing else in the service writes to it. */
const say = (text: string): void => void process.stdout.write(`${text}\n`)

async function main(): Promise<void> {
  const settings = read(process.env, process.cwd())
  if (settings.workers > 1 && cluster.isPrimary) supervise(settings)
  else await serve(settings)
}

/** Keeps so many processes serving: one that dies is replaced, and all finish what is open at the end. */
function supervise({ workers: count }: Settings): void {
  const workers = superviseWorkers({
    count,
    onEvent: event => say(`Worker ${event.pid} ${event.what}`),
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void workers.stop().then(() => process.exit(0)))
  }
}

async function serve(settings: Settings): Promise<void> {
  const opened = await open(settings)
  const { app, setUpLink } = await service(settings, opened)
  // Of several workers one fills the store and tells how to begin.
  const first = cluster.isPrimary || cluster.worker?.id === 1
  if (settings.seedFile !== undefined && first) await seed(app.bulwark, settings.seedFile)
  await app.listen({ host: settings.host, port: settings.port })
  const lines = [`Bulwark reference service: ${settings.origin}`, `Data: ${settings.dataFolder}`]
  if (setUpLink !== undefined) lines.push(`Make the first administrator (works once): ${setUpLink}`)
  if (first) say(lines.join('\n'))

  const finish = async (): Promise<void> => {
    await app.close()
    await opened.close()
  }
  if (cluster.isWorker) {
    whenLetGo(finish)
    // A terminal tells all processes of a group; when workers go is for the primary to say.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined)
    return
  }
  const stop = async (): Promise<void> => {
    await finish()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop())
}

try {
  await main()
} catch (error) {
  if (!(error instanceof ConfigFault)) throw error
  process.stderr.write(`bulwark: ${error.message}\n`)
  process.exit(1)
}
