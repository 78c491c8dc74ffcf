import { ConfigFault } from 'bulwark/fault'
import { open } from './data/open.ts'
import { seed } from './seed/seed.ts'
import { service } from './service.ts'
import { settings as read } from './settings.ts'

/** Where the console's words go; nothing else in the service writes to it. */
const say = (text: string): void => void process.stdout.write(`${text}\n`)

async function main(): Promise<void> {
  const settings = read(process.env, process.cwd())
  const opened = await open(settings)
  const { app, setUpLink } = await service(settings, opened)
  if (settings.seedFile !== undefined) await seed(app.bulwark, settings.seedFile)
  await app.listen({ host: settings.host, port: settings.port })
  const lines = [`Bulwark reference service: ${settings.origin}`, `Data: ${settings.dataFolder}`]
  if (setUpLink !== undefined) lines.push(`Make the first administrator (works once): ${setUpLink}`)
  say(lines.join('\n'))

  const stop = async (): Promise<void> => {
    await app.close()
    await opened.close()
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
