import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConfigFault } from '../kernel/fault.ts'
import { arriving, runs } from './arriving.test.kit.ts'
import { framing } from './framing.ts'

const guard = framing()
const message = (rawHeaders: readonly string[], rest: object = {}) => ({
  ...arriving('POST'),
  rawHeaders: ['Host', 'app.example', ...rawHeaders],
  ...rest,
})

const fields: readonly [string, string | undefined, string[], object?][] = [
  ['a chunked body', undefined, ['Transfer-Encoding', 'chunked']],
  ['a chunked body in capitals', undefined, ['TRANSFER-ENCODING', 'Chunked']],
  ['a body with a length', undefined, ['Content-Length', '12']],
  ['cookies in two fields, as HTTP/2 has them', undefined, ['cookie', 'a=1', 'cookie', 'b=2']],
  ['HTTP/2 without pseudo fields', 'framing.version', [], { httpVersion: '2.0' }],
  ['HTTP/0.9', 'framing.version', [], { httpVersion: '0.9' }],
  [
    'HTTP/2 pseudo fields',
    undefined,
    [],
    { httpVersion: '2.0', rawHeaders: [':method', 'GET', ':path', '/'] },
  ],
  [
    'a length and chunks',
    'framing.two_lengths',
    ['Content-Length', '1', 'Transfer-Encoding', 'chunked'],
  ],
  ['a gzip transfer coding', 'framing.transfer_coding', ['Transfer-Encoding', 'gzip, chunked']],
  ['an identity transfer coding', 'framing.transfer_coding', ['Transfer-Encoding', 'identity']],
  ['a transfer coding with a tab', 'framing.transfer_coding', ['Transfer-Encoding', '\tchunked']],
  ['a transfer coding and more', 'framing.transfer_coding', ['Transfer-Encoding', 'chunked, x']],
  [
    'two transfer codings',
    'framing.repeated_field',
    ['Transfer-Encoding', 'x', 'transfer-encoding', 'chunked'],
  ],
  [
    'chunks in HTTP/1.0',
    'framing.old_chunked',
    ['Transfer-Encoding', 'chunked'],
    { httpVersion: '1.0' },
  ],
  [
    'chunks in HTTP/2',
    'framing.transfer_coding',
    [],
    { httpVersion: '2.0', rawHeaders: [':method', 'POST', 'transfer-encoding', 'chunked'] },
  ],
  ['two lengths', 'framing.repeated_field', ['Content-Length', '1', 'content-length', '1']],
  ['a length with a sign', 'framing.content_length', ['Content-Length', '+1']],
  ['a length in hexadecimal', 'framing.content_length', ['Content-Length', '0x10']],
  ['a list of lengths', 'framing.content_length', ['Content-Length', '1, 1']],
  ['an empty length', 'framing.content_length', ['Content-Length', '']],
  ['an enormous length', 'framing.content_length', ['Content-Length', '9'.repeat(40)]],
  [
    'two content types',
    'framing.repeated_field',
    ['Content-Type', 'text/plain', 'Content-Type', 'application/json'],
  ],
  ['two authorizations', 'framing.repeated_field', ['Authorization', 'a', 'authorization', 'b']],
  ['two origins', 'framing.repeated_field', ['Origin', 'a', 'Origin', 'b']],
  ['two tokens', 'framing.repeated_field', ['X-CSRF-Token', 'a', 'x-csrf-token', 'b']],
  ['two Hosts', 'framing.repeated_field', ['Host', 'evil.test']],
  ['a name in odd capitals that comes twice', 'framing.repeated_field', ['hOST', 'evil.test']],
  ['an underscore in a name', 'framing.header_name', ['Content_Length', '1']],
  ['a space in a name', 'framing.header_name', ['Content-Length ', '1']],
  ['an empty name', 'framing.header_name', ['', '1']],
  ['too many fields', 'framing.header_count', Array.from({ length: 200 }, (_, i) => `x-${i}`)],
]
for (const [what, code, rawHeaders, rest] of fields) {
  test(`${code === undefined ? 'lets through' : `answers ${code} to`} ${what}`, () => {
    const refusal = guard(message(rawHeaders, rest))
    assert.equal(refusal?.code, code)
    if (refusal !== undefined)
      assert.equal(refusal.close, true, 'framing that lied ends with its connection')
  })
}

for (const method of ['TRACE', 'TRACK', 'CONNECT']) {
  test(`answers 405 with Allow to ${method}`, () => {
    const refusal = guard(message([], { method }))
    assert.equal(refusal?.status, 405)
    assert.match(refusal?.headers?.['allow'] ?? '', /^GET, HEAD, POST/)
  })
}

test('a misspelt option stops the start', () => {
  assert.throws(() => framing({ paths: { encodedSlashes: true } } as object), ConfigFault)
  assert.throws(() => framing({ maxHeader: 5 } as object), ConfigFault)
})

test('exactly a hundred fields are let through', () => {
  const hundred = Array.from({ length: 99 }, (_, at) => [`x-${at}`, '1']).flat()
  assert.equal(guard(message(hundred)), undefined)
  assert.equal(guard(message([...hundred, 'x', '1']))?.status, 431)
})

test('nothing but one exact transfer coding ever passes', () => {
  const coding = fc.oneof(
    fc.string(),
    fc.constantFrom('chunked', 'Chunked', 'chunked ', ' chunked', 'chunked,'),
  )
  fc.assert(
    fc.property(coding, value => {
      const passes = guard(message(['Transfer-Encoding', value])) === undefined
      assert.equal(passes, value.toLowerCase() === 'chunked')
    }),
    runs(500),
  )
})

test('no message at all makes the guard throw', () => {
  const any = fc.record({
    method: fc.string(),
    target: fc.string(),
    httpVersion: fc.constantFrom('1.0', '1.1', '2.0', ''),
    rawHeaders: fc.array(fc.tuple(fc.string(), fc.string())).map(pairs => pairs.flat()),
  })
  fc.assert(
    fc.property(any, request => {
      guard(request)
    }),
    runs(500),
  )
})
