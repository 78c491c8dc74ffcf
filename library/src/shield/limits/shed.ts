import type { Refusal } from '../../kernel/refusal.ts'

export interface ShedOptions {
  readonly maxLoopDelayMs: number
  readonly maxHeapShare: number
}

export interface Shed {
  /** 503 while the event loop lags or the heap is nearly full. No cost per request. */
  judge(): Refusal | undefined
  /** The last sample, for metrics. */
  readonly loopDelayMs: number
  stop(): void
}

export declare function shed(options: ShedOptions): Shed
