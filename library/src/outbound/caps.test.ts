import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { PUBLIC, policyOn, type Street, street } from './decoy.test.kit.ts'
import { type OutboundOptions, type OutboundPolicy, safeFetch } from './outbound.ts'

// What a hostile server may send, over real sockets: all of it has an end, and nobody waits for more.

let open: { street: Street; policy: OutboundPolicy } | undefined
afterEach(async () => {
  await open?.policy.close()
  await open?.street.close()
  open = undefined
})

type Answer = Parameters<typeof street>[0]

async function asked(
  answer: Answer,
  options: Partial<OutboundOptions> = {},
  init: { method?: string } = {},
): Promise<{ said: string; why: string; ms: number; body?: string; headers?: Headers }> {
  const at = await street(answer)
  const policy = policyOn(at, { 'a.example.net': [[PUBLIC]] }, options)
  open = { street: at, policy }
  const began = performance.now()
  const outcome = await safeFetch(`http://a.example.net:${at.port}/`, { policy, ...init })
  const ms = performance.now() - began
  if (!outcome.ok) return { said: outcome.refusal.code, why: outcome.refusal.why ?? '', ms }
  const { status, headers } = outcome.value
  return { said: String(status), why: '', ms, headers, body: await outcome.value.text() }
}

const raw = (talk: (socket: Socket) => void): Answer => ({
  raw: socket => socket.once('data', () => talk(socket)),
})

/** Writes `piece` again and again, as fast as it is taken. */
function flood(socket: Socket, piece: string | Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece)) {}
  }
  socket.on('drain', more)
  more()
}

for (const [coding, bomb] of [
  ['gzip', gzipSync(Buffer.alloc(64 << 20))],
  [
    'br',
    brotliCompressSync(Buffer.alloc(64 << 20), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  ],
  ['deflate', deflateSync(Buffer.alloc(64 << 20))],
] as const) {
  test(`a decompression bomb (${coding}) is cut at the cap for decoded bytes`, async () => {
    const before = process.memoryUsage.rss()
    const { said } = await asked((_request, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(bomb)
    })
    assert.equal(said, 'outbound.too_large')
    assert.ok(process.memoryUsage.rss() - before < 48 << 20, 'memory stays flat')
  })
}

for (const [what, headers] of [
  ['a chain of codings', { 'content-encoding': 'gzip, gzip' }],
  ['a coding nobody asked for', { 'content-encoding': 'zstd' }],
  ['a coding that is none', { 'content-encoding': 'utf-8' }],
  ['two coding headers', { 'content-encoding': ['gzip', 'br'] }],
  ['a body that does not decode', { 'content-encoding': 'gzip' }],
] as const) {
  test(`${what} is refused`, async () => {
    const { said } = await asked((_request, response) => {
      response.writeHead(200, headers as Record<string, string>).end('no such coding')
    })
    assert.equal(said, 'outbound.coding')
  })
}

for (const [coding, encode] of [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['GZIP', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['identity', (text: string) => text],
] as const) {
  test(`a body in ${coding} by ${encode.name || 'nobody'} arrives decoded`, async () => {
    const { body, headers } = await asked((_request, response) => {
      response.writeHead(200, { 'content-encoding': coding }).end(encode('hello, hello, hello'))
    })
    assert.equal(body, 'hello, hello, hello')
    if (coding !== 'identity') assert.equal(headers?.get('content-encoding'), null)
  })
}

test('an endless body is cut at the cap', async () => {
  const { said } = await asked(
    raw(socket => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      flood(socket, Buffer.alloc(65_536))
    }),
  )
  assert.equal(said, 'outbound.too_large')
})

test('an endless body in chunks of one byte is cut, and does not cost memory by the chunk', async () => {
  const before = process.memoryUsage().heapUsed
  const { said } = await asked(
    raw(socket => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
      flood(socket, '1\r\nx\r\n'.repeat(4096))
    }),
    { maxBodyBytes: 262_144 },
  )
  assert.equal(said, 'outbound.too_large')
  assert.ok(process.memoryUsage().heapUsed - before < 48 << 20)
})

test('a body that announces more than the cap is refused before it comes', async () => {
  const { said, why } = await asked(
    raw(socket => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n')),
  )
  assert.equal(said, 'outbound.too_large')
  assert.match(why, /announces 99999999/)
})

test('a HEAD answer may announce any length', async () => {
  const { said } = await asked(
    raw(socket => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n')),
    {},
    { method: 'HEAD' },
  )
  assert.equal(said, '200')
})

test('a body of exactly the cap arrives; one byte more does not', async () => {
  const cap = { maxBodyBytes: 1000 }
  const body = (length: number): Answer => {
    return (_request, response) => void response.end('x'.repeat(length))
  }
  assert.equal((await asked(body(1000), cap)).body?.length, 1000)
  await open?.policy.close()
  await open?.street.close()
  assert.equal((await asked(body(1001), cap)).said, 'outbound.too_large')
})

test('a body in many pieces arrives whole', async () => {
  const pieces = Array.from({ length: 200 }, (_, at) => `${at},`.repeat(at % 7))
  const { body } = await asked((_request, response) => {
    for (const piece of pieces) response.write(piece)
    response.end()
  })
  assert.equal(body, pieces.join(''))
})

test('a byte now and then is cut by the total deadline', async () => {
  const { said, ms } = await asked(
    raw(socket => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
      const drip = setInterval(() => socket.write('x'), 20)
      socket.on('close', () => clearInterval(drip))
    }),
    { totalMs: 150 },
  )
  assert.equal(said, 'outbound.timeout')
  assert.ok(ms >= 149 && ms < 1000, `after ${ms} ms`)
})

test('a header line now and then is cut by the first-byte deadline', async () => {
  const { said, why } = await asked(
    raw(socket => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const drip = setInterval(() => socket.write('x-y: z\r\n'), 20)
      socket.on('close', () => clearInterval(drip))
    }),
    { firstByteMs: 100 },
  )
  assert.equal(said, 'outbound.timeout')
  assert.match(why, /100 ms/)
})

test('interim responses for ever do not count as the first byte', async () => {
  const { said, why } = await asked(
    raw(socket => {
      const drip = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 5)
      socket.on('close', () => clearInterval(drip))
    }),
    { firstByteMs: 100 },
  )
  assert.equal(said, 'outbound.timeout')
  assert.match(why, /100 ms/)
})

test('silence is cut by the first-byte deadline', async () => {
  const { said } = await asked(
    raw(() => {}),
    { firstByteMs: 80 },
  )
  assert.equal(said, 'outbound.timeout')
})

test('a name server that never answers is cut by the lookup deadline', async () => {
  const at = await street((_request, response) => response.end())
  const policy = policyOn(at, {}, { lookupMs: 60 }, { resolve: () => new Promise(() => {}) })
  open = { street: at, policy }
  const outcome = await safeFetch(`http://a.example.net:${at.port}/`, { policy })
  assert.equal(outcome.ok ? '' : outcome.refusal.code, 'outbound.timeout')
  assert.match(outcome.ok ? '' : (outcome.refusal.why ?? ''), /lookup/)
})

test('endless redirects end after the most allowed, and a slow chain by the total deadline', async () => {
  let requests = 0
  const endless: Answer = (_request, response) => {
    requests++
    response.writeHead(302, { location: `/${requests}` }).end('x'.repeat(100_000))
  }
  assert.equal((await asked(endless)).said, 'outbound.redirects')
  assert.equal(requests, 6)
  await open?.policy.close()
  await open?.street.close()
  const slow: Answer = (_request, response) => {
    setTimeout(() => response.writeHead(302, { location: '/again' }).end(), 40)
  }
  assert.equal((await asked(slow, { totalMs: 120, maxRedirects: 20 })).said, 'outbound.timeout')
})

test('headers over the cap are refused', async () => {
  const { said } = await asked(
    raw(socket => {
      socket.write('HTTP/1.1 200 OK\r\n')
      flood(socket, `x-y: ${'z'.repeat(1000)}\r\n`)
    }),
  )
  assert.equal(said, 'outbound.too_large')
})

for (const [what, bytes] of [
  ['what is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['a Redis error', '-ERR unknown command\r\n'],
  ['nothing at all', ''],
  ['half an answer', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
  [
    'length and chunks',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
] as const) {
  test(`${what} is refused without repeating it`, async () => {
    const { said, why } = await asked(raw(socket => socket.end(bytes)))
    assert.equal(said, 'outbound.network')
    assert.doesNotMatch(why, /SSH|ERR unknown|half/)
  })
}

test('two Locations are refused', async () => {
  const { said } = await asked(
    raw(socket => void socket.end('HTTP/1.1 302 Found\r\nlocation: /a\r\nlocation: /b\r\n\r\n')),
  )
  assert.equal(said, 'outbound.redirects')
})
