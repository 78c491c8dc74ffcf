import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { after, test } from 'node:test'
import express from 'express'
import Fastify from 'fastify'
import { assemble } from '../bulwark.ts'
import { client, until } from '../http/wire.test.kit.ts'
import { bulwark as onExpress } from './express/express.ts'
import { bulwark as onFastify } from './fastify/fastify.ts'
import { filled, type House, houses } from './house.test.kit.ts'
import { proxiedRawRows, type RawRow, rawRows } from './rows/raw.ts'

const ownHouses = await houses({
  mode: 'development',
  csrf: { trustedOrigins: ['https://friend.example'] },
})
const proxiedHouses = await houses({
  mode: 'production',
  origin: 'https://app.example',
  rootKey: randomBytes(32),
  trustedProxies: ['127.0.0.1'],
  doctor: {
    accept: {
      'store.memory': 'a test ends before anything is worth keeping',
      'audit.in-memory': 'a test ends before anything is worth keeping',
    },
  },
})
const all = [...ownHouses.values(), ...proxiedHouses.values()]
for (const { server, defences } of all) {
  // Whoever takes upgrades has the server in hand; a framework that has not is met at its first request.
  defences.harden(server)
  server.on('upgrade', (_message, socket) => {
    socket.end('HTTP/1.1 101 Switching Protocols\r\ncontent-length: 0\r\n\r\n')
  })
}
after(() => {
  for (const { server } of all) {
    server.closeAllConnections()
    server.close()
  }
})

interface Heard {
  readonly answers: readonly (readonly [status: number, says: string | undefined])[]
  /** Fields and body, one entry an answer. */
  readonly texts: readonly string[]
}

/** Answers in the order in which they came, each by its own length. */
function heard(text: string): Heard {
  const texts: string[] = []
  for (let rest = text; rest !== ''; ) {
    const head = rest.slice(0, rest.indexOf('\r\n\r\n') + 4)
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0)
    const isWhole = head.length > 4 && rest.length >= head.length
    if (!isWhole) break
    // What answers a HEAD tells the length of what it leaves out.
    const next = rest.slice(head.length)
    const size = next.startsWith('HTTP/1.1 ') || next === '' ? 0 : length
    texts.push(head + next.slice(0, size))
    rest = next.slice(size)
  }
  return {
    texts,
    answers: texts.map(one => [
      Number(/^HTTP\/1\.1 (\d{3})/.exec(one)?.[1]),
      /"code":"([^"]+)"/.exec(one)?.[1],
    ]),
  }
}

test('an Express application that listens by itself is guarded before its first request', async () => {
  const defences = await assemble({ mode: 'development' })
  const app = express()
  app.use(onExpress({ bulwark: defences }))
  const server = app.listen(0, '127.0.0.1')
  server.on('upgrade', (_message, socket) => socket.end('HTTP/1.1 101 Switched\r\n\r\n'))
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const handshake = 'GET / HTTP/1.1\nHost: localhost\nConnection: Upgrade\nUpgrade: websocket\n'
  const foreign = client(connect(port, '127.0.0.1'), `${handshake}Origin: https://evil.example\n\n`)
  assert.match(await foreign.closed, /^HTTP\/1\.1 403 /)
  server.close()
  await defences.close()
})

test('a Hono route that reads JSON where none came answers 400, and says that it is missing', async () => {
  const hono = ownHouses.get('hono')
  assert.ok(hono)
  const { port } = hono.server.address() as AddressInfo
  const answer = await fetch(`http://127.0.0.1:${port}/echo`, { method: 'POST' })
  assert.equal(answer.status, 400)
  assert.equal(((await answer.json()) as { code: string }).code, 'content.missing_body')
})

test('what Fastify’s router refuses by itself is refused in our words, and counted', async () => {
  const app = Fastify()
  const defences = await assemble({
    mode: 'development',
    throttle: { default: { by: 'address', limit: 2, windowSeconds: 60 } },
  })
  await app.register(onFastify, { bulwark: defences })
  app.get('/:id', { config: { access: { public: true } } }, async () => 'here')
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  const path = `/${'a'.repeat(101)}`
  for (const status of [414, 414, 429]) {
    const answer = await fetch(origin + path)
    const text = await answer.text()
    assert.equal(answer.status, status, text)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    assert.equal(answer.headers.get('content-type'), 'application/problem+json')
    assert.doesNotMatch(text, /aaa|FST_/)
  }
  await app.close()
})

const LAST = 'GET /open HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

async function tell({ server, given }: House, row: RawRow): Promise<Heard> {
  const { port } = server.address() as AddressInfo
  const { socket, closed, ...one } = client(connect(port, '127.0.0.1'))
  void one
  const text = filled(row.sends, given).replaceAll('\n', '\r\n').replaceAll('{lf}', '\n')
  let came = ''
  socket.on('data', chunk => {
    came += chunk
  })
  socket.write(text, 'latin1')
  if (row.fate === 'kept') {
    const answered = (): boolean => heard(came).texts.length >= row.answers.length
    await until(() => answered() || socket.destroyed, `${row.answers.length} answers have come`)
    socket.write(LAST)
  }
  return heard(await closed)
}

for (const [those, rows] of [
  [ownHouses, rawRows],
  [proxiedHouses, proxiedRawRows],
] as const) {
  for (const row of rows) {
    test(`${row.what}: ${row.answers.map(([status]) => status).join(', ')} and ${row.fate}, the same on every framework`, async () => {
      const last = row.fate === 'kept' ? [[200, undefined] as const] : []
      for (const [name, house] of those) {
        const { answers, texts } = await tell(house, row)
        assert.deepEqual(answers, [...row.answers, ...last], `${name}: ${texts.join('\n')}`)
        for (const one of texts) {
          assert.doesNotMatch(one, /smuggled|hunter2|^server:|^x-powered-by:/im, name)
          const isEnd =
            row.fate === 'closed' && one === texts.at(-1) && !row.sends.includes('HTTP/1.0')
          if (isEnd && !one.includes(' 101 ')) assert.match(one, /^connection: close/im, name)
          if (/^HTTP\/1\.1 [45]/.test(one)) assert.match(one, /^x-content-type-options: nosniff/im)
        }
      }
    })
  }
}
