import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { until } from '../http/wire.test.kit.ts'
import { type House, houses } from './house.test.kit.ts'

const MIB = 1024 * 1024
const SENT = 55 * MIB
const MOST = MIB + 65_536
const PIECE = Buffer.alloc(64 * 1024, 'a')

const all = await houses({
  mode: 'development',
  limits: { body: { json: MIB, multipart: MIB } },
})
after(() => {
  for (const { server } of all.values()) {
    server.closeAllConnections()
    server.close()
  }
})

interface Flood {
  readonly answer: string
  /** Bytes that the server has taken off the socket. */
  readonly read: number
  /** Whether the client saw an orderly end, no reset. */
  readonly isOrderly: boolean
}

/** Sends `head` and then pieces, as fast as they are taken, until all are out or the server has closed. */
async function flood({ server }: House, head: string, chunked: boolean): Promise<Flood> {
  const { port } = server.address() as AddressInfo
  const peer = once(server, 'connection')
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const [taken] = (await peer) as [Socket]
  let answer = ''
  let isReset = false
  let ended = false
  socket.setEncoding('latin1')
  socket.on('data', text => {
    answer += text
  })
  socket.on('error', () => {
    isReset = true
  })
  socket.on('end', () => {
    ended = true
  })
  socket.write(head.replaceAll('\n', '\r\n'))
  const piece = chunked
    ? Buffer.concat([Buffer.from(`${PIECE.length.toString(16)}\r\n`), PIECE, Buffer.from('\r\n')])
    : PIECE
  for (let sent = 0; sent < SENT && !ended && !isReset; sent += PIECE.length) {
    if (!socket.write(piece)) {
      await Promise.race([once(socket, 'drain'), once(socket, 'end'), once(socket, 'close')])
    }
  }
  await until(() => ended || isReset, 'the server has closed its half')
  const isOrderly = ended && !isReset
  socket.destroy()
  await until(() => taken.destroyed, 'the server has let go of it')
  return { answer, read: taken.bytesRead, isOrderly }
}

const H = 'Host: localhost\n'
const FORM = 'Content-Type: multipart/form-data; boundary=x\n'
const PART =
  '--x\nContent-Disposition: form-data; name="file"; filename="a.txt"\nContent-Type: text/plain\n\n'
const partHead = `${PART.replaceAll('\n', '\r\n').length.toString(16)}\n${PART}\n`
const JSON_TYPE = 'Content-Type: application/json\n'
const CHUNKED = 'Transfer-Encoding: chunked\n\n'
const DECLARED = `Content-Length: ${SENT}\n\n`

for (const [what, head, chunked] of [
  ['JSON in chunks', `POST /echo HTTP/1.1\n${H}${JSON_TYPE}${CHUNKED}1\n"\n`, true],
  ['JSON by its length', `POST /echo HTTP/1.1\n${H}${JSON_TYPE}${DECLARED}"`, false],
  [
    'multipart in chunks, which the route reads by itself',
    `POST /parts HTTP/1.1\n${H}${FORM}${CHUNKED}${partHead}`,
    true,
  ],
  ['multipart by its length', `POST /parts HTTP/1.1\n${H}${FORM}${DECLARED}${PART}`, false],
] as const) {
  test(`55 MB of ${what} against 1 MiB: 413, closed in order, no more read, on every framework`, async () => {
    const floods = [...all].map(async ([name, house]) => {
      const { answer, read, isOrderly } = await flood(house, head, chunked)
      assert.match(answer, /^HTTP\/1\.1 413 .*"code":"limits\.too_large"/s, `${name}: ${answer}`)
      assert.match(answer, /^connection: close/im, name)
      assert.ok(isOrderly, `${name}: the connection was reset`)
      assert.ok(read <= MOST, `${name}: ${read} bytes were read`)
    })
    await Promise.all(floods)
  })
}

test('a gzip bomb of 55 MB in 55 KB is 413 on every framework', async () => {
  const bomb = gzipSync(Buffer.alloc(SENT, 'a'), { level: 9 })
  for (const [name, { server }] of all) {
    const { port } = server.address() as AddressInfo
    const answer = await fetch(`http://127.0.0.1:${port}/echo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: bomb,
    })
    assert.equal(answer.status, 413, name)
    assert.equal(((await answer.json()) as { code: string }).code, 'limits.too_large', name)
  }
})

test('multipart within its budget is read to its end on every framework', async () => {
  const form = new FormData()
  form.set('file', new Blob([Buffer.alloc(MIB - 1024)]), 'a.bin')
  for (const [name, { server }] of all) {
    const { port } = server.address() as AddressInfo
    const answer = await fetch(`http://127.0.0.1:${port}/parts`, { method: 'POST', body: form })
    assert.equal(answer.status, 200, name)
    assert.ok(((await answer.json()) as { bytes: number }).bytes > MIB - 1024, name)
  }
})
