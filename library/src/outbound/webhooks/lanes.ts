import type { Clock } from '../../kernel/clock.ts'

/** An answer that takes longer holds a place that others need. */
const SLOW_MS = 3000
/** So many at a time go to somebody who answers slowly. */
const SLOW_LANE = 4
/** So long nobody asks again who did not answer at all; then one goes and looks. */
const QUIET_MS = 30_000
const PAUSE_MS = 5000
/** More lanes than this are looked through for those that are not needed any more. */
const MOST_LANES = 10_000

interface Lane {
  flying: number
  isSlow: boolean
  quietUntil: number
}

/**
 * Keeps one receiver that hangs from holding up everybody else's: what is for him waits in the queue.
 *
 * Decision: remembered in the process, because it is about its places. Cost: each process finds out anew.
 */
export class Lanes {
  readonly #clock: Clock
  readonly #lanes = new Map<string, Lane>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Goes, and answers nothing; or answers the moment, in milliseconds, at which to come again. */
  enter(endpointId: string): number | undefined {
    const now = this.#clock()
    const lane = this.#lanes.get(endpointId) ?? { flying: 0, isSlow: false, quietUntil: 0 }
    const places = lane.quietUntil > 0 ? 1 : SLOW_LANE
    if (lane.isSlow && (now < lane.quietUntil || lane.flying >= places)) {
      return Math.max(lane.quietUntil, now + PAUSE_MS)
    }
    lane.flying += 1
    this.#lanes.set(endpointId, lane)
    return undefined
  }

  leave(endpointId: string, tookMs: number, wasAnswered: boolean): void {
    const lane = this.#lanes.get(endpointId)
    if (lane === undefined) return
    lane.flying -= 1
    lane.isSlow = tookMs > SLOW_MS
    lane.quietUntil = lane.isSlow && !wasAnswered ? this.#clock() + QUIET_MS : 0
    if (lane.flying === 0 && !lane.isSlow) this.#lanes.delete(endpointId)
    if (this.#lanes.size > MOST_LANES) this.#sweep()
  }

  #sweep(): void {
    const now = this.#clock()
    for (const [endpointId, { flying, quietUntil }] of this.#lanes) {
      if (flying === 0 && quietUntil <= now) this.#lanes.delete(endpointId)
    }
  }
}
