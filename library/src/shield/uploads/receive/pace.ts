import type { Clock } from '../../../kernel/clock.ts'
import type { RequestBounds } from './request-bounds.ts'

const LOOK_MS = 1000

/** Watches that a sender keeps sending. Time in which we did not read is not his. */
export class Pace {
  readonly #bounds: RequestBounds
  readonly #clock: Clock
  readonly #timer: NodeJS.Timeout
  #bytes = 0
  #startedAt: number
  #lastAt: number
  #pausedAt: number | undefined

  constructor(bounds: RequestBounds, clock: Clock, onSlow: (why: string) => void) {
    this.#bounds = bounds
    this.#clock = clock
    this.#startedAt = clock()
    this.#lastAt = this.#startedAt
    this.#timer = setInterval(() => {
      const why = this.#fault()
      if (why !== undefined) onSlow(why)
    }, LOOK_MS)
    this.#timer.unref()
  }

  count(bytes: number): void {
    this.#bytes += bytes
    this.#lastAt = this.#clock()
  }

  pause(): void {
    this.#pausedAt ??= this.#clock()
  }

  resume(): void {
    if (this.#pausedAt === undefined) return
    const paused = this.#clock() - this.#pausedAt
    this.#pausedAt = undefined
    this.#startedAt += paused
    this.#lastAt += paused
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #fault(): string | undefined {
    if (this.#pausedAt !== undefined) return undefined
    const { idleSeconds, graceSeconds, minBytesPerSecond } = this.#bounds
    const now = this.#clock()
    if (now - this.#lastAt > idleSeconds * 1000) return `nothing came for ${idleSeconds} s`
    const seconds = (now - this.#startedAt) / 1000
    if (seconds > graceSeconds && this.#bytes < (seconds - graceSeconds) * minBytesPerSecond) {
      return `less than ${minBytesPerSecond} bytes a second`
    }
    return undefined
  }
}
