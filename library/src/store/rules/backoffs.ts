import type { Backoff, Counted, Reservation } from '../port/counters.ts'

/** How often a key failed lately, and under which backoff. */
export interface Failures {
  readonly failures: number
  /** The last failure. */
  readonly at: number
  readonly backoff: Backoff
}

/** What a call decided: an answer for each key, and the states to write if nobody refused. */
export interface AttemptVerdict {
  readonly answers: readonly Counted[]
  /** Empty when any key refused. */
  readonly charged: ReadonlyMap<string, Failures>
}

/** Judges all reservations of one call, all or nothing. Pure: `known` tells what the store holds. */
export function judgeAttempts(
  reservations: readonly Reservation[],
  now: number,
  known: (key: string) => Failures | undefined,
): AttemptVerdict {
  const charged = new Map<string, Failures>()
  const states = reservations.map(({ key, backoff }) => {
    const state = remembered(charged.get(key) ?? known(key), backoff, now)
    const counted = stateOf(state, backoff, now)
    const at = Math.max(state?.at ?? now, now)
    const next = { failures: (state?.failures ?? 0) + 1, at, backoff }
    if (counted.allowed) charged.set(key, next)
    return { counted, next }
  })
  if (states.every(({ counted }) => counted.allowed)) {
    return { answers: states.map(({ next }) => reserved(next)), charged }
  }
  charged.clear()
  return { answers: states.map(({ counted }) => counted), charged }
}

/** The state that `judgeAttempts` would judge, without an attempt. */
export function judgeState(
  known: Failures | undefined,
  { backoff }: Reservation,
  now: number,
): Counted {
  return stateOf(remembered(known, backoff, now), backoff, now)
}

/** When the key may be tried again. */
export function readyAt({ failures, at, backoff }: Failures): number {
  const { free, baseMs, capMs, forgetMs, shutAfter } = backoff
  if (shutAfter !== undefined && failures >= shutAfter) return at + forgetMs
  if (failures === 0 || failures < free) return at
  return at + Math.min(capMs, baseMs * 2 ** (failures - free))
}

/** When the failures of the key are forgotten. */
export function forgottenAt(state: Failures): number {
  return state.at + state.backoff.forgetMs
}

/** The state under the backoff that judges now, or nothing when it is forgotten. */
function remembered(
  known: Failures | undefined,
  backoff: Backoff,
  now: number,
): Failures | undefined {
  if (known === undefined || now >= known.at + backoff.forgetMs) return undefined
  return { failures: known.failures, at: known.at, backoff }
}

function stateOf(state: Failures | undefined, backoff: Backoff, now: number): Counted {
  if (state === undefined) {
    return { allowed: true, remaining: backoff.free, resetAt: now, failures: 0 }
  }
  const ready = readyAt(state)
  const allowed = ready <= now
  return {
    allowed,
    remaining: Math.max(0, backoff.free - state.failures),
    resetAt: allowed ? forgottenAt(state) : ready,
    failures: state.failures,
  }
}

function reserved(next: Failures): Counted {
  return {
    allowed: true,
    remaining: Math.max(0, next.backoff.free - next.failures),
    resetAt: forgottenAt(next),
    failures: next.failures,
  }
}
