/** Something under way that may take too long. */
export interface Watched {
  /** Set by its owner when it has settled. */
  settled: boolean
  /** Set by the watch. */
  due: number
}

/** How many places of settled waits are kept before the list is written anew. */
const SLACK = 256

/**
 * Watches many waits of one length with one timer: the oldest is always the first to be late. A
 * timer for each command would cost a tenth of the command. Answers come in the order of the
 * questions, so what has settled stands in front and is let go at once: kept until its deadline, it
 * would grow old, and the collector would carry a second's worth of commands around.
 *
 * @param late called once for each that has not settled in time
 * @param now milliseconds that only grow
 * @returns the watch, and how many it holds
 */
export function deadlines<T extends Watched>(
  afterMs: number,
  late: (watched: T) => void,
  now: () => number = () => performance.now(),
): { watch(watched: T): void; held(): number } {
  /** Undefined before `head`; in order of their deadlines from there on. */
  let waiting: (T | undefined)[] = []
  let head = 0
  let timer: NodeJS.Timeout | undefined

  /** Lets go of what stands in front and is over. */
  const advance = (isOver: (watched: T) => boolean): void => {
    for (let first = waiting[head]; first !== undefined && isOver(first); first = waiting[head]) {
      waiting[head] = undefined
      head += 1
    }
    if (head < SLACK || head * 2 < waiting.length) return
    waiting = waiting.slice(head)
    head = 0
  }
  const look = (): void => {
    timer = undefined
    const at = now()
    advance(watched => {
      if (watched.settled) return true
      if (watched.due > at) return false
      late(watched)
      return true
    })
    arm()
  }
  const arm = (): void => {
    const oldest = waiting[head]
    if (oldest === undefined || timer !== undefined) return
    timer = setTimeout(look, Math.max(1, oldest.due - now()))
    timer.unref()
  }
  return {
    watch(watched) {
      advance(hasSettled)
      watched.due = now() + afterMs
      waiting.push(watched)
      if (timer === undefined) arm()
    },
    held: () => waiting.length - head,
  }
}

function hasSettled({ settled }: Watched): boolean {
  return settled
}
