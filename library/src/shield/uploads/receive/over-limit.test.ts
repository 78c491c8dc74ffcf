import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, test } from 'node:test'
import { type HttpBindings, serve } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import type { Outcome } from '../../../kernel/outcome.ts'
import { BOUNDARY, filePart, form } from '../multipart/form.test.kit.ts'
import type { Body, Received, Uploads } from '../uploads.ts'
import { CONTENT_TYPE, world } from './world.test.kit.ts'

const MOST_AFTER_LIMIT = 256 * 1024
const LIMIT = 1024 * 1024
const ANNOUNCED = 256 * 1024 * 1024

const receive = (files: Uploads, headers: (name: string) => string | undefined, body: Body) =>
  files.receive({ header: headers, body, owner: 'ann' })
const statusOf = (outcome: Outcome<Received>): number => (outcome.ok ? 201 : outcome.refusal.status)
const bodyOf = (outcome: Outcome<Received>): object =>
  outcome.ok ? outcome.value.files : { code: outcome.refusal.code }
const ofNode = (message: IncomingMessage) => (name: string) => message.headers[name]?.toString()

/** Each framework as its own users would call the library, with no adapter of ours in between. */
const frameworks: Readonly<Record<string, (files: Uploads) => Promise<Server>>> = {
  async 'node:http'(files) {
    const server = createServer(async (request, response) => {
      const outcome = await receive(files, ofNode(request), request)
      response.writeHead(statusOf(outcome), { 'content-type': 'application/json' })
      response.end(JSON.stringify(bodyOf(outcome)))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return server
  },
  async express(files) {
    const app = express()
    app.post('/', async (request, response) => {
      const outcome = await receive(files, ofNode(request), request)
      response.status(statusOf(outcome)).json(bodyOf(outcome))
    })
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return server
  },
  async fastify(files) {
    const app = fastify()
    app.addContentTypeParser('multipart/form-data', (_request, _body, done) => done(null))
    app.post('/', async (request, reply) => {
      const outcome = await receive(files, ofNode(request.raw), request.raw)
      return reply.status(statusOf(outcome)).send(bodyOf(outcome))
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return app.server
  },
  async 'hono with the stream of node'(files) {
    const app = new Hono<{ Bindings: HttpBindings }>()
    app.post('/', async context => {
      const { incoming } = context.env
      const outcome = await receive(files, name => context.req.header(name), incoming)
      return context.json(bodyOf(outcome), statusOf(outcome) as 201)
    })
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
    await once(server, 'listening')
    return server
  },
  async 'hono with the stream of the web'(files) {
    const app = new Hono()
    app.post('/', async context => {
      const { body } = context.req.raw
      assert.ok(body)
      const outcome = await receive(files, name => context.req.header(name), body)
      return context.json(bodyOf(outcome), statusOf(outcome) as 201)
    })
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
    await once(server, 'listening')
    return server
  },
}

const servers: Server[] = []
after(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

async function listening(
  name: string,
  files: Uploads,
): Promise<{ port: number; read: () => number }> {
  const start = frameworks[name]
  assert.ok(start)
  const server = await start(files)
  servers.push(server)
  let read = (): number => 0
  server.on('connection', socket => {
    let most = 0
    read = () => {
      most = Math.max(most, socket.bytesRead)
      return most
    }
    socket.on('close', () => read())
  })
  return { port: (server.address() as AddressInfo).port, read: () => read() }
}

interface Told {
  readonly text: string
  readonly answeredMs: number
  readonly endedMs: number
}

/** Sends a request that announces `bytes`, endlessly, until the connection ends. */
async function flood(port: number, bytes: number, first: Buffer): Promise<Told> {
  const socket = connect(port, '127.0.0.1')
  const began = performance.now()
  let text = ''
  let answeredMs = Number.POSITIVE_INFINITY
  let over = false
  socket.on('data', piece => {
    answeredMs = Math.min(answeredMs, performance.now() - began)
    text += piece.toString('latin1')
  })
  socket.on('error', () => undefined)
  const closed = new Promise<void>(resolve => {
    socket.once('close', () => {
      over = true
      resolve()
    })
  })
  socket.write(
    `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${CONTENT_TYPE}\r\ncontent-length: ${bytes}\r\n\r\n`,
  )
  socket.write(first)
  const block = Buffer.alloc(64 * 1024, 'words and more words\n')
  for (let sent = first.length; sent < bytes && !over; sent += block.length) {
    if (socket.write(block)) await new Promise(resolve => setImmediate(resolve))
    else await Promise.race([new Promise(resolve => socket.once('drain', resolve)), closed])
  }
  await closed
  return { text, answeredMs, endedMs: performance.now() - began }
}

for (const name of Object.keys(frameworks)) {
  test(`${name}: who sends 256 MiB where 1 MiB is allowed is answered at once and cut off`, async () => {
    const at = world({ maxBytes: LIMIT, request: { maxRequestBytes: 2 * ANNOUNCED } })
    const { port, read } = await listening(name, at.files)
    const head = filePart('file', 'a.txt', '', 'text/plain').subarray(0, -2)
    const { text, answeredMs, endedMs } = await flood(port, ANNOUNCED, head)
    assert.match(text, /^HTTP\/1\.1 413 [\s\S]*uploads\.too_large/)
    const after = read() - LIMIT
    assert.ok(after <= MOST_AFTER_LIMIT + 4096, `${after} bytes were read beyond the limit`)
    assert.ok(answeredMs < 10_000, `answered after ${answeredMs} ms`)
    assert.ok(endedMs - answeredMs < 10_000, `ended ${endedMs - answeredMs} ms after the answer`)
    await at.files.settled()
    assert.deepEqual(at.quarantine(), [])
  })

  test(`${name}: an announced length over the limit is refused before a byte is read`, async () => {
    const at = world({ request: { maxRequestBytes: LIMIT } })
    const { port, read } = await listening(name, at.files)
    const { text } = await flood(port, ANNOUNCED, Buffer.alloc(0))
    assert.match(text, /^HTTP\/1\.1 413 [\s\S]*uploads\.request_too_large/)
    assert.ok(read() <= MOST_AFTER_LIMIT + 4096, `${read()} bytes were read`)
  })

  test(`${name}: exactly as much as allowed comes in, and the connection goes on`, async () => {
    const at = world({ maxBytes: LIMIT, request: { maxRequestBytes: 2 * LIMIT } })
    const { port } = await listening(name, at.files)
    const body = form(filePart('file', 'a.txt', Buffer.alloc(LIMIT, 'words\n'), 'text/plain'))
    for (let i = 0; i < 2; i++) {
      const answer = await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        body: new Uint8Array(body),
        headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
      })
      assert.equal(answer.status, 201, await answer.text())
    }
    assert.equal((await at.files.list('ann')).length, 2)
  })

  test(`${name}: who goes away in the middle leaves nothing behind`, async () => {
    const at = world()
    const { port } = await listening(name, at.files)
    const socket = connect(port, '127.0.0.1')
    socket.write(
      `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${CONTENT_TYPE}\r\ncontent-length: ${LIMIT}\r\n\r\n`,
    )
    socket.write(
      form(filePart('file', 'a.txt', Buffer.alloc(300_000, 'words\n'))).subarray(0, 250_000),
    )
    const until = performance.now() + 5000
    while (at.quarantine().length === 0) {
      assert.ok(performance.now() < until, 'nothing came into quarantine')
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    socket.destroy()
    while (at.quarantine().length > 0) {
      assert.ok(performance.now() < until, 'quarantine is not cleared')
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  })
}
