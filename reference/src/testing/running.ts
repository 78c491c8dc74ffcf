import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStores } from 'bulwark/memory'
import { sqliteStores } from 'bulwark/sqlite'
import { sqliteDatabase } from '../data/database.ts'
import { type Service, service } from '../service.ts'
import { settings } from '../settings.ts'
import { Client } from './browserless.ts'

export interface Running extends Service {
  readonly origin: string
  client(): Client
  /** Registers, follows the mail and signs in. */
  signedIn(email: string): Promise<Client>
  /** The token in the newest mail to this address. */
  mailedToken(email: string): Promise<string>
  stop(): Promise<void>
}

export const PASSWORD = 'four unlikely words here'

/**
 * A port that nobody listens on right now, below those that the system hands out by itself: so no
 * connection or server of another test takes it before we do.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer()
    const port = randomInt(15_000, 32_000)
    const free = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (free) return port
  }
}

/** The whole service on loopback, in this process, on a store of its own. */
export async function running(
  store: 'memory' | 'sqlite' = 'memory',
  environment: Record<string, string> = {},
  clock?: () => number,
): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-test-'))
  const port = await freePort()
  const given = settings({ PORT: String(port), BULWARK_DATA: folder, ...environment }, folder)
  const stores =
    store === 'memory' ? memoryStores() : await sqliteStores({ path: join(folder, 'bulwark.db') })
  const database = sqliteDatabase(store === 'memory' ? ':memory:' : join(folder, 'orders.db'))
  const made = await service(given, {
    stores,
    database,
    mailer: undefined,
    ...(clock !== undefined && { clock }),
  })
  await made.app.listen({ host: '127.0.0.1', port: given.port })
  const origin = given.origin

  const client = (): Client => new Client(origin)
  const mailedToken = async (email: string): Promise<string> => {
    // The worker sends right after the answer; a few turns of the event loop are enough.
    for (let turn = 0; turn < 200; turn++) {
      const mails = (await client().get('/dev/outbox')).json as { to: string; text: string }[]
      const mail = mails.findLast(({ to, text }) => to === email && text.includes('#token='))
      const token = mail && /#token=([\w-]+)/.exec(mail.text)?.[1]
      if (token !== undefined) return token
    }
    throw new Error(`no mail with a link for ${email}`)
  }

  return {
    ...made,
    origin,
    client,
    mailedToken,
    async signedIn(email) {
      const person = client()
      await person.post('/auth/register', { email, password: PASSWORD })
      await person.post('/auth/verify-email', { token: await mailedToken(email) })
      const { status } = await person.post('/auth/login', { email, password: PASSWORD })
      if (status !== 200) throw new Error(`signing in ${email} answered ${status}`)
      return person
    },
    async stop() {
      await made.app.close()
      await stores.close()
      await database.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
