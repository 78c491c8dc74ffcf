import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterEach, test } from 'node:test'
import { fetch as undiciFetch } from 'undici'
import { DEAD, INWARD, PUBLIC, policyOn, type Street, street } from './decoy.test.kit.ts'
import { type OutboundPolicy, outboundAgent, safeFetch } from './outbound.ts'

// Real sockets, real kernel. Only names are stubbed; 127.0.0.1 plays the public internet.

let open: { street: Street; policies: OutboundPolicy[] } | undefined
afterEach(async () => {
  for (const policy of open?.policies ?? []) await policy.close()
  await open?.street.close()
  open = undefined
})

async function on(answer: Parameters<typeof street>[0]): Promise<Street> {
  open = { street: await street(answer), policies: [] }
  return open.street
}

function policy(...args: Parameters<typeof policyOn>): OutboundPolicy {
  const made = policyOn(...args)
  open?.policies.push(made)
  return made
}

async function codeOf(url: string, using: OutboundPolicy): Promise<string> {
  const outcome = await safeFetch(url, { policy: using })
  return outcome.ok ? `${outcome.value.status} ${await outcome.value.text()}` : outcome.refusal.code
}

test('a name that turns private between two lookups reaches nobody inside', async () => {
  const at = await on((_request, response) => {
    response.setHeader('connection', 'close')
    response.end('public')
  })
  const using = policy(at, { 'rebind.example.net': [[PUBLIC], [INWARD]] })
  const url = `http://rebind.example.net:${at.port}/`
  assert.equal(await codeOf(url, using), '200 public')
  assert.equal(await codeOf(url, using), 'outbound.private_address')
  assert.equal(at.inwardConnections(), 0)
})

test('an answer that mixes a public with a private record is refused whole, in either order', async () => {
  const at = await on((_request, response) => response.end('public'))
  const using = policy(at, {
    'ab.example.net': [[PUBLIC, INWARD]],
    'ba.example.net': [[INWARD, PUBLIC]],
    'a6.example.net': [[PUBLIC, '::1']],
    '6a.example.net': [['::1', PUBLIC]],
  })
  for (const name of ['ab', 'ba', 'a6', '6a']) {
    const url = `http://${name}.example.net:${at.port}/`
    assert.equal(await codeOf(url, using), 'outbound.private_address', name)
  }
  assert.equal(at.inwardConnections(), 0)
  assert.equal(at.publicConnections(), 0)
})

test('falling over from a dead record never ends at a private one', async () => {
  const at = await on((_request, response) => response.end('public'))
  const names = { 'fall.example.net': [[DEAD, INWARD]] }
  const url = `http://fall.example.net:${at.port}/`
  assert.equal(await codeOf(url, policy(at, names)), 'outbound.private_address')
  assert.equal(await codeOf(url, policy(at, names, { mixed: 'filter' })), 'outbound.network')
  assert.equal(at.inwardConnections(), 0)
})

test('falling over from a dead record to a public one still works', async () => {
  const at = await on((_request, response) => response.end('public'))
  const using = policy(at, { 'dual.example.net': [[DEAD, PUBLIC]] })
  assert.equal(await codeOf(`http://dual.example.net:${at.port}/`, using), '200 public')
})

test('a connection opened under one policy never serves a stricter one', async () => {
  const at = await on((_request, response) => response.end('public'))
  const names = { 'a.example.net': [[PUBLIC]] }
  const loose = policy(at, names)
  const url = `http://a.example.net:${at.port}/`
  assert.equal(await codeOf(url, loose), '200 public')
  assert.equal(await codeOf(url, loose), '200 public')
  assert.equal(at.publicConnections(), 1, 'one policy keeps its connection')
  const strict = policy(at, names, { denyAddresses: [`${PUBLIC}/32`] })
  assert.equal(await codeOf(url, strict), 'outbound.denied_address')
  const narrowed = loose.narrowed({ tenant: 'acme', denyAddresses: [`${PUBLIC}/32`] })
  assert.equal(await codeOf(url, narrowed), 'outbound.denied_address')
  assert.equal(at.publicConnections(), 1)
})

test('a redirect to a literal or to a private name reaches nobody inside', async () => {
  const targets = [
    `http://${INWARD}:PORT/`,
    '//127.2:PORT/',
    'http://[::ffff:127.0.0.2]:PORT/',
    'http://in.example.net:PORT/',
    'http://localhost:PORT/',
  ]
  const at = await on((request, response) => {
    const target = targets[Number(request.url?.slice(1))] ?? ''
    response.writeHead(302, { location: target.replace('PORT', String(at.port)) }).end()
  })
  const using = policy(at, { 'a.example.net': [[PUBLIC]], 'in.example.net': [[INWARD]] })
  for (const index of targets.keys()) {
    const code = await codeOf(`http://a.example.net:${at.port}/${index}`, using)
    assert.match(code, /^outbound\.(?:private_address|local_name)$/, targets[index])
  }
  assert.equal(at.inwardConnections(), 0)
})

test('a socket that comes out elsewhere is closed before the first byte', async () => {
  const at = await on((_request, response) => response.end('public'))
  const names = { 'a.example.net': [[PUBLIC]] }
  const crooked = policy(
    at,
    names,
    {},
    { connect: options => connect({ ...options, host: INWARD }) },
  )
  assert.equal(await codeOf(`http://a.example.net:${at.port}/`, crooked), 'outbound.wrong_peer')
  assert.equal(at.inwardBytes(), 0)
})

for (const [what, host, answers] of [
  ['a literal', INWARD, []],
  ['a short literal', '127.2', []],
  ['a mapped literal', '[::ffff:127.0.0.2]', []],
  ['a private name', 'in.example.net', [[INWARD]]],
  ['a mixed answer', 'in.example.net', [[PUBLIC, INWARD]]],
] as const) {
  test(`undici and node:http with our agents reach nobody inside by ${what}`, async () => {
    const at = await on((_request, response) => response.end('public'))
    const using = policy(at, { 'in.example.net': answers })
    const agents = outboundAgent(using)
    const url = `http://${host}:${at.port}/`
    await assert.rejects(undiciFetch(url, { dispatcher: agents.dispatcher }))
    const plain = new Promise((resolve, reject) => {
      const options = { host: host.replace(/[[\]]/g, ''), port: at.port, agent: agents.httpAgent }
      httpRequest(options, resolve).on('error', reject).end()
    })
    await assert.rejects(plain, { name: 'OutboundRefused', code: 'outbound.refused' })
    assert.equal(at.inwardConnections(), 0)
  })
}

test('a forged Host header or a lookup of the client does not turn our agents inward', async () => {
  const at = await on((_request, response) => response.end('public'))
  const { dispatcher, httpAgent } = outboundAgent(policy(at, { 'a.example.net': [[PUBLIC]] }))
  const forged = dispatcher.request({
    origin: `http://${INWARD}:${at.port}`,
    path: '/',
    method: 'GET',
    headers: { host: 'a.example.net' },
  })
  await assert.rejects(forged, { code: 'outbound.refused' })
  const status = await new Promise((resolve, reject) => {
    httpRequest(
      {
        host: 'a.example.net',
        port: at.port,
        agent: httpAgent,
        lookup: (_host, _options, answered) => answered(null, INWARD, 4),
      },
      response => resolve(response.resume().statusCode),
    )
      .on('error', reject)
      .end()
  })
  assert.equal(status, 200, 'our own lookup was asked, not the client’s')
  const local = new Promise((resolve, reject) => {
    httpRequest({ socketPath: '/var/run/docker.sock', agent: httpAgent }, resolve)
      .on('error', reject)
      .end()
  })
  await assert.rejects(local, { code: 'outbound.refused' })
  assert.equal(at.inwardConnections(), 0)
})

test('node:http over our agent keeps its connection', async () => {
  const at = await on((_request, response) => response.end('public'))
  const { httpAgent } = outboundAgent(policy(at, { 'a.example.net': [[PUBLIC]] }))
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve, reject) => {
      httpRequest({ host: 'a.example.net', port: at.port, agent: httpAgent }, response =>
        response.resume().on('close', resolve),
      )
        .on('error', reject)
        .end()
    })
  }
  assert.equal(at.publicConnections(), 1)
})

test('our own address is refused although it is public, until it is excepted', async () => {
  const at = await on((_request, response) => response.end('public'))
  const names = { 'a.example.net': [['93.184.215.14']] }
  const own = { ownAddresses: () => ['93.184.215.14'] }
  const url = `http://a.example.net:${at.port}/`
  assert.equal(await codeOf(url, policy(at, names, {}, own)), 'outbound.own_address')
})
