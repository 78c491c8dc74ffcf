import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BulwarkOptions } from '../bulwark.ts'
import { assemble } from '../bulwark.ts'
import type { Incoming } from '../http/incoming.ts'

const tooLarge = {
  code: 'limits.declared_too_large',
  says: 'limits.too_large',
  status: 413,
  why: 'the secret reason',
} as const

async function answered(accept: string, problemPage?: BulwarkOptions['problemPage']) {
  const of = await assemble({
    mode: 'development',
    ...(problemPage !== undefined && { problemPage }),
  })
  const headers: Readonly<Record<string, string>> = { accept }
  const incoming = {
    method: 'POST',
    path: '/files',
    query: '',
    secure: false,
    origin: 'http://localhost:3000',
    header: (name: string) => headers[name],
  } as unknown as Incoming
  // A route for downloads, whose policy would let a page have no style.
  const route = of.route('POST', '/files', { access: { public: true }, headers: 'download' })
  const exchange = of.pipeline.begin(incoming, route)
  const answer = of.pipeline.problem(exchange, tooLarge)
  const fields = of.pipeline.fields(exchange, answer.type)
  const policy = fields[fields.indexOf('content-security-policy') + 1] ?? ''
  await of.close()
  return { ...answer, policy }
}

test('a person whose upload is too large sees the service’s own page, styled, without the reason', async () => {
  const { body, type, status, policy } = await answered(
    'text/html',
    ({ code, status }, { path }) => `<h1>${status} ${code} ${path}</h1>`,
  )
  assert.equal(body, '<h1>413 limits.too_large /files</h1>')
  assert.equal(type, 'text/html; charset=utf-8')
  assert.equal(status, 413)
  assert.match(policy, /style-src/)
})

test('a program gets the problem, whatever page there is', async () => {
  const { body, type } = await answered('application/json', () => 'a page')
  assert.equal(type, 'application/problem+json')
  assert.equal(JSON.parse(body).code, 'limits.too_large')
})

test('a page that fails leaves the plain one', async () => {
  const { body, status } = await answered('text/html', () => {
    throw new Error('a mistake in the page')
  })
  assert.equal(status, 413)
  assert.match(body, /<h1>413 /)
  assert.doesNotMatch(body, /mistake|secret reason/)
})
