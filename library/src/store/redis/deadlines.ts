/** Something under way that may take too long. */
export interface Watched {
  /** Set when it has settled; the watch then forgets it. */
  settled: boolean
  /** Called once when its time is up and it has not settled. */
  readonly late: () => void
}

/**
 * Watches many waits of one length with one timer: the oldest is always the first to be late. A
 * timer for each command would cost a tenth of the command.
 */
export function deadlines(afterMs: number): (watched: Watched) => void {
  let waiting: { readonly watched: Watched; readonly due: number }[] = []
  let timer: NodeJS.Timeout | undefined

  const look = (): void => {
    timer = undefined
    const now = performance.now()
    const first = waiting.findIndex(({ watched, due }) => !watched.settled && due > now)
    const over = first === -1 ? waiting : waiting.slice(0, first)
    waiting = first === -1 ? [] : waiting.slice(first)
    for (const { watched } of over) if (!watched.settled) watched.late()
    arm()
  }
  const arm = (): void => {
    const [oldest] = waiting
    if (oldest === undefined || timer !== undefined) return
    timer = setTimeout(look, Math.max(1, oldest.due - performance.now()))
    timer.unref()
  }
  return watched => {
    waiting.push({ watched, due: performance.now() + afterMs })
    arm()
  }
}
