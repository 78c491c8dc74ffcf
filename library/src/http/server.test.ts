import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import { connect } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { testClock } from '../kernel/clock.ts'
import { ConfigFault } from '../kernel/fault.ts'
import { hardenServer } from './server.ts'
import { client, onWire, REFUSE, until, type Wire } from './wire.test.kit.ts'

const GET = 'GET / HTTP/1.1\nHost: x\n\n'
const SLOW_BODY = 'POST / HTTP/1.1\nHost: x\nContent-Length: 100000\n\nabc'
const endless = { listener: () => undefined }
const MEGABYTES = Buffer.alloc(32 * 1024 * 1024)
const generous = {
  listener: (_: unknown, response: { end(body: Buffer): void }) => response.end(MEGABYTES),
}

const arrived = (wire: Wire, sockets: number): Promise<void> =>
  until(() => wire.hardened.sockets === sockets, `${sockets} sockets are open`)

function pass(wire: Wire, seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    wire.clock.advance(1000)
    wire.hardened.sweep()
  }
}

onWire(
  'who drips a header section is cut with 408 after ten seconds, not before',
  {},
  async wire => {
    const slow = wire.open('GET / HTTP/1.1\nHost')
    await arrived(wire, 1)
    await until(() => slow.socket.bytesWritten > 0, 'the first bytes are out')
    await new Promise(resolve => setTimeout(resolve, 20))
    pass(wire, 10)
    assert.equal(wire.cuts.length, 0)
    pass(wire, 1)
    const text = await slow.closed
    assert.match(
      text,
      /^HTTP\/1\.1 408 Request Timeout\r\ncontent-type: application\/problem\+json/,
    )
    assert.match(text, /connection: close/)
    assert.match(text, /"code":"server\.too_slow"/)
    assert.equal(wire.cuts[0]?.code, 'server.slow_headers')
  },
)

onWire('a connection that says nothing is closed without a word', {}, async wire => {
  const silent = wire.open()
  await arrived(wire, 1)
  pass(wire, 11)
  assert.equal(await silent.closed, '')
})

onWire('who drips a body is cut with 408, whatever the handler does', endless, async wire => {
  const slow = wire.open(SLOW_BODY)
  await arrived(wire, 1)
  await until(() => slow.socket.bytesWritten > 0, 'the first bytes are out')
  await new Promise(resolve => setTimeout(resolve, 20))
  pass(wire, 5)
  assert.equal(wire.cuts.length, 0)
  slow.send('d')
  pass(wire, 1)
  assert.match(await slow.closed, /^HTTP\/1\.1 408 /)
  assert.equal(wire.cuts[0]?.code, 'server.slow_body')
})

onWire('who drips the second request of a connection is cut like the first', {}, async wire => {
  const slow = wire.open(GET)
  await until(() => slow.text.includes('served'), 'the first request is served')
  pass(wire, 1)
  slow.send('GET / HT')
  await new Promise(resolve => setTimeout(resolve, 20))
  pass(wire, 9)
  slow.send('TP')
  pass(wire, 2)
  assert.match(await slow.closed, /served.*HTTP\/1\.1 408 /s)
})

onWire('who does not read the answer is cut', generous, async wire => {
  const slow = wire.open()
  slow.socket.pause()
  slow.send(GET)
  await arrived(wire, 1)
  await until(() => slow.socket.bytesWritten > 0, 'the request is out')
  await new Promise(resolve => setTimeout(resolve, 50))
  pass(wire, 11)
  assert.equal(wire.cuts.length, 0, 'a large answer gets time by its size')
  pass(wire, 32 * 1024 * 1.1)
  assert.equal(wire.cuts[0]?.code, 'server.slow_reader')
  slow.socket.destroy()
})

onWire('who reads at a fair pace is left in peace', generous, async wire => {
  const fair = wire.open(GET)
  await until(() => {
    pass(wire, 5)
    return fair.text.length > MEGABYTES.length
  }, 'all has been read')
  assert.equal(wire.cuts.length, 0)
  fair.socket.destroy()
})

for (const [what, extra, lasts] of [
  ['a body that comes steadily but for too long is cut', 0, 30],
  ['an upload that was given time may take it, at the minimum rate', 60, 90],
] as const) {
  const listener = (message: IncomingMessage): void => {
    message.on('data', () => undefined)
  }
  onWire(what, { listener }, async wire => {
    wire.server.prependListener('request', message => wire.hardened.extend(message, extra))
    const slow = wire.open(SLOW_BODY)
    await arrived(wire, 1)
    for (let second = 0; second < lasts; second++) {
      slow.send('x'.repeat(700))
      await new Promise(resolve => setTimeout(resolve, 4))
      pass(wire, 1)
    }
    assert.equal(wire.cuts.length, 0)
    pass(wire, 1)
    assert.equal(wire.cuts[0]?.code, 'server.slow_body')
  })
}

onWire(
  'an upload that was given time and stops is cut',
  { listener: message => void message.resume() },
  async wire => {
    wire.server.prependListener('request', message => wire.hardened.extend(message, 600))
    wire.open(SLOW_BODY)
    await arrived(wire, 1)
    await new Promise(resolve => setTimeout(resolve, 20))
    pass(wire, 6)
    assert.equal(wire.cuts[0]?.code, 'server.slow_body')
  },
)

onWire('a slow handler is not the client’s fault', endless, async wire => {
  const waiting = wire.open(GET)
  await arrived(wire, 1)
  await new Promise(resolve => setTimeout(resolve, 20))
  pass(wire, 600)
  assert.equal(wire.cuts.length, 0)
  waiting.socket.destroy()
})

onWire(
  'a body that we do not take off the socket is not the client’s fault',
  {
    listener: message => {
      message.pause()
    },
  },
  async wire => {
    const waiting = wire.open(SLOW_BODY)
    await arrived(wire, 1)
    await new Promise(resolve => setTimeout(resolve, 20))
    pass(wire, 29)
    assert.equal(wire.cuts.length, 0)
    waiting.socket.destroy()
  },
)

const THOROUGH = process.env['THOROUGH'] === '1'
const CROWD = THOROUGH ? 1000 : 200

onWire(
  `${CROWD} slow connections of all kinds are gone in one sweep, and friends are served`,
  {
    limits: { maxSockets: 5000 },
    listener: (message, response) => {
      if (message.url === '/big') response.end(MEGABYTES)
      else if (message.method === 'GET') response.end('served')
    },
  },
  async wire => {
    const before = process.memoryUsage.rss()
    const kinds = ['GET / HTTP/1.1\nHost: x\nX-', SLOW_BODY, 'GET /big HTTP/1.1\nHost: x\n\n']
    const crowd = Array.from({ length: CROWD }, (_, at) => {
      const one = wire.open(kinds[at % 3])
      if (at % 3 === 2) one.socket.pause()
      return one
    })
    await arrived(wire, CROWD)
    const friend = wire.open('GET / HTTP/1.1\nHost: x\nConnection: close\n\n')
    assert.match(await friend.closed, /served$/)
    await until(() => crowd.every(({ socket }) => socket.bytesWritten > 0), 'all have begun')
    await new Promise(resolve => setTimeout(resolve, 50))
    pass(wire, 11)
    const senders = crowd.filter((_, at) => at % 3 !== 2)
    const answers = await Promise.all(senders.map(({ closed }) => closed))
    assert.ok(answers.every(text => text.startsWith('HTTP/1.1 408 ')))
    // Readers get time by the size of what they asked for: 32 MiB at 1000 bytes a second.
    wire.clock.advance(34_000_000)
    wire.hardened.sweep()
    await until(() => wire.hardened.sockets === 0, 'nobody is left')
    assert.equal(wire.cuts.length, CROWD)
    // The crowd itself lives in this process too, and is the larger half.
    assert.ok(process.memoryUsage.rss() - before < 96 * 1024 * 1024)
    for (const { socket } of crowd) socket.destroy()
  },
)

onWire(
  'one address may not take all connections',
  {
    limits: { maxSocketsPerAddress: 3 },
    exemptAddress: () => false,
  },
  async wire => {
    const three = [wire.open('G'), wire.open('G'), wire.open('G')]
    await arrived(wire, 3)
    assert.equal(await wire.open(GET).closed, '')
    three[0]?.socket.destroy()
    await arrived(wire, 2)
    const fourth = wire.open(GET)
    await until(() => fourth.text.includes('served'), 'the place is free again')
  },
)

onWire(
  'the guard comes before listeners that were there first, and later ones',
  {
    listener: (_, response) => response.end('first'),
    guard: {
      judge: message =>
        message.url === '/refused' ? { code: 'a.b', says: 'a.b', status: 418 } : undefined,
      answer: REFUSE,
    },
  },
  async wire => {
    const heard: (string | undefined)[] = []
    wire.server.on('request', message => heard.push(message.url))
    const other = wire.open(
      'GET /refused HTTP/1.1\nHost: x\n\nGET /served HTTP/1.1\nHost: x\nConnection: close\n\n',
    )
    assert.match(await other.closed, /^HTTP\/1\.1 418 .*"code":"a\.b".*first/s)
    assert.deepEqual(heard, ['/served'])
  },
)

onWire(
  'a refused message ends its connection when it must, and only then',
  {
    guard: {
      judge: message => ({
        code: 'a.b',
        says: 'a.b',
        status: 400,
        close: message.url === '/broken',
      }),
      answer: REFUSE,
    },
  },
  async wire => {
    const kept = wire.open(GET + GET)
    await until(() => kept.text.match(/HTTP\/1\.1 400/g)?.length === 2, 'both are answered')
    kept.socket.destroy()
    assert.match(await wire.open(GET.replace('/', '/broken')).closed, /connection: close/i)
    const large = 'POST / HTTP/1.1\nHost: x\nContent-Length: 100000\n\nabc'
    assert.match(
      await wire.open(large).closed,
      /^HTTP\/1\.1 400 .*connection: close.*"requestId"/is,
    )
  },
)

const UPGRADE = 'GET /live HTTP/1.1\nHost: x\nConnection: Upgrade\nUpgrade: '
onWire(
  'an upgrade is judged by the same guard, and only WebSocket gets through',
  {
    guard: {
      judge: message =>
        message.headers['origin'] === 'https://evil.test'
          ? { code: 'csrf.cross_site', says: 'csrf.refused', status: 403 }
          : undefined,
      answer: REFUSE,
    },
  },
  async wire => {
    wire.server.on('upgrade', (_message, socket) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
    )
    assert.match(await wire.open(`${UPGRADE}websocket\n\n`).closed, /^HTTP\/1\.1 101 /)
    assert.match(
      await wire.open(`${UPGRADE}websocket\nOrigin: https://evil.test\n\n`).closed,
      /^HTTP\/1\.1 403 .*csrf\.refused/s,
    )
    assert.match(await wire.open(`${UPGRADE}h2c\n\n`).closed, /^HTTP\/1\.1 400 /)
    assert.deepEqual(
      wire.cuts.map(cut => cut.code),
      ['csrf.cross_site', 'server.upgrade'],
    )
  },
)

onWire(
  'a handshake is judged besides by what no route behind the guard will ask',
  {
    guard: {
      judge: () => undefined,
      judgeUpgrade: message =>
        message.headers.origin === undefined
          ? { code: 'csrf.unknown_origin', says: 'csrf.refused', status: 403 }
          : undefined,
      answer: REFUSE,
    },
  },
  async wire => {
    wire.server.on('upgrade', (_message, socket) => socket.end('HTTP/1.1 101 Switched\r\n\r\n'))
    assert.match(await wire.open(`${UPGRADE}websocket\n\n`).closed, /^HTTP\/1\.1 403 /)
    const ours = wire.open(`${UPGRADE}websocket\nOrigin: http://x\n\n`)
    assert.match(await ours.closed, /^HTTP\/1\.1 101 /)
  },
)

const guarded = { guard: { judge: () => undefined, answer: REFUSE } }
const later = {
  ...guarded,
  listener: (_message: IncomingMessage, response: ServerResponse) =>
    void setImmediate(() => setImmediate(() => response.end('served'))),
}

onWire('a tunnel is refused even where somebody waits for one', guarded, async wire => {
  wire.server.on('connect', (_message, socket) => socket.end('HTTP/1.1 200 Tunnel\r\n\r\n'))
  assert.match(
    await wire.open('CONNECT x:443 HTTP/1.1\nHost: x\n\n').closed,
    /^HTTP\/1\.1 400 .*"code":"server\.malformed"/s,
  )
})

onWire('an expectation that nobody knows is refused in our words', guarded, async wire => {
  const odd = wire.open('GET / HTTP/1.1\nHost: x\nExpect: a miracle\n\n')
  assert.match(await odd.closed, /^HTTP\/1\.1 417 .*"code":"server\.expectation"/s)
})

onWire(
  'answers come in the order of their requests, also to what cannot be read',
  later,
  async wire => {
    const both = await wire.open(`${GET}${GET}\0\n\n`).closed
    assert.match(both, /^HTTP\/1\.1 200 .*?served.*?HTTP\/1\.1 200 .*?served.*?HTTP\/1\.1 400 /s)
    assert.equal(both.match(/HTTP\/1\.1 /g)?.length, 3)
  },
)

onWire('a broken body behind a request still at work is cut without a word', later, async wire => {
  const broken = `POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\nzz\n`
  assert.doesNotMatch(await wire.open(GET + broken).closed, /^HTTP\/1\.1 400 /)
  assert.equal(wire.cuts[0]?.code, 'server.malformed')
})

onWire('no handshake takes the place of an answer that is owed', later, async wire => {
  wire.server.on('upgrade', (_message, socket) => socket.end('HTTP/1.1 101 Switched\r\n\r\n'))
  assert.doesNotMatch(await wire.open(`${GET}${UPGRADE}websocket\n\n`).closed, / 101 /)
  assert.equal(wire.cuts[0]?.code, 'server.upgrade')
})

onWire('an upgraded connection is nobody’s slow request', {}, async wire => {
  wire.server.on('upgrade', (_message, socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
  )
  const open = wire.open(`${UPGRADE}websocket\n\n`)
  await until(() => open.text.includes('101'), 'it is upgraded')
  pass(wire, 600)
  assert.equal(wire.cuts.length, 0)
  open.socket.destroy()
})

test('a limit that would switch itself off stops the start', () => {
  for (const limits of [
    { headersSeconds: 0 },
    { maxSockets: -1 },
    { requestSeconds: Number.NaN },
  ]) {
    assert.throws(() => hardenServer(createServer(), { requestId: () => 'r', limits }), ConfigFault)
  }
})

test('a server that listens already is hardened all the same', async () => {
  const clock = testClock(0)
  const server = createServer((_, response) => response.end('served')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const hardened = hardenServer(server, { requestId: () => 'r', clock })
  const slow = client(connect((server.address() as { port: number }).port, '127.0.0.1'), 'GET / H')
  await until(() => hardened.sockets === 1, 'it is connected')
  clock.advance(11_000)
  hardened.sweep()
  await slow.closed
  server.close()
})

// A key known to both sides beforehand: TLS without a certificate, so none has to lie around.
const psk = Buffer.alloc(32, 7)
const PSK = { ciphers: 'PSK-AES256-GCM-SHA384', maxVersion: 'TLSv1.2' } as const

test('under TLS, who never finishes the handshake is cut, and who drips a header too', async () => {
  const clock = testClock(0)
  const server = createTlsServer({ ...PSK, pskCallback: () => psk }, (_, response) => {
    response.end('served')
  })
  const hardened = hardenServer(server, { requestId: () => 'r', clock })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const secure = (text: string) =>
    client(
      connectTls({
        ...PSK,
        port,
        host: '127.0.0.1',
        pskCallback: () => ({ psk, identity: 'test' }),
        checkServerIdentity: () => undefined,
      }),
      text,
    )
  const mute = client(connect(port, '127.0.0.1'))
  await until(() => hardened.sockets === 1, 'it is connected')
  const slow = secure('GET / H')
  const friend = secure('GET / HTTP/1.1\nHost: x\nConnection: close\n\n')
  assert.match(await friend.closed, /served$/)
  await until(() => hardened.sockets === 2, 'handshakes are over and the friend is gone')
  await new Promise(resolve => setTimeout(resolve, 50))
  clock.advance(11_000)
  hardened.sweep()
  assert.equal(await mute.closed, '')
  assert.match(await slow.closed, /^HTTP\/1\.1 408 /)
  server.close()
})

test('a session of HTTP/2 in clear text outlasts every header, and is counted by its address', async () => {
  const clock = testClock(0)
  const server = createHttp2Server((_, response) => response.end('served'))
  const hardened = hardenServer(server as unknown as Server, {
    requestId: () => 'r',
    clock,
    limits: { maxSocketsPerAddress: 1 },
    exemptAddress: () => false,
    ...guarded,
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const session = connectHttp2(`http://127.0.0.1:${port}`)
  for (let again = 0; again < 2; again++) {
    const stream = session.request({ ':path': '/' })
    const [answer] = await once(stream, 'response')
    assert.equal(answer[':status'], 200)
    await once(stream.resume(), 'close')
    clock.advance(600_000)
    hardened.sweep()
  }
  assert.equal(await client(connect(port, '127.0.0.1'), 'PRI').closed, '')
  session.destroy()
  server.close()
})
