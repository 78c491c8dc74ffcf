import assert from 'node:assert/strict'
import { createSecureServer } from 'node:http2'
import { createServer, request } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, test } from 'node:test'
import { certificate, type Issued } from './certificate.test.kit.ts'
import { type OutboundOptions, outboundAgent, outboundPolicy, safeFetch } from './outbound.ts'

const root = certificate('Test Root', ['root'])
const good = certificate('good', ['a.example.net', '127.0.0.1'], root)

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** An https server on loopback; tells the server name and the Host it was asked for. */
async function serving({ cert, key }: Issued, http2 = false): Promise<number> {
  const options = { cert, key }
  const server = http2
    ? createSecureServer(options, (asked, answer) => void answer.end(`h${asked.httpVersion}`))
    : createServer(options, (asked, answer) => {
        const socket = asked.socket as { servername?: string | false }
        answer.end(`${socket.servername} ${asked.headers.host}`)
      })
  server.on('tlsClientError', () => {})
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  closers.push(() => server.close())
  return (server.address() as AddressInfo).port
}

function policyFor(port: number, options: Partial<OutboundOptions> = {}) {
  const policy = outboundPolicy(
    { name: 'tls', ports: [port], allowAddresses: ['127.0.0.1/32'], refusalStepMs: 0, ...options },
    { resolve: async () => ['127.0.0.1'] },
  )
  closers.push(() => policy.close())
  return policy
}

async function said(url: string, policy: ReturnType<typeof policyFor>): Promise<string> {
  const outcome = await safeFetch(url, { policy })
  return outcome.ok ? outcome.value.text() : `${outcome.refusal.code} ${outcome.refusal.why ?? ''}`
}

test('the name of the URL is the name that TLS asks for and checks', async () => {
  const port = await serving(good)
  const policy = policyFor(port, { ca: root.cert })
  assert.equal(
    await said(`https://a.example.net:${port}/`, policy),
    `a.example.net a.example.net:${port}`,
  )
  assert.equal(await said(`https://127.0.0.1:${port}/`, policy), `false 127.0.0.1:${port}`)
})

for (const [what, issued, ca] of [
  ['another name', certificate('other', ['other.example.net'], root), root],
  [
    'an expired date',
    certificate('old', ['a.example.net'], root, new Date(Date.now() - 3_600_000)),
    root,
  ],
  ['its own signature', certificate('self', ['a.example.net']), root],
  ['an unknown root', certificate('x', ['a.example.net'], certificate('Other Root', ['r'])), root],
  ['a root that is not the pinned one', good, certificate('Pinned Root', ['p'])],
] as const) {
  test(`a certificate with ${what} is refused`, async () => {
    const port = await serving(issued)
    const answer = await said(`https://a.example.net:${port}/`, policyFor(port, { ca: ca.cert }))
    assert.match(answer, /^outbound\.certificate /)
  })
}

test('a certificate that no public root signed is refused', async () => {
  const port = await serving(good)
  assert.match(
    await said(`https://a.example.net:${port}/`, policyFor(port)),
    /^outbound\.certificate/,
  )
})

test('NODE_TLS_REJECT_UNAUTHORIZED and the client’s own options do not switch the check off', async () => {
  const port = await serving(good)
  const policy = policyFor(port)
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  try {
    assert.match(await said(`https://a.example.net:${port}/`, policy), /^outbound\.certificate/)
    const { httpsAgent: agent } = outboundAgent(policy)
    const lax = new Promise((resolve, reject) => {
      const options = { host: 'a.example.net', port, agent, rejectUnauthorized: false }
      request(options, resolve).on('error', reject).end()
    })
    await assert.rejects(lax, { code: 'outbound.refused' })
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  }
})

test('node:https over our agent gets its answer', async () => {
  const port = await serving(good)
  const { httpsAgent: agent } = outboundAgent(policyFor(port, { ca: root.cert }))
  const status = await new Promise((resolve, reject) => {
    request({ host: 'a.example.net', port, agent }, answer => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end()
  })
  assert.equal(status, 200)
})

test('HTTP/2 is not offered, unless the policy says so, and then it is guarded alike', async () => {
  const port = await serving(good, true)
  const url = `https://a.example.net:${port}/`
  assert.match(await said(url, policyFor(port, { ca: root.cert })), /^outbound\./)
  assert.equal(await said(url, policyFor(port, { ca: root.cert, http2: true })), 'h2.0')
  const inside = policyFor(port, { ca: root.cert, http2: true, allowAddresses: [] })
  assert.match(await said(url, inside), /^outbound\.private_address/)
})

test('a handshake that never ends is cut by the connect deadline', async () => {
  const silent = createTcpServer(socket => void socket.on('error', () => {}))
  await new Promise<void>(done => silent.listen(0, '127.0.0.1', done))
  closers.push(() => silent.close())
  const { port } = silent.address() as AddressInfo
  const policy = policyFor(port, { connectMs: 80 })
  assert.match(await said(`https://a.example.net:${port}/`, policy), /^outbound\.timeout/)
})

test('roots that are no certificate stop the start', () => {
  assert.throws(() => policyFor(1, { ca: 'not a certificate' }), { option: 'outbound.ca' })
})
