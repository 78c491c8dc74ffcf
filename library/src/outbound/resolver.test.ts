import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { afterEach, test } from 'node:test'
import { codeOf } from './refusals.ts'
import { dnsResolver } from './resolver.ts'

// A name server of our own on loopback: names are what it says, and it counts who asks.

type Records = { readonly a?: readonly string[]; readonly aaaa?: readonly string[] }

let server: Socket | undefined
afterEach(() => {
  server?.close()
  server = undefined
})

/** Answers by name; a name it does not know is NXDOMAIN, `'silent'` never answers, a number is the RCODE. */
async function nameServer(
  zone: Readonly<Record<string, Records | 'silent' | number>>,
): Promise<{ at: string; asked: string[] }> {
  const asked: string[] = []
  const socket = createSocket('udp4', (query, from) => {
    const labels: string[] = []
    let at = 12
    while (query[at] !== 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] ?? 0)))
      at += 1 + (query[at] ?? 0)
    }
    const question = query.subarray(12, at + 5)
    const type = query.readUInt16BE(at + 1)
    const name = labels.join('.').toLowerCase()
    asked.push(`${name} ${type === 28 ? 'AAAA' : 'A'}`)
    const entry = zone[name]
    if (entry === 'silent') return
    const records = typeof entry === 'object' ? ((type === 28 ? entry.aaaa : entry.a) ?? []) : []
    const rcode = typeof entry === 'number' ? entry : entry === undefined ? 3 : 0
    const header = Buffer.alloc(12)
    query.copy(header, 0, 0, 2)
    header.writeUInt16BE(0x8180 | rcode, 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(records.length, 6)
    const answers = records.map(record => {
      const data = bytesOf(record)
      const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length])
      return Buffer.concat([head, data])
    })
    socket.send(Buffer.concat([header, question, ...answers]), from.port, from.address)
  })
  server = socket
  await new Promise<void>(done => socket.bind(0, '127.0.0.1', done))
  return { at: `127.0.0.1:${socket.address().port}`, asked }
}

function bytesOf(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  return Buffer.from(
    address
      .split(':')
      .map(hextet => hextet.padStart(4, '0'))
      .join(''),
    'hex',
  )
}

const V6 = '2606:4700:0:0:0:0:0:1'

test('all A and AAAA records are found, IPv6 first and in turns', async () => {
  const { at, asked } = await nameServer({
    'a.example.net': { a: ['192.0.2.1', '192.0.2.2', '192.0.2.3'], aaaa: [V6] },
  })
  const found = await dnsResolver([at])('a.example.net', 1000)
  assert.deepEqual([...found.slice(0, 1)], ['2606:4700::1'])
  assert.deepEqual([...found].sort(), ['192.0.2.1', '192.0.2.2', '192.0.2.3', '2606:4700::1'])
  assert.deepEqual(asked.sort(), ['a.example.net A', 'a.example.net AAAA'])
})

test('one family without records, or with broken servers, does not hide the other', async () => {
  const { at } = await nameServer({ 'v4.example.net': { a: ['192.0.2.1'] } })
  assert.deepEqual(await dnsResolver([at])('v4.example.net', 1000), ['192.0.2.1'])
})

test('a name that is not there has no address; a server that fails is told as failing', async () => {
  const { at } = await nameServer({ 'refused.example.net': 5, 'empty.example.net': {} })
  const resolve = dnsResolver([at])
  assert.deepEqual(await resolve('nowhere.example.net', 1000), [])
  assert.deepEqual(await resolve('empty.example.net', 1000), [])
  await assert.rejects(resolve('refused.example.net', 1000))
})

test('a server that never answers is given up on in time', async () => {
  const { at } = await nameServer({ 'slow.example.net': 'silent' })
  const began = performance.now()
  await assert.rejects(dnsResolver([at])('slow.example.net', 120), error => {
    assert.match(codeOf(error), /^E(?:CANCELLED|TIMEOUT)$/)
    return true
  })
  assert.ok(performance.now() - began < 1000)
})

test('no name server is asked about localhost, and no search list is tried', async () => {
  const { at, asked } = await nameServer({})
  const resolve = dnsResolver([at])
  assert.deepEqual(await resolve('localhost', 1000), ['127.0.0.1', '::1'])
  assert.deepEqual(await resolve('api.localhost', 1000), ['127.0.0.1', '::1'])
  assert.deepEqual(asked, [])
  await resolve('a.example.net', 1000)
  assert.deepEqual([...new Set(asked)].sort(), ['a.example.net A', 'a.example.net AAAA'])
})
