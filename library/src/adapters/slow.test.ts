import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Asked, Told } from './slow.child.test.kit.ts'

const CROWD = 1000
const MIB = 1024 * 1024
const MOST_GROWTH = 64 * MIB
const DRIP_MS = 250

const KINDS = [
  'GET /open HTTP/1.1\r\nHost: localhost\r\nX-',
  'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n"',
  'GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n',
] as const
const READER = 2

async function told(child: ChildProcess, asked: Asked = 'look'): Promise<Told> {
  const answer = once(child, 'message')
  child.send(asked)
  return (await answer)[0] as Told
}

/** Milliseconds that one ordinary request takes; its answer must be right. */
async function friend(port: number, agent: Agent): Promise<number> {
  const began = performance.now()
  const [response] = await once(get({ port, agent, host: '127.0.0.1', path: '/open' }), 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  assert.deepEqual([response.statusCode, text], [200, 'here'])
  return performance.now() - began
}

const p99 = (times: readonly number[]): string =>
  `${(times.toSorted((one, other) => one - other)[Math.floor(times.length * 0.99)] ?? 0).toFixed(1)} ms`

test(`${CROWD} slow connections are all cut, in little memory, while friends are served`, {
  timeout: 120_000,
}, async (t: TestContext) => {
  const child = fork(join(import.meta.dirname, 'slow.child.test.kit.ts'), {
    execArgv: ['--conditions=bulwark:source', '--expose-gc'],
  })
  const [{ port }] = (await once(child, 'message')) as [Told]
  const agent = new Agent({ keepAlive: true, maxSockets: 2 })
  const crowd: Socket[] = []
  let drip: NodeJS.Timeout | undefined
  const openedAt = new Map<Socket, number>()
  const lasted = new Map<Socket, number>()
  try {
    const alone: number[] = []
    for (let at = 0; at < 300; at++) alone.push(await friend(port, agent))
    const before = await told(child)

    let connected = 0
    const began = performance.now()
    for (let at = 0; at < CROWD; at++) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.on('connect', () => {
        connected++
        openedAt.set(socket, performance.now())
      })
      socket.on('close', () => {
        lasted.set(socket, performance.now() - (openedAt.get(socket) ?? began))
      })
      if (at % 3 === READER) socket.pause()
      else socket.resume()
      socket.write(KINDS[at % 3] ?? '')
      crowd.push(socket)
    }
    drip = setInterval(() => {
      for (const [at, socket] of crowd.entries()) {
        if (at % 3 !== READER && socket.writable) socket.write('a')
      }
    }, DRIP_MS)

    const among: number[] = []
    let most = before.rss
    let peak = 0
    let seconds = 0
    for (
      let now = before;
      now.sockets > before.sockets || connected < CROWD;
      now = await told(child)
    ) {
      peak = Math.max(peak, now.sockets - before.sockets)
      most = Math.max(most, now.rss)
      for (let at = 0; at < 20; at++) among.push(await friend(port, agent))
      seconds = (performance.now() - began) / 1000
    }

    const slowest = (kind: number): string => {
      const times = crowd.flatMap((socket, at) =>
        at % 3 === kind ? [lasted.get(socket) ?? 0] : [],
      )
      return `${(Math.max(...times) / 1000).toFixed(1)} s`
    }
    t.diagnostic(
      `gone: headers in ${slowest(0)} of 4, bodies in ${slowest(1)} of 5, all in ${seconds.toFixed(1)} s`,
    )
    t.diagnostic(
      `p99 of friends: alone ${p99(alone)}, among them ${p99(among)} (${among.length} requests)`,
    )
    t.diagnostic(
      `memory: ${((most - before.rss) / MIB).toFixed(1)} MiB more than ${(before.rss / MIB).toFixed(0)}`,
    )
    assert.equal(connected, CROWD, 'all of the crowd came in')
    assert.ok(most - before.rss < MOST_GROWTH, `${(most - before.rss) / MIB} MiB more`)
  } finally {
    clearInterval(drip)
    for (const socket of crowd) socket.destroy()
    agent.destroy()
    child.send('end' satisfies Asked)
    await once(child, 'exit')
  }
})
