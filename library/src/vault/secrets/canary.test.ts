import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import { MessageChannel, Worker } from 'node:worker_threads'
import { audit } from '../../audit/audit.ts'
import { recordOf } from '../../audit/record.ts'
import { problemOf } from '../../http/problem.ts'
import { testClock } from '../../kernel/clock.ts'
import { ConfigFault, StoreFault } from '../../kernel/fault.ts'
import { deriveKeys } from '../../kernel/keys.ts'
import { systemRandom } from '../../kernel/random.ts'
import { Secret } from '../../kernel/secret.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import { fields } from '../fields/fields.ts'
import { keyRing, settings } from './secrets.ts'

const CANARY = 'kX9f2mQ7vLw3-canary-Zt8RbN4cYd6H'
const secret = new Secret(CANARY)
const holder = { database: { url: secret }, list: [secret], map: new Map([['k', secret]]) }

/** Answers what a thrower says, in all the ways a logger would print it. */
function said(work: () => unknown): string {
  try {
    return String(work())
  } catch (error) {
    return `${error}${(error as Error).stack}${inspect(error, { depth: 9 })}`
  }
}

async function posted(value: unknown): Promise<string> {
  const { port1, port2 } = new MessageChannel()
  const arrived = new Promise(resolve => port2.once('message', resolve))
  try {
    port1.postMessage(value)
    return inspect(await arrived, { depth: 9, showHidden: true })
  } catch (error) {
    return String(error)
  } finally {
    port1.close()
    port2.close()
  }
}

async function audited(): Promise<string> {
  const log = memoryStores().auditLog
  const keys = deriveKeys(Buffer.from('the canary test root key, 32 bytes+++'))
  const heard = audit({}, { log, keys, clock: testClock(), random: systemRandom() })
  heard.record({
    code: 'login.refused',
    outcome: 'failure',
    detail: { password: CANARY, accessToken: CANARY, cookie: CANARY, authorization: CANARY },
    personal: { apiKey: CANARY, secret: secret as unknown as string },
  })
  await heard.flush()
  const rows = await log.read({ limit: 9 })
  return `${JSON.stringify(rows)}${inspect(rows.map(recordOf), { depth: 9 })}`
}

const weak = { env: { KEY: `password ${CANARY} changeme` } }
const ring = keyRing(Buffer.from(`${CANARY}${CANARY}`))

/** Thirty places where a secret gets into by mistake, and what comes out of each. */
const places: [string, () => unknown][] = [
  ['String()', () => String(secret)],
  ['a template', () => `url=${secret}`],
  ['a sum of strings', () => `${'url='}${secret as unknown as string}`],
  ['JSON', () => JSON.stringify(holder)],
  ['JSON of a map', () => JSON.stringify([...holder.map])],
  ['inspect', () => inspect(holder, { depth: 9 })],
  ['inspect that shows hidden members', () => inspect(secret, { showHidden: true, depth: 9 })],
  ['inspect without custom inspection', () => inspect(secret, { customInspect: false })],
  ['inspect of a proxy', () => inspect(new Proxy(secret, {}), { showProxy: true })],
  ['console formats', () => format('%s %o %O %j %d', secret, secret, secret, secret, secret)],
  ['its keys', () => inspect([Object.keys(secret), Object.entries(secret)])],
  [
    'all its own members',
    () => inspect(Reflect.ownKeys(secret).map(key => Reflect.get(secret, key))),
  ],
  ['a spread', () => inspect({ ...secret })],
  ['Object.assign', () => inspect(Object.assign({}, secret))],
  ['a structured clone', () => said(() => inspect(structuredClone(holder), { depth: 9 }))],
  ['a message to another port', () => posted(holder)],
  [
    'the data of a worker',
    () => said(() => new Worker('', { eval: true, workerData: [secret] }).terminate()),
  ],
  ['the message of an error', () => said(() => assert.fail(`no ${secret}`))],
  ['the cause of an error', () => inspect(new Error('no', { cause: holder }), { depth: 9 })],
  ['a failed assertion', () => said(() => assert.deepEqual(holder, { database: 1 }))],
  ['a ConfigFault', () => inspect(new ConfigFault('x', `is ${secret}`))],
  ['a StoreFault', () => inspect(new StoreFault('x', new Error(`${secret}`)))],
  [
    'a problem document',
    () => JSON.stringify(problemOf({ code: 'a.b', says: 'a.b', status: 400, why: CANARY }, 'r')),
  ],
  ['an audit event', audited],
  [
    'a settings fault',
    () => settings({ KEY: { secret: true } }, weak).catch(error => inspect(error)),
  ],
  [
    'settings that were read',
    async () =>
      inspect(await settings({ KEY: { secret: true } }, { env: { KEY: CANARY } }), { depth: 9 }),
  ],
  ['a root key that is refused', () => said(() => deriveKeys(CANARY.slice(0, 20)))],
  [
    'derived keys',
    () =>
      inspect([deriveKeys(new Secret(`${CANARY}${CANARY}`)).for('session'), ring], {
        depth: 9,
        showHidden: true,
      }),
  ],
  [
    'a sealed field, and its maker',
    () => {
      const field = fields({ ring, random: systemRandom() }).field('accounts', 'phone')
      return inspect([field, field.seal('ann', CANARY), field.index(CANARY)], { depth: 9 })
    },
  ],
  [
    'the context of a request',
    () => new AsyncLocalStorage().run(holder, () => inspect(holder, { depth: 9 })),
  ],
  ['search parameters', () => `${new URLSearchParams({ key: secret as unknown as string })}`],
  ['a comparison that sorts', () => [secret, new Secret('a')].toSorted().join()],
]

test('there are at least thirty places', () => assert.ok(places.length >= 30))

for (const [place, show] of places) {
  test(`a secret does not come out of ${place}`, async () => {
    const shown = String(await show())
    assert.ok(shown.length > 0)
    for (const spelling of [CANARY, encodeURIComponent(CANARY), ...encoded(CANARY)]) {
      assert.ok(!shown.includes(spelling), `${place}: ${shown.slice(0, 200)}`)
    }
  })
}

test('whoever asks for it by name gets it', () => assert.equal(secret.reveal(), CANARY))

function encoded(text: string): string[] {
  const bytes = Buffer.from(text)
  return [bytes.toString('hex'), bytes.toString('base64url').slice(0, 24)]
}
