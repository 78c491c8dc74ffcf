import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseReply } from './parse-reply.ts'

const runs = { numRuns: process.env['THOROUGH'] === '1' ? 2000 : 200 }
const parse = (text: string, { method = 'GET', ended = false } = {}) =>
  parseReply(Buffer.from(text, 'latin1'), method, ended)

test('a reply is whole when its length has come, and what follows is left over', () => {
  const parsed = parse('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1')
  assert.ok(parsed !== undefined && parsed !== 'garbled')
  assert.equal(parsed.body.toString(), 'hi')
  assert.equal(parsed.rest.toString(), 'HTTP/1.1')
})

test('chunks are joined, with trailers and extensions taken off', () => {
  const parsed = parse(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n1\r\n!\r\n0\r\nT: 1\r\n\r\n',
  )
  assert.ok(parsed !== undefined && parsed !== 'garbled')
  assert.equal(parsed.body.toString(), 'hi!')
})

for (const [what, text, options, body] of [
  [
    'an interim reply is skipped',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
    {},
    '',
  ],
  [
    'HEAD has no body, whatever is announced',
    'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n',
    { method: 'HEAD' },
    '',
  ],
  [
    'without a length the end of the connection is the end',
    'HTTP/1.1 200 OK\r\n\r\nhello',
    { ended: true },
    'hello',
  ],
  [
    'a body cut short by the peer is what came',
    'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel',
    { ended: true },
    'hel',
  ],
] as const)
  test(what, () => {
    const parsed = parse(text, options)
    assert.ok(parsed !== undefined && parsed !== 'garbled')
    assert.equal(parsed.body.toString(), body)
  })

test('what is no HTTP is told as soon as it can be', () => {
  assert.equal(parse('SSH-2.0-OpenSSH'), 'garbled')
  assert.equal(parse('HTT'), undefined)
  assert.equal(parse('HTTP/1.1 abc\r\n\r\n'), 'garbled')
})

test('no bytes of any kind make it throw, and no prefix of a reply is taken for the whole', () => {
  const whole = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, ended) => {
      parseReply(Buffer.from(bytes), 'GET', ended)
      parseReply(
        Buffer.concat([
          Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
          bytes,
        ]),
        'GET',
        ended,
      )
    }),
    runs,
  )
  for (let length = 0; length < whole.length; length++)
    assert.equal(parseReply(whole.subarray(0, length), 'GET', false), undefined)
})

test('a body comes back the same however it was cut into chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 }),
      pieces => {
        const chunks = pieces.map(piece =>
          Buffer.concat([
            Buffer.from(`${piece.length.toString(16)}\r\n`),
            piece,
            Buffer.from('\r\n'),
          ]),
        )
        const bytes = Buffer.concat([
          Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
          ...chunks,
          Buffer.from('0\r\n\r\n'),
        ])
        const parsed = parseReply(bytes, 'GET', false)
        assert.ok(parsed !== undefined && parsed !== 'garbled')
        assert.ok(parsed.body.equals(Buffer.concat(pieces)))
      },
    ),
    runs,
  )
})
