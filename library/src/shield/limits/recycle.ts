import type { Random } from '../../kernel/random.ts'

export interface RecycleOptions {
  /** Requests after which this process should be replaced; 0 for never. */
  readonly requests: number
  /** Resident memory after which likewise; 0 for never. */
  readonly rssBytes: number
  /** Share by which the marks move at random, so that workers do not leave together. */
  readonly jitter: number
  readonly random: Random
}

export interface Recycle {
  /** Counts one request; true once, when it is time to go. */
  count(): boolean
  readonly due: 'requests' | 'memory' | undefined
}

export declare function recycle(options: RecycleOptions): Recycle
