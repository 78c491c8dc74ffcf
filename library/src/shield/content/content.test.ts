import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MIMEType } from 'node:util'
import fc from 'fast-check'
import { arriving, runs } from '../../http/arriving.test.kit.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { content, type RouteContent } from './content.ts'
import { type StandardResult, type StandardSchema, validate } from './schema.ts'

const usual = content()
const answer = (rule: RouteContent, method: string, fields: Record<string, string>) =>
  usual.route(rule)(arriving(method, fields))

const body = (type: string): Record<string, string> => ({
  'content-type': type,
  'content-length': '2',
})
const FORMS: RouteContent = {
  consumes: ['application/x-www-form-urlencoded', 'multipart/form-data'],
}

for (const [what, rule, method, fields, code] of [
  ['JSON', {}, 'POST', body('application/json'), undefined],
  ['JSON with its charset', {}, 'POST', body('application/json; charset=utf-8'), undefined],
  [
    'JSON with its charset in capitals',
    {},
    'POST',
    body('APPLICATION/json;charset="UTF-8"'),
    undefined,
  ],
  [
    'chunked JSON',
    {},
    'POST',
    { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    undefined,
  ],
  ['no body at all', {}, 'POST', {}, undefined],
  ['an empty body', {}, 'POST', { 'content-length': '0' }, undefined],
  [
    'an empty body with a type',
    {},
    'POST',
    { 'content-length': '0', 'content-type': 'text/plain' },
    undefined,
  ],
  ['a GET', {}, 'GET', {}, undefined],
  ['a GET with a type and no body', {}, 'GET', { 'content-type': 'text/plain' }, undefined],
  [
    'a form where forms are taken',
    FORMS,
    'POST',
    body('application/x-www-form-urlencoded'),
    undefined,
  ],
  ['a multipart form', FORMS, 'POST', body('multipart/form-data; boundary=----x'), undefined],
  [
    'a form for JSON',
    {},
    'POST',
    body('application/x-www-form-urlencoded'),
    'content.unsupported_type',
  ],
  ['JSON as text/plain', {}, 'POST', body('text/plain'), 'content.unsupported_type'],
  [
    'JSON as text/plain that mentions JSON',
    {},
    'POST',
    body('text/plain; x="application/json"'),
    'content.unsupported_type',
  ],
  [
    'a multipart form for JSON',
    {},
    'POST',
    body('multipart/form-data; boundary=x'),
    'content.unsupported_type',
  ],
  [
    'a type that begins like JSON',
    {},
    'POST',
    body('application/jsonx'),
    'content.unsupported_type',
  ],
  ['XML', {}, 'POST', body('application/xml'), 'content.unsupported_type'],
  ['a body without a type', {}, 'POST', { 'content-length': '2' }, 'content.missing_type'],
  [
    'a chunked body without a type',
    {},
    'POST',
    { 'transfer-encoding': 'chunked' },
    'content.missing_type',
  ],
  [
    'a type with a tab',
    {},
    'POST',
    body('application/json\t; charset=utf-8'),
    'content.malformed_type',
  ],
  ['two types', {}, 'POST', body('application/json, text/plain'), 'content.malformed_type'],
  ['an empty type', {}, 'POST', body(''), 'content.malformed_type'],
  ['JSON labelled utf-16', {}, 'POST', body('application/json; charset=utf-16'), 'content.charset'],
  ['JSON labelled utf-7', {}, 'POST', body('application/json; charset=utf-7'), 'content.charset'],
  [
    'multipart without a boundary',
    FORMS,
    'POST',
    body('multipart/form-data'),
    'content.malformed_type',
  ],
  [
    'an HTTP/2 body without a length',
    {},
    'POST',
    { 'content-type': 'text/plain' },
    'content.unsupported_type',
  ],
  ['a body on GET', {}, 'GET', body('application/json'), 'content.unexpected_body'],
  [
    'a chunked body on HEAD',
    {},
    'HEAD',
    { 'transfer-encoding': 'chunked' },
    'content.unexpected_body',
  ],
  [
    'a body where none is taken',
    { consumes: [] },
    'POST',
    body('application/json'),
    'content.unexpected_body',
  ],
  [
    'who wants JSON',
    { produces: ['application/json'] },
    'GET',
    { accept: 'application/json' },
    undefined,
  ],
  ['who wants anything', { produces: ['application/json'] }, 'GET', {}, undefined],
  [
    'who wants images',
    { produces: ['application/json'] },
    'GET',
    { accept: 'image/*' },
    'content.not_acceptable',
  ],
] as readonly [string, RouteContent, string, Record<string, string>, string | undefined][]) {
  test(`${code === undefined ? 'lets through' : `answers ${code} to`} ${what}`, () => {
    const refusal = answer(rule, method, fields)
    assert.equal(refusal?.code, code)
    if (refusal?.status === 415) {
      assert.equal(refusal.headers?.['accept'], (rule.consumes ?? ['application/json']).join(', '))
    }
  })
}

test('no Content-Type but the route’s own is ever let through with a body', () => {
  const near = fc.constantFrom(
    'application/json',
    'application/json;',
    'text/json',
    'application/json+x',
    'application/ json',
  )
  const type = fc.oneof(
    fc.string(),
    near,
    fc.stringMatching(/^application\/json[ ;=a-z"\t,]{0,12}$/),
  )
  fc.assert(
    fc.property(type, text => {
      if (answer({}, 'POST', body(text)) !== undefined) return
      assert.match(text, /^application\/json(; ?[^\s;=]+=(?:"[^"]*"|[^\s";,]+))*$/i)
      assert.equal(new MIMEType(text).essence, 'application/json')
    }),
    runs(500),
  )
})

test('a media type that is none stops the start', () => {
  for (const consumes of [
    ['json'],
    ['application/json; charset=utf-8'],
    ['Application/JSON'],
    ['*/*x/'],
  ]) {
    assert.throws(() => usual.route({ consumes }), ConfigFault)
  }
  assert.throws(() => content({ json: { maxDepth: 0 } }), ConfigFault)
})

const schema = (
  result: StandardResult<string> | Promise<StandardResult<string>>,
): StandardSchema<string> => ({
  '~standard': { version: 1, vendor: 'test', validate: () => result },
})

test('a value that fits is the schema’s own output', () => {
  assert.deepEqual(validate(schema({ value: 'trimmed' }), ' trimmed '), {
    ok: true,
    value: 'trimmed',
  })
})

test('a schema that takes its time is waited for', async () => {
  const outcome = await validate(schema(Promise.resolve({ value: 'late' })), '')
  assert.deepEqual(outcome, { ok: true, value: 'late' })
})

test('what does not fit is 422, with pointers a client can follow', () => {
  const issues = [
    { message: 'Too small', path: ['items', 0, { key: 'a/b~c' }] },
    { message: 'Odd' },
  ]
  const outcome = validate(schema({ issues }), '', '#/query')
  assert.ok(!(outcome instanceof Promise) && !outcome.ok)
  assert.equal(outcome.refusal.status, 422)
  assert.deepEqual(outcome.refusal.errors, [
    { pointer: '#/query/items/0/a~1b~0c', detail: 'Too small' },
    { pointer: '#/query', detail: 'Odd' },
  ])
})

test('a thousand issues are twenty complaints of bounded length', () => {
  const issues = Array.from({ length: 1000 }, () => ({ message: 'x'.repeat(10_000) }))
  const outcome = validate(schema({ issues }), '')
  assert.ok(!(outcome instanceof Promise) && !outcome.ok)
  assert.equal(outcome.refusal.errors?.length, 20)
  assert.ok(JSON.stringify(outcome.refusal).length < 6000)
})
