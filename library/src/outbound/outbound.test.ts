import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { inspect } from 'node:util'
import type { AuditEvent } from '../audit/event.ts'
import { testClock } from '../kernel/clock.ts'
import type { Refusal } from '../kernel/refusal.ts'
import { PUBLIC, policyOn, type Street, street } from './decoy.test.kit.ts'
import {
  judgeUrl,
  type OutboundEvent,
  OutboundRefused,
  outboundAuditEvent,
  outboundFetch,
  outboundMeter,
  outboundPolicy,
  refusals,
  safeFetch,
} from './outbound.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function on(answer: Parameters<typeof street>[0]): Promise<Street> {
  const at = await street(answer)
  closers.push(() => at.close())
  return at
}

const NAMES = { 'a.example.net': [[PUBLIC]] }

function policy(
  at: Street,
  ...rest: [...Parameters<typeof policyOn>] extends [unknown, ...infer R] ? R : never
) {
  const made = policyOn(at, ...rest)
  closers.push(() => made.close())
  return made
}

/** Echoes method, headers and body as JSON. */
const echo: Parameters<typeof street>[0] = (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { method, headers } = request
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ method, headers, body: Buffer.concat(chunks).toString() }))
  })
}

interface Echoed {
  method: string
  headers: Record<string, string>
  body: string
}

test('all refusals say the same to the client, and each has a code of its own', () => {
  const all: Refusal[] = Object.values(refusals)
  for (const { says, status } of all) assert.deepEqual([says, status], ['outbound.refused', 422])
  assert.equal(new Set(all.map(({ code }) => code)).size, all.length)
  for (const { code } of all) assert.match(code, /^outbound\.[a-z_]+$/)
})

test('what is thrown or logged of a refusal names no address and no reason', async () => {
  const at = await on(echo)
  const fetch = outboundFetch(policy(at, { 'in.example.net': [['10.1.2.3']] }))
  const error = await fetch(`http://in.example.net:${at.port}/`).catch((thrown: unknown) => thrown)
  assert.ok(error instanceof OutboundRefused)
  assert.equal(error.code, 'outbound.refused')
  assert.match(error.refusal.why ?? '', /10\.1\.2\.3/)
  for (const shown of [String(error), error.stack ?? '', inspect(error), JSON.stringify(error)]) {
    assert.doesNotMatch(shown, /10\.1\.2\.3|private|in\.example/)
  }
})

test('what names and the network refuse takes a whole number of steps; a bad URL answers at once', async () => {
  const at = await on(echo)
  const clock = testClock()
  const slept: number[] = []
  const names = { 'in.example.net': [['10.1.2.3']], 'no.example.net': [[]], ...NAMES }
  const using = policy(
    at,
    names,
    { refusalStepMs: 100 },
    {
      clock,
      sleep: async ms => {
        slept.push(ms)
        clock.advance(ms)
      },
      resolve: async host => {
        clock.advance(host === 'in.example.net' ? 3 : 142)
        return names[host as keyof typeof names]?.[0] ?? []
      },
    },
  )
  const took = async (url: string): Promise<number> => {
    const began = clock()
    const outcome = await safeFetch(url, { policy: using })
    assert.equal(outcome.ok, false)
    return clock() - began
  }
  assert.equal(await took(`http://in.example.net:${at.port}/`), 100)
  assert.equal(await took(`http://no.example.net:${at.port}/`), 200)
  assert.deepEqual(slept, [97, 58])
  assert.equal(await took('http://10.0.0.1/'), 0)
  const outcome = await safeFetch(`http://a.example.net:${at.port}/`, { policy: using })
  assert.ok(outcome.ok, 'and what is allowed waits for nothing')
  assert.equal(slept.length, 2)
})

for (const [what, body, type, text] of [
  ['text', 'grüße', 'text/plain;charset=UTF-8', 'grüße'],
  ['bytes', new TextEncoder().encode('bytes'), undefined, 'bytes'],
  ['a buffer', new TextEncoder().encode('buffer').buffer, undefined, 'buffer'],
  [
    'a form',
    new URLSearchParams({ a: '1 2' }),
    'application/x-www-form-urlencoded;charset=UTF-8',
    'a=1+2',
  ],
  ['a blob', new Blob(['blob'], { type: 'text/x' }), 'text/x', 'blob'],
  ['a stream', new Blob(['stream']).stream(), undefined, 'stream'],
] as const) {
  test(`a body of ${what} arrives with its type`, async () => {
    const at = await on(echo)
    const outcome = await safeFetch(`http://a.example.net:${at.port}/`, {
      policy: policy(at, NAMES),
      method: 'post',
      body,
    })
    assert.ok(outcome.ok)
    const echoed = (await outcome.value.json()) as Echoed
    assert.equal(echoed.method, 'POST')
    assert.equal(echoed.body, text)
    assert.equal(echoed.headers['content-type'], type)
    assert.equal(echoed.headers['transfer-encoding'], undefined)
  })
}

test('a Request of the platform goes out as it is, and a multipart form too', async () => {
  const at = await on(echo)
  const using = policy(at, NAMES)
  const form = new FormData()
  form.set('a', '1')
  const url = `http://a.example.net:${at.port}/`
  const request = new Request(url, { method: 'PUT', headers: { 'x-a': '1' }, body: form })
  const outcome = await safeFetch(request, { policy: using })
  assert.ok(outcome.ok)
  const echoed = (await outcome.value.json()) as Echoed
  assert.equal(echoed.method, 'PUT')
  assert.equal(echoed.headers['x-a'], '1')
  assert.match(echoed.headers['content-type'] ?? '', /^multipart\/form-data; boundary=/)
  assert.match(echoed.body, /name="a"\r\n\r\n1\r\n/)
})

test('headers may come in each of the three ways that fetch knows', async () => {
  const at = await on(echo)
  const using = policy(at, NAMES)
  for (const headers of [{ 'X-A': '1' }, [['X-A', '1']], new Headers({ 'X-A': '1' })]) {
    const init = { policy: using, headers: headers as Record<string, string> }
    const outcome = await safeFetch(`http://a.example.net:${at.port}/`, init)
    assert.ok(outcome.ok)
    assert.equal(((await outcome.value.json()) as Echoed).headers['x-a'], '1')
  }
})

for (const [what, code, init] of [
  ['a Host header', 'header', { headers: { Host: 'b.example.org' } }],
  ['Transfer-Encoding', 'header', { headers: { 'transfer-encoding': 'chunked' } }],
  ['Connection', 'header', { headers: { connection: 'upgrade' } }],
  ['Proxy-Authorization', 'header', { headers: { 'proxy-authorization': 'Basic x' } }],
  ['a header that splits the request', 'header', { headers: { 'x-a': '1\r\nx-b: 2' } }],
  ['a header name that splits the request', 'header', { headers: { 'x-a: 1\r\nx-b': '2' } }],
  ['a NUL in a header', 'header', { headers: { 'x-a': 'a\0b' } }],
  ['a header without a name', 'header', { headers: { '': '1' } }],
  ['a header over the limit', 'header', { headers: { 'x-a': 'x'.repeat(8193) } }],
  ['text beyond Latin-1 in a header', 'header', { headers: { 'x-a': '€' } }],
  ['CONNECT', 'method', { method: 'CONNECT' }],
  ['TRACE', 'method', { method: 'trace' }],
  ['a method that splits the request', 'method', { method: 'GET / HTTP/1.1\r\nx:' }],
  ['no method', 'method', { method: '' }],
] as const) {
  test(`${what} is refused before anything is opened`, async () => {
    const at = await on(echo)
    const using = policy(at, NAMES)
    const outcome = await safeFetch(`http://a.example.net:${at.port}/`, { policy: using, ...init })
    assert.equal(outcome.ok ? '' : outcome.refusal.code, `outbound.${code}`)
    assert.equal(at.publicConnections(), 0)
  })
}

test('a GET with a body is the caller’s own contradiction', async () => {
  const using = outboundPolicy({ name: 'p' })
  await assert.rejects(safeFetch('http://8.8.8.8/', { policy: using, body: 'x' }), TypeError)
})

test('redirect: manual hands the redirect over, error refuses it', async () => {
  const at = await on((_request, response) => {
    response.writeHead(302, { location: 'http://10.0.0.1/' }).end('moved')
  })
  const using = policy(at, NAMES)
  const url = `http://a.example.net:${at.port}/`
  const manual = await safeFetch(url, { policy: using, redirect: 'manual' })
  assert.ok(manual.ok)
  assert.equal(manual.value.status, 302)
  assert.equal(manual.value.headers.get('location'), 'http://10.0.0.1/')
  assert.equal(await manual.value.text(), 'moved')
  const error = await safeFetch(url, { policy: using, redirect: 'error' })
  assert.equal(error.ok ? '' : error.refusal.code, 'outbound.redirects')
})

test('the answer tells where it came from, and how', async () => {
  const at = await on((request, response) => {
    if (request.url === '/') response.writeHead(301, { location: '/there?x#frag' }).end()
    else response.end('here')
  })
  const url = `http://a.example.net:${at.port}/`
  const outcome = await safeFetch(url, { policy: policy(at, NAMES) })
  assert.ok(outcome.ok)
  assert.equal(outcome.value.url, `${url}there?x`)
  assert.equal(outcome.value.redirected, true)
})

test('a caller who gives up gets his own reason, and the connection is dropped', async () => {
  const arrived = Promise.withResolvers<void>()
  const dropped = Promise.withResolvers<void>()
  const at = await on(request => {
    request.socket.on('close', () => dropped.resolve())
    arrived.resolve()
  })
  const sleep = (): never => assert.fail('a caller who is gone waits for nothing')
  const using = policy(at, NAMES, { refusalStepMs: 100 }, { sleep })
  const aborter = new AbortController()
  const fetching = safeFetch(`http://a.example.net:${at.port}/`, {
    policy: using,
    signal: aborter.signal,
  })
  await arrived.promise
  aborter.abort(new Error('changed my mind'))
  await assert.rejects(fetching, /changed my mind/)
  await dropped.promise
  const late = safeFetch('http://8.8.8.8/', { policy: using, signal: aborter.signal })
  await assert.rejects(late, /changed my mind/)
})

test('events tell the operator everything but paths, queries, headers and bodies', async () => {
  const at = await on((request, response) => {
    if (request.url === '/secret-path') {
      response.writeHead(302, { location: `http://b.example.net:${at.port}/?token=1` }).end()
    } else response.end('body')
  })
  const seen: OutboundEvent[] = []
  const names = { ...NAMES, 'b.example.net': [[PUBLIC]], 'in.example.net': [['10.1.2.3']] }
  const using = policy(at, names, { name: 'hooks', observe: event => void seen.push(event) })
  const tenant = using.narrowed({ tenant: 'acme' })
  closers.push(() => tenant.close())
  await safeFetch(`http://a.example.net:${at.port}/secret-path`, { policy: tenant })
  await safeFetch(`http://in.example.net:${at.port}/secret-path`, { policy: using })
  const [a, b, inside] = ['a', 'b', 'in'].map(name => `http://${name}.example.net:${at.port}`)
  const facts = seen.map(({ ms, why, ...event }) => ({ ...event, timed: ms >= 0 }))
  const common = { policy: 'hooks', timed: true }
  const good = { ...common, tenant: 'acme', code: 'outbound.allowed' }
  const bad = { ...common, code: 'outbound.private_address' }
  assert.deepEqual(facts, [
    { ...good, kind: 'socket', hops: [a], address: PUBLIC },
    { ...good, kind: 'socket', hops: [b], address: PUBLIC },
    { ...good, kind: 'fetch', hops: [a, b], status: 200, bytes: 4 },
    { ...bad, kind: 'socket', hops: [inside] },
    { ...bad, kind: 'fetch', hops: [inside] },
  ])
  assert.match(seen[4]?.why ?? '', /in\.example\.net answers 10\.1\.2\.3 in 10\.0\.0\.0\/8/)
  assert.doesNotMatch(JSON.stringify(seen), /secret|token|body/)
})

test('a refused fetch is one event for the audit log, and an allowed one is none', async () => {
  const at = await on(echo)
  const events: AuditEvent[] = []
  const using = policy(
    at,
    { ...NAMES, 'in.example.net': [['10.1.2.3']] },
    {
      observe: event => events.push(...[outboundAuditEvent(event) ?? []].flat()),
    },
  )
  await safeFetch(`http://a.example.net:${at.port}/`, { policy: using })
  await safeFetch(`http://in.example.net:${at.port}/x`, { policy: using.narrowed({ tenant: 't' }) })
  assert.equal(events.length, 1)
  const [{ code, outcome, reason, detail } = assert.fail()] = events
  assert.deepEqual(
    [code, outcome, reason],
    ['outbound.refused', 'failure', 'outbound.private_address'],
  )
  assert.equal(detail?.['hops'], `http://in.example.net:${at.port}`)
  assert.equal(detail?.['tenant'], 't')
  assert.match(String(detail?.['why']), /10\.1\.2\.3/)
})

test('an observer that throws decides nothing', async () => {
  const at = await on(echo)
  const observe = (): never => {
    throw new Error('the log is full')
  }
  const using = policy(at, NAMES, { observe })
  assert.equal((await safeFetch(`http://a.example.net:${at.port}/`, { policy: using })).ok, true)
  assert.equal((await safeFetch('http://10.0.0.1/', { policy: using })).ok, false)
})

test('a meter counts by policy and code', async () => {
  const at = await on(echo)
  const meter = outboundMeter()
  const using = policy(at, NAMES, { name: 'hooks', observe: meter.observe })
  const url = `http://a.example.net:${at.port}/`
  for (const one of [url, url, 'http://10.0.0.1/', 'ftp://a.example.net/']) {
    await safeFetch(one, { policy: using })
  }
  const { hooks } = meter.read()
  assert.deepEqual(hooks?.fetches, {
    'outbound.allowed': 2,
    'outbound.port': 1,
    'outbound.scheme': 1,
  })
  assert.deepEqual(hooks?.sockets, { 'outbound.allowed': 1 })
  assert.ok((hooks?.bytes ?? 0) > 100)
})

test('what a server says in a refusal’s reason cannot forge a log line', async () => {
  const at = await on((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'x\u0085y' }).end('z')
  })
  const outcome = await safeFetch(`http://a.example.net:${at.port}/`, { policy: policy(at, NAMES) })
  assert.equal(outcome.ok ? '' : outcome.refusal.why, 'content-encoding x\\u{85}y')
})

test('more requests than places wait their turn, and no longer than the deadline', async () => {
  let [under, most] = [0, 0]
  const held: (() => void)[] = []
  const at = await on((request, response) => {
    most = Math.max(most, ++under)
    const answer = (): void => {
      under--
      response.end()
    }
    if (request.url === '/hold') held.push(answer)
    else setTimeout(answer, 5)
  })
  const using = policy(at, NAMES, { maxConcurrent: 2, totalMs: 150 })
  const url = `http://a.example.net:${at.port}/`
  const all = await Promise.all(Array.from({ length: 9 }, () => safeFetch(url, { policy: using })))
  assert.ok(all.every(({ ok }) => ok))
  assert.equal(most, 2)
  const [one, two, three] = [1, 2, 3].map(() => safeFetch(`${url}hold`, { policy: using }))
  const late = await three
  assert.match(late?.ok === false ? late.refusal.code : '', /^outbound\.(?:busy|timeout)$/)
  await Promise.all([one, two])
  for (const answer of held) answer()
  assert.equal((await safeFetch(url, { policy: using })).ok, true, 'the places came back')
})

test('many hosts do not keep more sockets open than the policy says', async () => {
  const at = await on(echo)
  const hosts = Array.from({ length: 12 }, (_, index) => `h${index}.example.net`)
  const using = policy(at, Object.fromEntries(hosts.map(host => [host, [[PUBLIC]]])), {
    maxSockets: 3,
  })
  for (const host of hosts) {
    const outcome = await safeFetch(`http://${host}:${at.port}/`, { policy: using })
    assert.ok(outcome.ok, outcome.ok ? '' : outcome.refusal.code)
  }
  assert.equal(at.publicConnections(), 12)
  await new Promise(setImmediate)
  assert.ok(at.openConnections() <= 3, `${at.openConnections()} are open`)
})

test('a server cannot make us keep its connection for longer than we decided', async () => {
  const closed = Promise.withResolvers<void>()
  const at = await on((request, response) => {
    request.socket.on('close', () => closed.resolve())
    response.writeHead(200, { 'keep-alive': 'timeout=600' }).end()
  })
  const using = policy(at, NAMES, { keepAliveMs: 50 })
  assert.ok((await safeFetch(`http://a.example.net:${at.port}/`, { policy: using })).ok)
  const began = performance.now()
  await closed.promise
  assert.ok(performance.now() - began < 3000)
})

test('a URL is judged when it is entered, without a lookup', () => {
  const using = outboundPolicy({ name: 'p' }, { resolve: () => assert.fail('looked up') })
  assert.equal(judgeUrl('https://hooks.example-shop.com/in', using), undefined)
  assert.equal(judgeUrl('https://10.0.0.1/', using)?.code, 'outbound.private_address')
  assert.equal(judgeUrl('https://hooks.local/', using)?.code, 'outbound.local_name')
})

test('nothing comes through a policy that was closed', async () => {
  const at = await on(echo)
  const using = policy(at, NAMES)
  const url = `http://a.example.net:${at.port}/`
  assert.ok((await safeFetch(url, { policy: using })).ok)
  await using.close()
  const outcome = await safeFetch(url, { policy: using })
  assert.equal(outcome.ok ? '' : outcome.refusal.code, 'outbound.network')
})
