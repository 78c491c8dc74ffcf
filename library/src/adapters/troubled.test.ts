import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { assemble } from '../bulwark.ts'
import { client, until } from '../http/wire.test.kit.ts'
import { StoreFault } from '../kernel/fault.ts'
import { memoryStores } from '../store/memory/memory.ts'
import type { Stores } from '../store/port/stores.ts'
import { ask, FRAMEWORKS, type House, houses, NOW } from './house.test.kit.ts'
import type { Row } from './rows/row.ts'

const open: (Server | undefined)[] = []
after(() => {
  for (const server of open) {
    server?.closeAllConnections()
    server?.close()
  }
})

async function troubled(...given: Parameters<typeof houses>): Promise<ReadonlyMap<string, House>> {
  const all = await houses(...given)
  open.push(...[...all.values()].map(({ server }) => server))
  return all
}

const fault = (): StoreFault => new StoreFault('a.verb', new Error('hunter2'))

/** Stores of which one port can be made to fail, at once or a moment later. */
function failing(
  port: 'sessions' | 'counters',
  verb: string,
): { stores: Stores; down: '' | 'now' | 'later' } {
  const memory = memoryStores()
  const broken = {
    down: '' as '' | 'now' | 'later',
    stores: {
      ...memory,
      [port]: new Proxy(memory[port], {
        get(target, name) {
          const member: unknown = Reflect.get(target, name)
          if (typeof member !== 'function') return member
          return (...parameters: unknown[]) => {
            if (name === verb && broken.down === 'now') throw fault()
            if (name === verb && broken.down === 'later') return Promise.reject(fault())
            return member.apply(target, parameters)
          }
        },
      }),
    },
  }
  return broken
}

const row = (method: string, path: string, status: number, cookie = '{session}'): Row => ({
  what: '',
  method,
  path,
  headers: { cookie, 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
  ...(method === 'POST' && { body: '{}' }),
  status,
})

for (const down of ['now', 'later'] as const) {
  test(`a session store that fails ${down} lets nobody in, and is 503 on every framework`, async () => {
    const broken = failing('sessions', 'find')
    const all = await troubled({ mode: 'development', stores: broken.stores })
    broken.down = down
    for (const [name, house] of all) {
      for (const [method, path] of [
        ['GET', '/mine'],
        ['GET', '/admin'],
        ['GET', '/hidden'],
        ['GET', '/open'],
        ['POST', '/echo'],
        ['GET', '/csrf-token'],
      ] as const) {
        const { status, text, headers } = await ask(house, row(method, path, 503))
        assert.equal(status, 503, `${name} ${path}: ${text}`)
        assert.match(text, /"code":"service\.unavailable"/)
        assert.doesNotMatch(text, /hunter2/)
        assert.equal(headers['x-content-type-options'], 'nosniff')
        assert.equal(headers['retry-after'], '5')
      }
      const stranger = await ask(house, row('GET', '/open', 200, 'theme=dark'))
      assert.equal(stranger.status, 200, `${name}: who brings no session needs no store`)
    }
    broken.down = ''
    for (const house of all.values())
      assert.equal((await ask(house, row('GET', '/mine', 200))).status, 200)
  })

  test(`a counter store that fails ${down} is no open door and no outage, on every framework`, async () => {
    for (const name of Object.keys(FRAMEWORKS)) {
      const broken = failing('counters', 'hit')
      const all = await troubled(
        {
          mode: 'development',
          stores: broken.stores,
          throttle: { default: { by: 'address', limit: 16, windowSeconds: 60 } },
        },
        [name],
      )
      broken.down = down
      const house = all.get(name)
      assert.ok(house)
      const seen: number[] = []
      for (let at = 0; at < 8; at++)
        seen.push((await ask(house, row('GET', '/open', 200, 'a=b'))).status)
      assert.deepEqual(seen, [200, 200, 200, 200, 429, 429, 429, 429], name)
      await house.defences.audit?.flush()
      const events =
        (await house.defences.audit?.read({ code: 'throttle.degraded', limit: 5 })) ?? []
      assert.equal(events.length, 1, name)
    }
  })
}

test('a route that takes its time for bodies is given it, and no other, on every framework', async () => {
  for (const [name, start] of Object.entries(FRAMEWORKS)) {
    const defences = await assemble({
      stores: memoryStores(),
      mode: 'development',
      clock: () => NOW,
    })
    const given: number[] = []
    const server = await start({
      ...defences,
      extend: (message, seconds) => {
        given.push(seconds)
        defences.extend(message, seconds)
      },
    })
    open.push(server)
    const { port } = server.address() as AddressInfo
    const form = new FormData()
    form.set('a', '1')
    await fetch(`http://127.0.0.1:${port}/parts`, { method: 'POST', body: form })
    await fetch(`http://127.0.0.1:${port}/echo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    assert.deepEqual(given, [90], name)
  }
})

const H = 'Host: localhost\n'
const FORM = 'Content-Type: multipart/form-data; boundary=x\n'

test('who goes away while waiting for a place takes none, on every framework', async () => {
  const all = await troubled({
    mode: 'development',
    limits: { concurrency: { max: 1, queue: 10, queueSeconds: 60 } },
  })
  for (const [name, { server }] of all) {
    const { port } = server.address() as AddressInfo
    const taken: Socket[] = []
    server.on('connection', socket => taken.push(socket))
    const come = (text: string) => client(connect(port, '127.0.0.1'), text)
    const first = come(
      `POST /parts HTTP/1.1\n${H}${FORM}Connection: close\nContent-Length: 4\n\n--x`,
    )
    await until(() => (taken[0]?.bytesRead ?? 0) > 0, 'the first is inside')
    const others = Array.from({ length: 5 }, () => come(`GET /open HTTP/1.1\n${H}\n`))
    await until(
      () => taken.length === 6 && taken.every(({ bytesRead }) => bytesRead > 0),
      'five wait',
    )
    for (const { socket } of others) socket.destroy()
    await until(() => taken.slice(1).every(({ destroyed }) => destroyed), 'five are gone')
    first.send('x')
    assert.match(await first.closed, /^HTTP\/1\.1 200 /, name)
    for (let again = 0; again < 3; again++) {
      const next = come(`GET /open HTTP/1.1\n${H}Connection: close\n\n`)
      assert.match(await next.closed, /^HTTP\/1\.1 200 /, name)
    }
    for (const { text } of others) assert.equal(text, '', name)
  }
})

test('our own proxies may have more connections than one address may', async () => {
  const defences = await assemble({
    mode: 'development',
    stores: memoryStores(),
    trustedProxies: ['192.0.2.0/24'],
    limits: { server: { maxSocketsPerAddress: 2 } },
  })
  const server = createServer().removeAllListeners('connection')
  defences.harden(server)
  const comes = (remoteAddress: string): boolean => {
    let isOpen = true
    const socket = Object.assign(new EventEmitter(), {
      remoteAddress,
      bytesRead: 0,
      bytesWritten: 0,
      writableLength: 0,
      destroy() {
        isOpen = false
      },
    })
    server.emit('connection', socket)
    return isOpen
  }
  const three = (address: string): boolean[] => [comes(address), comes(address), comes(address)]
  assert.deepEqual(three('192.0.2.7'), [true, true, true])
  assert.deepEqual(three('::ffff:192.0.2.8'), [true, true, true])
  assert.deepEqual(three('203.0.113.7'), [true, true, false])
  assert.deepEqual(three('2001:db8::7'), [true, true, false])
  assert.equal(comes('2001:db8::ffff'), false, 'one network is one address')
  server.close()
  await defences.close()
})
