import { setTimeout as pause } from 'node:timers/promises'

export interface Limits {
  readonly requestsPerSecond: number
  readonly requests: number
  readonly minutes: number
  readonly connections: number
}

/** Thrown out of whatever is under way once the run must end; the report then says why. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped'
}

const BURST = 10

/** Keeps a run within what was agreed: rate, number of requests, time, connections, Ctrl-C. */
export class Bounds {
  used = 0
  readonly limits: Limits
  readonly #signal: AbortSignal
  readonly #endsAt: number
  #open = 0
  #dueAt = 0
  #stopped: string | undefined
  readonly #waiting: (() => void)[] = []

  constructor(limits: Limits, signal: AbortSignal, now: number = performance.now()) {
    this.limits = limits
    this.#signal = signal
    this.#endsAt = now + limits.minutes * 60_000
  }

  /** Why the run has ended, if it has. */
  get stopped(): string | undefined {
    if (this.#signal.aborted) return 'interrupted'
    if (performance.now() > this.#endsAt) return `the limit of ${this.limits.minutes} minutes`
    return this.#stopped
  }

  stop(why: string): void {
    this.#stopped ??= why
  }

  /** Throws `RunStopped` when the run has ended. */
  check(): void {
    const why = this.stopped
    if (why !== undefined) throw new RunStopped(why)
  }

  /** Slows the next requests down: the service said 429 or 503. */
  slow(ms: number): void {
    this.#dueAt = Math.max(this.#dueAt, performance.now() + ms)
  }

  /**
   * Runs `send` when there is room for it.
   *
   * @param together part of a race, which makes no sense one after the other: counted, not paced
   */
  async within<T>(send: () => Promise<T>, together: boolean = false): Promise<T> {
    this.check()
    if (this.used >= this.limits.requests)
      this.stop(`the limit of ${this.limits.requests} requests`)
    this.check()
    this.used++
    if (together) return send()
    await this.#pace()
    while (this.#open >= this.limits.connections)
      await new Promise<void>(go => this.#waiting.push(go))
    this.#open++
    try {
      this.check()
      return await send()
    } finally {
      this.#open--
      this.#waiting.shift()?.()
    }
  }

  /** The generic cell rate algorithm, with a burst of ten. */
  async #pace(): Promise<void> {
    const apart = 1000 / this.limits.requestsPerSecond
    const now = performance.now()
    this.#dueAt = Math.max(this.#dueAt, now - BURST * apart) + apart
    const wait = this.#dueAt - now
    if (wait > 1) await pause(wait, undefined, { signal: this.#signal }).catch(() => this.check())
  }
}
