import { performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Clock } from '../../kernel/clock.ts'
import type { Refusal } from '../../kernel/refusal.ts'

export const refusals = {
  loop: { code: 'limits.loop_delay', says: 'limits.busy', status: 503, retryAfterSeconds: 5 },
  heap: { code: 'limits.heap', says: 'limits.busy', status: 503, retryAfterSeconds: 15 },
} as const

export interface ShedOptions {
  readonly maxLoopDelayMs: number
  /** Share of the heap's size limit. */
  readonly maxHeapShare: number
  /** Milliseconds that only go forward. */
  readonly clock?: Clock
  /** Share of the heap's limit now in use. */
  readonly heapShare?: () => number
}

export interface Shed {
  /** `limits.loop_delay` or `limits.heap` while this process has too much to do. Costs a look. */
  judge(): Refusal | undefined
  /** How late timers are, smoothed over about a second. */
  readonly loopDelayMs: number
  stop(): void
}

const SAMPLE_MS = 250

/**
 * Refuses new work while the event loop lags or the heap is nearly full: an early 503 costs
 * microseconds, and a request that is served too late helps nobody. One slow moment does not count,
 * because the delay is smoothed.
 *
 * @see ASVS 15.2.2
 */
export function shed(options: ShedOptions): Shed {
  const { maxLoopDelayMs, maxHeapShare, clock = () => performance.now() } = options
  const { heapShare = usedShare } = options
  let delay = 0
  let last = clock()
  let refusal: Refusal | undefined
  const sample = (): void => {
    const now = clock()
    delay = delay * 0.75 + Math.max(0, now - last - SAMPLE_MS) * 0.25
    last = now
    if (delay > maxLoopDelayMs) refusal = refusals.loop
    else refusal = heapShare() > maxHeapShare ? refusals.heap : undefined
  }
  const timer = setInterval(sample, SAMPLE_MS).unref()
  return {
    judge: () => refusal,
    get loopDelayMs() {
      return delay
    },
    stop: () => clearInterval(timer),
  }
}

function usedShare(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  return used / limit
}
