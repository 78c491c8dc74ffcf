import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOpenapi, sample } from './openapi.ts'

const document = {
  openapi: '3.1.0',
  servers: [{ url: 'https://x.example/v1/' }],
  security: [{ session: [] }],
  paths: {
    '/orders/{id}': {
      parameters: [{ $ref: '#/components/parameters/id' }],
      get: { security: [] },
      patch: {
        requestBody: {
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
        },
      },
    },
  },
  components: {
    parameters: { id: { name: 'id', in: 'path', schema: { type: 'string' } } },
    schemas: {
      Order: {
        type: 'object',
        required: ['item', 'kind', 'when', 'lines'],
        properties: {
          item: { type: 'string' },
          kind: { enum: ['a', 'b'] },
          when: { type: 'string', format: 'date' },
          note: { type: 'string' },
          lines: { type: 'array', items: { $ref: '#/components/schemas/Line' } },
        },
      },
      Line: {
        type: 'object',
        required: ['count'],
        properties: {
          count: { type: 'integer', minimum: 3 },
          order: { $ref: '#/components/schemas/Order' },
        },
      },
    },
  },
}

test('routes carry the base path, their parameters, and whether they are secured', () => {
  const routes = readOpenapi(JSON.stringify(document))?.routes ?? []
  assert.deepEqual(
    routes.map(({ method, path, secured, inPath }) => [method, path, secured, inPath[0]?.name]),
    [
      ['GET', '/v1/orders/{id}', false, 'id'],
      ['PATCH', '/v1/orders/{id}', true, 'id'],
    ],
  )
})

test('a sample fills what is required, and only that, through references that go in circles', () => {
  const schema = readOpenapi(JSON.stringify(document))?.routes[1]?.body?.schema ?? {}
  assert.deepEqual(sample(schema, 'M'), {
    item: 'M',
    kind: 'a',
    when: '2026-01-02',
    lines: [{ count: 3 }],
  })
})

test('YAML is read as well, and what is no document is none', () => {
  assert.equal(
    readOpenapi('openapi: 3.0.0\npaths:\n  /a:\n    get: {responses: {}}\n')?.routes[0]?.path,
    '/a',
  )
  for (const text of ['', '{}', '[]', 'null', '<html>', 'openapi: [unclosed'])
    assert.equal(readOpenapi(text), undefined)
})
