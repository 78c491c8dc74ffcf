import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { hashRaw } from '@node-rs/argon2'
import { serving } from '../contender.ts'
import { type Cost, PASSWORD } from '../login.ts'

/**
 * Nothing but hashes, one on each core: the rate that no login can exceed. And the same hash for
 * each request that bare node:http takes: the rate that no login over HTTP can exceed.
 */
const cost = JSON.parse(process.argv[2] ?? '') as Cost
const salt = Buffer.alloc(16, 7)
let done = 0
let running = false
const hash = (password: string): Promise<Buffer> =>
  hashRaw(password, {
    algorithm: 2,
    version: 1,
    salt,
    memoryCost: cost.memoryKiB,
    timeCost: cost.passes,
    parallelism: cost.lanes,
    outputLen: 32,
  })
const lane = async (): Promise<void> => {
  while (running) {
    await hash(PASSWORD)
    done += 1
  }
}
const server = createServer((incoming, outgoing) => {
  let body = ''
  incoming.setEncoding('utf8')
  incoming.on('data', (part: string) => {
    body += part
  })
  incoming.on('end', async () => {
    const { password } = JSON.parse(body) as { password: string }
    const hashed = await hash(password)
    outgoing.setHeader('content-type', 'application/json')
    outgoing.end(JSON.stringify({ hashed: hashed.length }))
  })
}).listen(0, '127.0.0.1')
await once(server, 'listening')
serving(
  { port: (server.address() as AddressInfo).port },
  {
    begin: () => {
      running = true
      done = 0
      for (let at = 0; at < availableParallelism(); at++) void lane()
      return 0
    },
    end: () => {
      running = false
      return done
    },
  },
)
