/** Milliseconds since the epoch. Passed in, so that a test can turn it. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()

/** A clock that stands still until somebody turns it. */
export interface TestClock {
  (): number
  /** Turns it forward (or back, with a negative number). */
  advance(milliseconds: number): void
  /** Sets it. */
  set(at: number): void
}

export function testClock(at: number = Date.UTC(2026, 0, 1)): TestClock {
  let now = at
  const clock = (): number => now
  return Object.assign(clock, {
    advance(milliseconds: number): void {
      now += milliseconds
    },
    set(to: number): void {
      now = to
    },
  })
}
