import type { Clock } from '../../kernel/clock.ts'
import type { Stores } from '../port/stores.ts'

export interface HousekeepingGround {
  readonly stores: Stores
  readonly clock: Clock
  /** More to do in each round, such as `flows.sweepDeleted`. */
  readonly sweep?: () => Promise<unknown>
  /** Told when a round fails; the next one tries again. */
  readonly failed?: (error: unknown) => void
}

export interface Housekeeping {
  /** Takes out what ended: sessions, links, refresh tokens, counters. Answers how many rows. */
  runOnce(): Promise<number>
  /** Does it once a minute. */
  start(): void
  /** Stops; resolves when the round in hand is over. */
  stop(): Promise<void>
}

const EVERY_MS = 60_000
/** Rows taken out at once: short transactions leave room for others between them. */
const BATCH = 500
/** Batches of one kind in one round; what is left waits for the next. */
const BATCHES = 20

/**
 * Takes out of the stores what has ended. Nothing depends on it for its safety: what has ended is
 * refused by its own time. Several processes may do it at once.
 */
export function housekeeping(ground: HousekeepingGround): Housekeeping {
  const { stores, clock } = ground
  const { sessions, oneTimeTokens, refreshTokens, counters } = stores
  let timer: NodeJS.Timeout | undefined
  let working: Promise<number> | undefined

  const emptied = async (port: {
    prune(now: number, limit: number): Promise<number>
  }): Promise<number> => {
    let gone = 0
    for (let batch = 0; batch < BATCHES; batch++) {
      const taken = await port.prune(clock(), BATCH)
      gone += taken
      if (taken < BATCH) break
    }
    return gone
  }
  const round = async (): Promise<number> => {
    let gone = 0
    for (const port of [sessions, oneTimeTokens, refreshTokens, counters])
      gone += await emptied(port)
    await ground.sweep?.()
    return gone
  }
  const run = (): Promise<number> => {
    working ??= round().finally(() => {
      working = undefined
    })
    return working
  }
  return {
    runOnce: run,
    start() {
      timer ??= setInterval(() => {
        run().catch(error => ground.failed?.(error))
      }, EVERY_MS).unref()
    },
    async stop() {
      clearInterval(timer)
      timer = undefined
      await working?.catch(() => 0)
    },
  }
}
