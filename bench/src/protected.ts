import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assemble, type Bulwark } from 'bulwark'
import { memoryStores } from 'bulwark/memory'
import { sqliteStores } from 'bulwark/sqlite'

const MANY = { limit: 1_000_000_000, windowSeconds: 60 } as const

/** With none but the session's check, as a peer that does nothing else has it. */
const SESSION_ONLY = {
  csrf: false,
  headers: false,
  content: false,
  limits: false,
  throttle: false,
} as const

const WHY = 'the session alone is measured, beside a peer that checks nothing else'
const OFF = ['headers', 'content', 'csrf', 'limits', 'throttle'].map(name => [`${name}.off`, WHY])

/**
 * All request-level defences, the same for every framework: the arguments of the process are the
 * store, `memory` or `sqlite`, and `session` where only the session is to be checked.
 */
export async function defences(port: number): Promise<Bulwark> {
  const [store, only] = process.argv.slice(2)
  const folder = join(tmpdir(), 'bulwark-bench-')
  const stores =
    store === 'sqlite'
      ? await sqliteStores({ path: join(mkdtempSync(folder), 'store.db') })
      : memoryStores()
  return assemble({
    stores,
    mode: 'production',
    origin: `http://localhost:${port}`,
    rootKey: randomBytes(32),
    throttle: {
      default: [
        { by: 'address', ...MANY },
        { by: 'account', ...MANY },
      ],
      policies: { once: { by: 'address', limit: 1, windowSeconds: 86_400 } },
    },
    doctor: {
      accept: {
        'store.memory': 'one of the stores that are measured',
        'audit.in-memory': 'one of the stores that are measured',
        ...(only === 'session' && Object.fromEntries(OFF)),
      },
    },
    ...(only === 'session' && SESSION_ONLY),
  })
}

/** A fresh session's cookie. */
export async function login({ sessions }: Bulwark): Promise<string> {
  const issued = await sessions?.start(
    { id: crypto.randomUUID(), role: 'user' },
    { factors: [{ factor: 'pwd', at: Date.now() }], address: '127.0.0.1', device: 'bench' },
  )
  return issued?.cookie ?? ''
}
