import type { Clock } from '../../kernel/clock.ts'
import type { Outcome } from '../../kernel/outcome.ts'

/** Where time comes from and how to let some pass. */
export interface Timing {
  readonly clock: Clock
  readonly wait: (milliseconds: number) => Promise<void>
}

/**
 * Answers what `work` answers, but only after `ms`, or after the next whole multiple of it when the
 * work took longer: how long it took cannot be read off the answer. A fault waits as well.
 *
 * @see ASVS 6.3.8; OWASP Authentication cheat sheet, error messages
 */
export async function timebox<T>(ms: number, timing: Timing, work: () => Promise<T>): Promise<T> {
  const began = timing.clock()
  let timeIsUp = false
  let overran = false
  const running = work().finally(() => {
    overran = timeIsUp
  })
  const timer = timing.wait(ms).then(() => {
    timeIsUp = true
  })
  const [done] = await Promise.allSettled([running, timer])
  if (overran && ms > 0) await timing.wait(ms - ((timing.clock() - began) % ms))
  if (done.status === 'rejected') throw done.reason
  return done.value
}

/** The same for a flow whose good end may be told at once: only a refusal waits. */
export function timeboxRefusal<T>(
  ms: number,
  timing: Timing,
  work: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const working = work()
  const boxed = timebox(ms, timing, () => working)
  return Promise.race([
    boxed,
    working.then(
      outcome => (outcome.ok ? outcome : boxed),
      () => boxed,
    ),
  ])
}
