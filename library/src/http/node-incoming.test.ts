import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { clientAddress } from './address.ts'
import type { Incoming } from './incoming.ts'
import { NodeIncoming } from './node-incoming.ts'

async function received(text: string): Promise<Incoming & { httpVersion: string }> {
  const context = { origin: 'https://app.example', addressOf: clientAddress() }
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1')
  socket.write(text.replaceAll('\n', '\r\n'))
  const [message, response] = await once(server, 'request')
  const incoming = new NodeIncoming(message, context)
  // What the defences ask for later must not depend on the socket's being there still.
  assert.equal(incoming.address, '127.0.0.1')
  response.end()
  socket.destroy()
  server.close()
  return incoming
}

test('shows a request of node:http as it was received', async () => {
  const seen = await received('POST /a/b?c=d?e HTTP/1.1\nHost: x\nX-A: 1\nx-a: 2\nCookie: a=1\n\n')
  assert.equal(seen.method, 'POST')
  assert.equal(seen.target, '/a/b?c=d?e')
  assert.equal(seen.path, '/a/b')
  assert.equal(seen.query, 'c=d?e')
  assert.equal(seen.httpVersion, '1.1')
  assert.equal(seen.origin, 'https://app.example')
  assert.equal(seen.secure, false)
  assert.equal(seen.header('x-a'), '1, 2')
  assert.equal(seen.header('cookie'), 'a=1')
  assert.deepEqual(seen.rawHeaders.slice(0, 4), ['Host', 'x', 'X-A', '1'])
})

test('a name that every object has is no header field', async () => {
  const seen = await received('GET / HTTP/1.1\nHost: x\n\n')
  for (const name of ['constructor', 'toString', '__proto__', 'missing']) {
    assert.equal(seen.header(name), undefined)
  }
  assert.equal(seen.path, '/')
  assert.equal(seen.query, '')
})
