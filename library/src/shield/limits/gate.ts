import type { Clock } from '../../kernel/clock.ts'
import type { Refusal } from '../../kernel/refusal.ts'

export interface GateOptions {
  /** How many at once. */
  readonly max: number
  /** How many may wait. */
  readonly queue: number
  /** How long one may wait. */
  readonly queueSeconds: number
  readonly clock?: Clock
}

/** So many at once, so many waiting, the rest 503. After each `enter` that let in: one `leave`. */
export interface Gate {
  /** Undefined: come in. A refusal: 503. A promise: wait for either. */
  enter(): Refusal | undefined | Promise<Refusal | undefined>
  leave(): void
  readonly inside: number
  readonly waiting: number
}

export declare function gate(options: GateOptions): Gate
