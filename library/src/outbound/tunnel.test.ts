import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import { Secret } from '../kernel/secret.ts'
import { certificate } from './certificate.test.kit.ts'
import { type OutboundOptions, outboundAgent, outboundPolicy, safeFetch } from './outbound.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface Proxy {
  readonly port: number
  /** What it was asked to connect to, with the credentials shown. */
  readonly asked: string[]
}

/** A CONNECT proxy that sends everything to `to`, or answers `status`. */
async function proxy(to: number, status = 200, early = ''): Promise<Proxy> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer()
  server.on('connection', socket => sockets.add(socket.on('error', () => {})))
  server.on('connect', (request, near: Socket) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? '-'}`)
    if (status !== 200) return void near.end(`HTTP/1.1 ${status} No\r\n\r\nsecret`)
    near.write(`HTTP/1.1 200 OK\r\n\r\n${early}`)
    const far = connect(to, '127.0.0.1', () => near.pipe(far).pipe(near))
    sockets.add(far.on('error', () => {}))
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, asked }
}

async function origin(secure?: { cert: string; key: string }): Promise<number> {
  const answer = (_request: unknown, response: { end(text: string): unknown }) =>
    void response.end('through')
  const server = secure === undefined ? createServer(answer) : createHttpsServer(secure, answer)
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  closers.push(() => server.close())
  return (server.address() as AddressInfo).port
}

function behind({ port }: Proxy, options: Partial<OutboundOptions> = {}) {
  const policy = outboundPolicy(
    {
      name: 'behind',
      refusalStepMs: 0,
      proxy: { url: `http://127.0.0.1:${port}`, trustedToFilter: true },
      ...options,
    },
    { resolve: () => assert.fail('the proxy looks names up, not we') },
  )
  closers.push(() => policy.close())
  return policy
}

test('http and https go through the stated proxy, with the URL’s name for TLS', async () => {
  const root = certificate('Root', ['r'])
  const cert = certificate('a', ['a.example.com'], root)
  const plain = await proxy(await origin())
  const plainOutcome = await safeFetch('http://a.example.com/', { policy: behind(plain) })
  assert.equal(plainOutcome.ok && (await plainOutcome.value.text()), 'through')
  assert.deepEqual(plain.asked, ['a.example.com:80 -'])
  const secure = await proxy(await origin(cert))
  const policy = behind(secure, { ca: root.cert })
  const outcome = await safeFetch('https://a.example.com/', { policy })
  assert.equal(outcome.ok && (await outcome.value.text()), 'through')
  assert.deepEqual(secure.asked, ['a.example.com:443 -'])
  const other = await safeFetch('https://b.example.com/', { policy })
  assert.equal(other.ok ? '' : other.refusal.code, 'outbound.certificate')
})

test('node:https goes through the proxy too', async () => {
  const root = certificate('Root', ['r'])
  const to = await proxy(await origin(certificate('a', ['a.example.com'], root)))
  const { httpsAgent: agent } = outboundAgent(behind(to, { ca: root.cert }))
  const status = await new Promise((resolve, reject) => {
    httpsRequest({ host: 'a.example.com', agent }, answer => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end()
  })
  assert.equal(status, 200)
})

test('behind a proxy, URL, name, port and literal are still judged here', async () => {
  const to = await proxy(await origin())
  const policy = behind(to)
  for (const [url, code] of [
    ['http://169.254.169.254/', 'private_address'],
    ['http://[::ffff:127.0.0.1]/', 'private_address'],
    ['http://localhost/', 'local_name'],
    ['http://db.internal/', 'local_name'],
    ['http://a.example.com:6379/', 'port'],
    ['ftp://a.example.com/', 'scheme'],
  ] as const) {
    const outcome = await safeFetch(url, { policy })
    assert.equal(outcome.ok ? '' : outcome.refusal.code, `outbound.${code}`)
  }
  assert.deepEqual(to.asked, [])
})

test('credentials go to the proxy and nowhere else', async () => {
  const to = await proxy(await origin())
  const url = `http://127.0.0.1:${to.port}`
  const authorization = new Secret('Basic dTpw')
  const policy = behind(to, { proxy: { url, trustedToFilter: true, authorization } })
  assert.ok((await safeFetch('http://a.example.com/', { policy })).ok)
  assert.deepEqual(to.asked, ['a.example.com:80 Basic dTpw'])
})

for (const status of [403, 407, 502]) {
  test(`a proxy that answers ${status} refuses, and its page stays unseen`, async () => {
    const to = await proxy(0, status)
    const outcome = await safeFetch('http://a.example.com/', { policy: behind(to) })
    assert.ok(!outcome.ok)
    assert.equal(outcome.refusal.code, 'outbound.proxy')
    assert.equal(outcome.refusal.why, `the proxy answered ${status}`)
  })
}

test('bytes that come before the tunnel is used are not taken for the destination’s', async () => {
  const early = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfake'
  const to = await proxy(await origin(), 200, early)
  const outcome = await safeFetch('http://a.example.com/', { policy: behind(to) })
  assert.ok(!outcome.ok || (await outcome.value.text()) !== 'fake')
})

test('a proxy that is not there is told as such', async () => {
  const to = await proxy(0)
  for (const close of closers.splice(0)) await close()
  const outcome = await safeFetch('http://a.example.com/', { policy: behind(to) })
  assert.equal(outcome.ok ? '' : outcome.refusal.code, 'outbound.network')
})
