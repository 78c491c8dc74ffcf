import { availableParallelism } from 'node:os'
import { hashRaw } from '@node-rs/argon2'
import { serving } from '../contender.ts'
import { type Cost, PASSWORD } from '../login.ts'

/** Nothing but hashes, one on each core: the rate that no login can exceed. */
const cost = JSON.parse(process.argv[2] ?? '') as Cost
const salt = Buffer.alloc(16, 7)
let done = 0
let running = false
const lane = async (): Promise<void> => {
  while (running) {
    await hashRaw(PASSWORD, {
      algorithm: 2,
      version: 1,
      salt,
      memoryCost: cost.memoryKiB,
      timeCost: cost.passes,
      parallelism: cost.lanes,
      outputLen: 32,
    })
    done += 1
  }
}
serving(
  { port: 0 },
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
