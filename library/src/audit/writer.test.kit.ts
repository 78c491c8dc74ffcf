// A process that writes durable events into a SQLite log and says which of them are safe.
import { writeSync } from 'node:fs'
import { deriveKeys, type Keys } from '../kernel/keys.ts'
import { systemRandom } from '../kernel/random.ts'
import { sqliteStores } from '../store/sqlite/sqlite.ts'
import { audit } from './audit.ts'

export const writerKeys: Keys = deriveKeys(Buffer.from('the root key of the writer, 32 bytes+'))

/** `node writer.test.kit.ts PATH NAME COUNT`: prints `NAME-N` once event N is safe. */
async function main(path: string, name: string, count: number): Promise<void> {
  const stores = sqliteStores({ path, busyMs: 2000 })
  const heard = audit(
    {},
    { log: stores.auditLog, keys: writerKeys, clock: Date.now, random: systemRandom() },
  )
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      const event = `${name}-${next++}`
      await heard.recordDurable({ code: 'login.succeeded', targetId: event, outcome: 'success' })
      writeSync(1, `${event}\n`)
    }
  }
  await Promise.all(Array.from({ length: 64 }, lane))
  await heard.close()
  await stores.close()
}

if (import.meta.main) {
  const [path = '', name = '', count = '0'] = process.argv.slice(2)
  await main(path, name, Number(count))
}
