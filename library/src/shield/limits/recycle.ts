import type { Random } from '../../kernel/random.ts'

export interface RecycleOptions {
  /** Requests after which this process should be replaced; 0 for never. */
  readonly requests: number
  /** Resident memory after which likewise; 0 for never. */
  readonly rssBytes: number
  /** Share by which both marks move at random, so that workers do not leave together. */
  readonly jitter: number
  readonly random: Random
  readonly rss?: () => number
}

export interface Recycle {
  /** Counts one request; true once, when it is time to go: finish what is open, take no more. */
  count(): boolean
  /** Why it was time. */
  readonly due: 'requests' | 'memory' | undefined
}

const LOOK_EVERY = 256

/** Says when a process has served long enough, so that slow leaks never become an outage. */
export function recycle(options: RecycleOptions): Recycle {
  const { random, jitter, rss = () => process.memoryUsage.rss() } = options
  const moved = (mark: number): number => {
    const share = random.bytes(4).readUInt32BE() / 2 ** 32
    return mark === 0 ? Number.POSITIVE_INFINITY : mark * (1 + jitter * (2 * share - 1))
  }
  const requests = moved(options.requests)
  const rssBytes = moved(options.rssBytes)
  let counted = 0
  let due: Recycle['due']
  return {
    count() {
      counted++
      if (due !== undefined) return false
      if (counted >= requests) due = 'requests'
      else if (counted % LOOK_EVERY === 0 && rss() > rssBytes) due = 'memory'
      return due !== undefined
    },
    get due() {
      return due
    },
  }
}
