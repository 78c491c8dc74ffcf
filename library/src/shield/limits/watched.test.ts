import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { Refusal } from '../../kernel/refusal.ts'
import { bodyBudget } from './body.ts'
import { BodyCut, watchBody } from './watched.ts'

interface Watched {
  readonly stream: Readable
  readonly told: Refusal[]
}

function watched(before = 0): Watched {
  const stream = new Readable({ read: () => undefined })
  if (before > 0) stream.push(Buffer.alloc(before))
  const told: Refusal[] = []
  watchBody(stream, bodyBudget({ maxBytes: 100 }), refusal => told.push(refusal))
  return { stream, told }
}

test('a body within its budget comes to its reader whole', async () => {
  const { stream, told } = watched(40)
  stream.push(Buffer.alloc(60))
  stream.push(null)
  let bytes = 0
  for await (const chunk of stream) bytes += chunk.length
  assert.deepEqual([bytes, told.length], [100, 0])
})

test('at the first byte too many its reader fails, and hears why', async () => {
  const { stream, told } = watched()
  const reading = (async () => {
    for await (const _ of stream);
  })()
  stream.push(Buffer.alloc(100))
  assert.equal(stream.push(Buffer.alloc(1)), false)
  await assert.rejects(
    reading,
    error => error instanceof BodyCut && error.refusal.code === 'limits.too_large',
  )
  assert.equal(told[0]?.status, 413)
})

test('what came before anybody watched counts, and is told once there is a reader', async () => {
  const { stream, told } = watched(101)
  assert.equal(told.length, 0)
  const [error] = await once(stream, 'error').catch(error => [error])
  assert.ok(error instanceof BodyCut)
})

test('where nobody listens for errors the stream ends, and the process does not', async () => {
  const { stream, told } = watched()
  stream.push(Buffer.alloc(101))
  await once(stream, 'close')
  assert.deepEqual([stream.readableEnded, told.length], [false, 1])
})
