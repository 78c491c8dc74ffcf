/** Something under way that may take too long. */
export interface Watched {
  /** Set by its owner when it has settled. */
  settled: boolean
  /** Set by the watch. */
  due: number
}

/**
 * Watches many waits of one length with one timer: the oldest is always the first to be late. A
 * timer for each command would cost a tenth of the command.
 *
 * @param late called once for each that has not settled in time
 * @param now milliseconds that only grow
 */
export function deadlines<T extends Watched>(
  afterMs: number,
  late: (watched: T) => void,
  now: () => number = () => performance.now(),
): (watched: T) => void {
  let waiting: T[] = []
  let timer: NodeJS.Timeout | undefined

  const look = (): void => {
    timer = undefined
    const at = now()
    const first = waiting.findIndex(({ settled, due }) => !settled && due > at)
    const over = first === -1 ? waiting : waiting.slice(0, first)
    waiting = first === -1 ? [] : waiting.slice(first)
    for (const watched of over) if (!watched.settled) late(watched)
    arm()
  }
  const arm = (): void => {
    const [oldest] = waiting
    if (oldest === undefined || timer !== undefined) return
    timer = setTimeout(look, Math.max(1, oldest.due - now()))
    timer.unref()
  }
  return watched => {
    watched.due = now() + afterMs
    waiting.push(watched)
    if (timer === undefined) arm()
  }
}
