import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, mock, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { Client } from '../testing/browserless.ts'
import { freePort, PASSWORD } from '../testing/running.ts'
import type { Idle } from './soak.child.test.kit.ts'

const ENDPOINTS = 5
const ORDERS = 400
const DELIVERIES = ENDPOINTS * ORDERS
/** Longer than a lease, and than the pauses after a first, second and third failure. */
const TURN_MS = 600_000

// A killed process loses nothing that it handed to the system, so memory will do for a disk.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'bulwark-soak-'))
const port = await freePort()
const receiverPort = await freePort()
const origin = `http://localhost:${port}`
let child: ChildProcess | undefined
after(() => {
  child?.kill('SIGKILL')
  sleep()
  rmSync(folder, { recursive: true, force: true })
})

/** How far the clock of the service is turned, now and before the last turn. */
let [turned, turnedBefore] = [0, 0]
const bell = new EventEmitter()
bell.setMaxListeners(0)

async function start(): Promise<void> {
  child = fork(join(import.meta.dirname, 'soak.child.test.kit.ts'), [], {
    execArgv: ['--conditions=bulwark:source'],
    env: {
      ...process.env,
      NODE_ENV: '',
      PORT: String(port),
      BULWARK_DATA: folder,
      BULWARK_OUTBOUND_ALLOW: '127.0.0.1/32',
      BULWARK_OUTBOUND_PORTS: String(receiverPort),
      TURNED_MS: String(turned),
    },
  })
  const listening = Promise.withResolvers<void>()
  child.on('message', (said: 'listening' | Idle) => {
    if (said === 'listening') listening.resolve()
    else bell.emit('idle', said)
  })
  child.once('exit', () => listening.reject(new Error('it ended before it listened')))
  await listening.promise
}

let kills = 0

async function killAndStart(): Promise<void> {
  const gone = once(child ?? assert.fail(), 'exit')
  child?.kill('SIGKILL')
  await gone
  kills += 1
  await start()
  bell.emit('started')
}

/** Endpoint and order of every delivery that the receiver has said yes to, and how often. */
const delivered = new Map<string, number>()
const secrets: Webhook[] = []
const unbelievable: string[] = []
const seen = { failed: 0, died: 0, held: 0, hung: 0 }
const tries = new Map<string, number>()
const held = new Set<ServerResponse>()
let mood: 'usual' | 'holds' = 'usual'
let stillHangs = 0

/** The receiver's library, by the clock that the service goes by; a turn may come in between. */
function believes(path: number, body: string, headers: Record<string, string>): boolean {
  return [turned, turnedBefore].some(by => {
    const real = Date.now()
    const turnedClock = mock.method(Date, 'now', () => real + by)
    try {
      secrets[path]?.verify(body, headers)
      return true
    } catch {
      return false
    } finally {
      turnedClock.mock.restore()
    }
  })
}

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString()
  const path = Number(request.url?.slice(1))
  if (!believes(path, body, request.headers as Record<string, string>)) unbelievable.push(body)
  const id = String(request.headers['webhook-id'])
  const attempt = (tries.get(id) ?? 0) + 1
  tries.set(id, attempt)
  const fate = createHash('sha256').update(id).digest().readUInt8()
  if (mood === 'holds') {
    seen.held += 1
    held.add(response)
    bell.emit('held')
  } else if (stillHangs > 0) {
    stillHangs -= 1
    seen.hung += 1
    held.add(response)
    response.once('close', () => held.delete(response))
  } else if (fate < 64 && attempt <= 1 + (fate % 3)) {
    seen.failed += 1
    response.writeHead([500, 503, 302][fate % 3] ?? 500).end()
  } else if (fate > 240 && attempt <= 1) {
    seen.died += 1
    request.socket.destroy()
  } else {
    const order = `${path} ${JSON.parse(body).data.id}`
    delivered.set(order, (delivered.get(order) ?? 0) + 1)
    response.writeHead(204).end(() => bell.emit('delivered'))
  }
}

let receiver: Server | undefined

async function wake(): Promise<void> {
  receiver = createServer((request, response) => {
    receive(request, response).catch(() => undefined)
  })
  receiver.listen(receiverPort, '127.0.0.1')
  await once(receiver, 'listening')
}

function sleep(): void {
  receiver?.closeAllConnections()
  receiver?.close()
}

async function deliveredAtLeast(count: number): Promise<void> {
  while (delivered.size < count) await once(bell, 'delivered')
}

/** When nothing is due, turns the clock on until what is next is due, and what comes soon after it. */
function turnWhenIdle({ now, waiting, oldestRunAt = now }: Idle): void {
  if (waiting === 0) bell.emit('done')
  if (waiting === 0 || held.size > 0) return
  const by = Math.max(0, oldestRunAt - now) + TURN_MS
  ;[turnedBefore, turned] = [turned, turned + by]
  child?.send(by)
}

async function customer(): Promise<Client> {
  const ann = new Client(origin)
  await ann.post('/auth/register', { email: 'ann@example.com', password: PASSWORD })
  let token: string | undefined
  while (token === undefined) {
    const [mail] = (await ann.get('/dev/outbox')).json as { text: string }[]
    token = /#token=([\w-]+)/.exec(mail?.text ?? '')?.[1]
  }
  await ann.post('/auth/verify-email', { token })
  const { status } = await ann.post('/auth/login', { email: 'ann@example.com', password: PASSWORD })
  assert.equal(status, 200)
  return ann
}

test(`${DELIVERIES} deliveries arrive though the receiver fails, hangs and dies and we are killed three times`, {
  timeout: 120_000,
}, async () => {
  await wake()
  await start()
  const ann = await customer()
  for (let i = 0; i < ENDPOINTS; i++) {
    const url = `http://127.0.0.1:${receiverPort}/${i}`
    const made = await ann.post('/api/webhooks', { url, events: ['order.created'] })
    assert.equal(made.status, 201, made.text)
    secrets.push(new Webhook(made.json.secret))
  }

  const acknowledged: string[] = []
  let asked = 0
  const ordering = Array.from({ length: 4 }, async () => {
    while (acknowledged.length + asked < ORDERS) {
      asked += 1
      const started = once(bell, 'started')
      const answer = await ann
        .post('/api/orders', { item: 'x', quantity: 1 })
        .catch(() => undefined)
      asked -= 1
      if (answer === undefined) await started
      else if (answer.status === 201) acknowledged.push(answer.json.id)
      else assert.fail(answer.text)
    }
  })

  await deliveredAtLeast(DELIVERIES / 8)
  await killAndStart()

  await deliveredAtLeast(DELIVERIES / 4)
  mood = 'holds'
  while (held.size < 10) await once(bell, 'held')
  await killAndStart()
  mood = 'usual'
  held.clear()
  await Promise.all(ordering)

  bell.on('idle', turnWhenIdle)
  await deliveredAtLeast(DELIVERIES / 2)
  sleep()
  await once(bell, 'idle')
  await wake()

  stillHangs = 3
  await deliveredAtLeast((DELIVERIES * 3) / 4)
  await killAndStart()
  await once(bell, 'done')

  const forgotten = acknowledged.flatMap(id =>
    Array.from({ length: ENDPOINTS }, (_, i) => `${i} ${id}`).filter(key => !delivered.has(key)),
  )
  assert.deepEqual(forgotten, [])
  assert.deepEqual(unbelievable, [])
  assert.ok(acknowledged.length >= ORDERS && delivered.size >= DELIVERIES)
  assert.equal(kills, 3)
  assert.ok(
    Object.values(seen).every(count => count > 0),
    JSON.stringify(seen),
  )
  sleep()
})
