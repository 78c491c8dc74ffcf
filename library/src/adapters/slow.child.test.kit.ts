import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { assemble } from '../bulwark.ts'
import { memoryStores } from '../store/memory/memory.ts'
import { bulwark } from './node/node.ts'

/** Asked by the parent; answered with `Told`. */
export type Asked = 'look' | 'end'

export interface Told {
  readonly port: number
  readonly rss: number
  /** Connections now open. */
  readonly sockets: number
}

const BIG = Buffer.alloc(8 * 1024 * 1024, 'a')

/** A service in a process of its own, with deadlines so short that a test can wait for them. */
const defences = await assemble({
  mode: 'development',
  stores: memoryStores(),
  limits: {
    // On a machine that is busy with other things the loop lags through no fault of the crowd.
    shed: { maxLoopDelayMs: 60_000 },
    server: {
      headersSeconds: 4,
      requestSeconds: 5,
      keepAliveSeconds: 60,
      checkSeconds: 0.25,
      minReadBytesPerSecond: 8 * 1024 * 1024,
    },
  },
})
const open = { access: { public: true } } as const
const server = createServer(
  await bulwark(
    { bulwark: defences },
    {
      'GET /open': { ...open, handle: ({ response }) => void response.end('here') },
      'GET /big': { ...open, handle: ({ response }) => void response.end(BIG) },
      'POST /echo': { ...open, handle: ({ response }) => void response.end('heard') },
    },
  ),
)
const hardened = defences.harden(server)
server.listen(0, '127.0.0.1', () => tell())

function tell(): void {
  const { port } = server.address() as AddressInfo
  globalThis.gc?.()
  process.send?.({
    port,
    rss: process.memoryUsage.rss(),
    sockets: hardened?.sockets ?? 0,
  } satisfies Told)
}

process.on('message', (asked: Asked) => {
  if (asked === 'look') tell()
  else process.exit(0)
})
