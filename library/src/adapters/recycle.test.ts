import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { assemble } from '../bulwark.ts'
import { memoryStores } from '../store/memory/memory.ts'
import { bulwark } from './node/node.ts'

test('a process that has served its number of requests asks for a successor once, and the log says so', async () => {
  const defences = await assemble({
    stores: memoryStores(),
    limits: { recycle: { requests: 5, jitter: 0 } },
  })
  const listener = await bulwark(
    { bulwark: defences },
    { 'GET /': { access: { public: true }, handle: ({ response }) => void response.end('here') } },
  )
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    for (let at = 0; at < 4; at++) await (await fetch(`http://127.0.0.1:${port}/`)).text()
    assert.deepEqual(await worn(), [])
    for (let at = 0; at < 20; at++) {
      assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'here')
    }
    // No primary here that could follow: that is what the outcome says.
    assert.deepEqual(await worn(), [['failure', 'requests']])
  } finally {
    server.close()
    server.closeAllConnections()
    await defences.close()
  }

  async function worn(): Promise<unknown[]> {
    await defences.audit?.flush()
    const events = (await defences.audit?.read({ code: 'system.worn', limit: 10 })) ?? []
    return events.map(({ outcome, reason }) => [outcome, reason])
  }
})
