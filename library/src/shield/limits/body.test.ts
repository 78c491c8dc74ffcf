import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { arriving, runs } from '../../http/arriving.test.kit.ts'
import { leaveUnread } from '../../http/linger.ts'
import { onWire, REFUSE, until } from '../../http/wire.test.kit.ts'
import type { Outcome } from '../../kernel/outcome.ts'
import { type BodyLimit, bodyBudget, declaredBody, readBody } from './body.ts'

const MIB = 1024 * 1024
const CODINGS = ['gzip', 'deflate', 'br', 'zstd']
const limit: BodyLimit = { maxBytes: MIB, maxRatio: 50, codings: CODINGS }
const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : outcome.refusal.code)

for (const [what, fields, code] of [
  ['no body', {}, undefined],
  ['a body just within', { 'content-length': String(MIB) }, undefined],
  ['a body without a length', { 'transfer-encoding': 'chunked' }, undefined],
  ['identity', { 'content-encoding': 'identity' }, undefined],
  ['gzip', { 'content-encoding': 'gzip' }, undefined],
  ['a byte too many', { 'content-length': String(MIB + 1) }, 'limits.declared_too_large'],
  ['a length that is none', { 'content-length': 'x' }, 'limits.declared_too_large'],
  ['a coding nobody knows', { 'content-encoding': 'compress' }, 'limits.coding'],
  ['gzip twice', { 'content-encoding': 'gzip, gzip' }, 'limits.coding'],
  ['gzip in capitals', { 'content-encoding': 'GZIP' }, 'limits.coding'],
] as readonly [string, Record<string, string>, string | undefined][]) {
  test(`${code === undefined ? 'lets through' : `answers ${code} to`} ${what}`, () => {
    const refusal = declaredBody(arriving('POST', fields), limit)
    assert.equal(refusal?.code, code)
    if (code === 'limits.coding')
      assert.equal(refusal?.headers?.['accept-encoding'], 'gzip, deflate, br, zstd')
  })
}

test('a body comes out as it went in, in whatever pieces, under whatever coding', async () => {
  const pack = {
    identity: (bytes: Buffer) => bytes,
    gzip: gzipSync,
    deflate: deflateSync,
    br: brotliCompressSync,
    zstd: zstdCompressSync,
  }
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 5000 }),
      fc.constantFrom(...(Object.keys(pack) as (keyof typeof pack)[])),
      fc.integer({ min: 1, max: 2000 }),
      async (bytes, coding, size) => {
        const packed = pack[coding](Buffer.from(bytes))
        const pieces = Array.from({ length: Math.ceil(packed.length / size) }, (_, at) =>
          packed.subarray(at * size, (at + 1) * size),
        )
        const budget = bodyBudget({ ...limit, maxRatio: 10_000 })
        const outcome = await readBody(Readable.from(pieces, { objectMode: false }), budget, coding)
        assert.ok(outcome.ok)
        assert.deepEqual(outcome.value, Buffer.from(bytes))
        assert.equal(budget.wireBytes, packed.length)
      },
    ),
    runs(50),
  )
})

for (const [coding, pack] of [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
] as const) {
  test(`a ${coding} bomb is refused, and never held`, async () => {
    const bomb = pack(Buffer.alloc(8 * MIB))
    const before = process.memoryUsage().arrayBuffers
    const outcome = await readBody(Readable.from([bomb]), bodyBudget(limit), coding)
    assert.ok(!outcome.ok)
    assert.match(outcome.refusal.code, /^limits\.(ratio|inflated_too_large)$/)
    assert.equal(outcome.refusal.status, 413)
    assert.ok(process.memoryUsage().arrayBuffers - before < 8 * MIB)
  })
}

test('what is inflated beyond the ratio is a bomb, even a small one; honest text is not', async () => {
  const read = (bytes: Buffer) =>
    readBody(Readable.from([gzipSync(bytes)]), bodyBudget(limit), 'gzip')
  assert.equal(codeOf(await read(Buffer.alloc(200_000))), 'limits.ratio')
  assert.equal(codeOf(await read(Buffer.alloc(60_000))), 'ok')
  const honest = Buffer.from(
    Array.from({ length: 9000 }, (_, at) => `line ${at * 7919}`).join('\n'),
  )
  assert.equal(codeOf(await read(honest)), 'ok')
})

for (const [what, bytes, code] of [
  ['no gzip at all', Buffer.from('hello'), 'limits.bad_coding'],
  ['cut gzip', gzipSync('hello, hello, hello').subarray(0, -9), 'limits.bad_coding'],
  ['nothing', Buffer.alloc(0), 'ok'],
] as const) {
  test(`${what} under the name of gzip is ${code}`, async () => {
    const outcome = await readBody(Readable.from([bytes]), bodyBudget(limit), 'gzip')
    if (bytes.length > 0) assert.equal(codeOf(outcome), code)
    else assert.match(codeOf(outcome), /^(ok|limits\.bad_coding)$/)
  })
}

test('a client that goes away in the middle is a refusal, not a fault', async () => {
  for (const leave of [
    (stream: PassThrough) => stream.destroy(),
    (stream: PassThrough) => stream.destroy(new Error('reset')),
  ]) {
    const stream = new PassThrough()
    const read = readBody(stream, bodyBudget(limit))
    stream.write('half')
    leave(stream)
    assert.equal(codeOf(await read), 'limits.aborted')
  }
})

test('one budget covers whatever is counted against it', () => {
  const budget = bodyBudget({ maxBytes: 100 })
  assert.equal(budget.wire(60), undefined)
  assert.equal(budget.inflated(100), undefined)
  assert.equal(budget.wire(41)?.code, 'limits.too_large')
  assert.equal(budget.inflated(1)?.code, 'limits.inflated_too_large')
  assert.deepEqual([budget.wireBytes, budget.inflatedBytes], [101, 101])
})

const PIECE = 'a'.repeat(64 * 1024)
const MANY = 55 * 16
const READER = (message: IncomingMessage, response: ServerResponse): void => {
  void readBody(message, bodyBudget(limit)).then(outcome => {
    assert.ok(!outcome.ok)
    response.shouldKeepAlive = false
    leaveUnread(message, response)
    REFUSE(message, response, outcome.refusal)
  })
}
const DEAF = (message: IncomingMessage, response: ServerResponse): void => {
  leaveUnread(message, response)
  REFUSE(message, response, { code: 'csrf.cross_site', says: 'csrf.refused', status: 403 })
}

for (const [what, listener, status, most] of [
  ['of a body over its budget', READER, 413, MIB + 65_536],
  ['of a refused request', DEAF, 403, 131_072],
] as const) {
  onWire(
    `${what}, 55 MB in chunks, little is read, and the answer arrives`,
    { listener },
    async wire => {
      let read = 0
      wire.server.on('connection', socket => {
        socket.on('close', () => {
          read = socket.bytesRead
        })
      })
      const { socket, closed } = wire.open(
        'POST / HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n',
      )
      for (let sent = 0; sent < MANY; sent++) socket.write(`10000\r\n${PIECE}\r\n`)
      const answer = await closed
      await until(() => read > 0, 'the server has closed as well')
      assert.match(
        answer,
        new RegExp(`^HTTP/1\\.1 ${status} .*connection: close.*"requestId"`, 'is'),
      )
      assert.ok(read <= most, `${read} bytes were read`)
    },
  )
}

onWire(
  'a small body that nobody reads does not cost the connection',
  { listener: DEAF },
  async wire => {
    const one = 'POST / HTTP/1.1\nHost: x\nContent-Length: 5\n\nhello'
    const both = wire.open(one + one)
    await until(() => both.text.match(/HTTP\/1\.1 403/g)?.length === 2, 'both are answered')
    assert.doesNotMatch(both.text, /connection: close/i)
    both.socket.destroy()
  },
)
