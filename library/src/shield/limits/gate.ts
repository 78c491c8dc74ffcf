import type { Clock } from '../../kernel/clock.ts'
import type { Refusal } from '../../kernel/refusal.ts'

export const refusals = {
  full: { code: 'limits.full', says: 'limits.busy', status: 503, retryAfterSeconds: 5 },
  waited: { code: 'limits.waited', says: 'limits.busy', status: 503, retryAfterSeconds: 5 },
} as const

export interface GateOptions {
  /** How many at once. */
  readonly max: number
  /** How many may wait. */
  readonly queue: number
  /** How long one may wait. */
  readonly queueSeconds: number
  /** Milliseconds that go forward; the system's unless given. */
  readonly clock?: Clock
}

/** So many at once, so many waiting, the rest 503. After each `enter` that let in: one `leave`. */
export interface Gate {
  /** Undefined: come in. A refusal: `limits.full`. A promise: wait for either, or `limits.waited`. */
  enter(): Refusal | undefined | Promise<Refusal | undefined>
  leave(): void
  readonly inside: number
  readonly waiting: number
}

interface Waiter {
  readonly deadline: number
  readonly answer: (refusal: Refusal | undefined) => void
}

/**
 * Admission in order of arrival. Everybody may wait equally long, so the first in the queue is also
 * the first to give up, and one timer serves all.
 *
 * @see ASVS 15.2.2
 */
export function gate(options: GateOptions): Gate {
  const { max, queue, clock = Date.now } = options
  const waitMs = options.queueSeconds * 1000
  const line: Waiter[] = []
  let inside = 0
  let timer: NodeJS.Timeout | undefined

  const giveUp = (): void => {
    const now = clock()
    while (line[0] !== undefined && line[0].deadline <= now) line.shift()?.answer(refusals.waited)
    timer = undefined
    watchFirst()
  }
  const watchFirst = (): void => {
    const first = line[0]
    if (timer !== undefined || first === undefined) return
    timer = setTimeout(giveUp, Math.max(1, first.deadline - clock()))
    timer.unref()
  }

  return {
    enter() {
      if (inside < max) {
        inside++
        return undefined
      }
      if (line.length >= queue) return refusals.full
      return new Promise(answer => {
        line.push({ deadline: clock() + waitMs, answer })
        watchFirst()
      })
    },
    leave() {
      const next = line.shift()
      // The place goes from hand to hand: whoever comes now cannot slip in between.
      if (next === undefined) inside--
      else next.answer(undefined)
    },
    get inside() {
      return inside
    },
    get waiting() {
      return line.length
    },
  }
}
