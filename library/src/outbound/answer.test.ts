import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Answer } from './answer.ts'

function answer(
  body: Buffer | string,
  status = 200,
  headers: Record<string, string | string[]> = {},
): Answer {
  const arrived = { status, statusText: 'OK', headers, body: Buffer.from(body) }
  return new Answer(arrived, 'http://a.example.net/', false)
}

test('an answer is a Response to whoever asks', () => {
  const one = answer('x', 404, { 'set-cookie': ['a=1', 'b=2'], 'x-a': '1' })
  assert.ok(one instanceof Response)
  assert.deepEqual([one.status, one.statusText, one.ok, one.type], [404, 'OK', false, 'basic'])
  assert.deepEqual(one.headers.getSetCookie(), ['a=1', 'b=2'])
  assert.equal(one.headers.get('X-A'), '1')
  assert.equal(one.headers, one.headers)
})

test('text, json, bytes, buffers and blobs are what the platform makes of the same bytes', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map(array => Buffer.from(array)),
    fc.string({ unit: 'binary' }).map(text => Buffer.from(text)),
    fc.json().map(text => Buffer.from(`\ufeff${text}`)),
  )
  await fc.assert(
    fc.asyncProperty(bytes, async body => {
      const theirs = () => new Response(new Uint8Array(body))
      assert.equal(await answer(body).text(), await theirs().text())
      assert.deepEqual(await answer(body).bytes(), new Uint8Array(body))
      assert.deepEqual(await answer(body).arrayBuffer(), await theirs().arrayBuffer())
      assert.equal(await (await answer(body).blob()).text(), await theirs().text())
      const json = (response: Response) => response.json().catch(() => 'no JSON')
      assert.deepEqual(await json(answer(body)), await json(theirs()))
    }),
    { numRuns: process.env['THOROUGH'] === '1' ? 5000 : 200 },
  )
})

test('a body is used once, by whichever way', async () => {
  for (const use of ['text', 'json', 'bytes', 'arrayBuffer', 'blob'] as const) {
    const one = answer('{}')
    assert.equal(one.bodyUsed, false)
    await one[use]()
    assert.equal(one.bodyUsed, true, use)
    await assert.rejects(one.text(), TypeError)
    await assert.rejects(one.bytes(), TypeError)
    await assert.rejects(one.blob(), TypeError)
    assert.throws(() => one.clone(), TypeError)
  }
})

test('a clone has a body of its own', async () => {
  const one = answer('twice')
  const two = one.clone()
  const buffer = await one.bytes()
  buffer.fill(0)
  assert.equal(await two.text(), 'twice')
})

test('the body can be streamed, and then it is the stream’s', async () => {
  const one = answer('streamed')
  assert.equal(one.body, one.body)
  const chunks: Uint8Array[] = []
  for await (const chunk of one.body ?? []) chunks.push(chunk as Uint8Array)
  assert.equal(Buffer.concat(chunks).toString(), 'streamed')
  assert.equal(one.bodyUsed, true)
  await assert.rejects(one.text(), TypeError)
})

test('a form is read as a form', async () => {
  const one = answer('a=1', 200, { 'content-type': 'application/x-www-form-urlencoded' })
  assert.equal((await one.formData()).get('a'), '1')
})

for (const status of [204, 205, 304]) {
  test(`a ${status} has no body`, async () => {
    assert.equal(answer('', status).body, null)
    assert.equal(await answer('', status).text(), '')
  })
}

test('statuses the platform would not take do not throw before they are needed', async () => {
  const one = answer('x', 999)
  assert.equal(one.status, 999)
  assert.equal(await one.text(), 'x')
})
