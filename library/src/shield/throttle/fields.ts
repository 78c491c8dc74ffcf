import type { Counted } from '../../store/port/counters.ts'
import type { ReadyRate } from './rates.ts'
import type { ThrottlePolicy } from './throttle.ts'

/** Coarse steps: nobody can time another's requests by them, nor schedule on them exactly. */
const STEPS_SECONDS = [1, 5, 15, 60, 300, 900] as const

/** One item of `RateLimit-Policy`: the quota and its window in seconds. */
export function policyField(name: string, policy: ThrottlePolicy): string {
  return `"${name}";q=${policy.limit};w=${Math.max(1, Math.round(policy.windowSeconds))}`
}

/** `RateLimit`: what is left of each rate, and when it is full again, or makes sense again. */
export function rateLimitField(
  rates: readonly ReadyRate[],
  counted: readonly Counted[],
  now: number,
): string {
  let field = ''
  for (let at = 0; at < rates.length; at++) {
    const { allowed = true, remaining = 0, resetAt = now } = counted[at] ?? {}
    const seconds = Math.max(0, Math.ceil((resetAt - now) / 1000))
    const item = `"${rates[at]?.name}";r=${remaining};t=${allowed ? seconds : coarse(seconds)}`
    field = field === '' ? item : `${field}, ${item}`
  }
  return field
}

/** For `Retry-After`: until the last of the refusing rates lets in, rounded up to a coarse step. */
export function retryAfter(counted: readonly Counted[], now: number): number {
  let at = now
  for (const { allowed, resetAt } of counted) if (!allowed && resetAt > at) at = resetAt
  return coarse(Math.ceil((at - now) / 1000))
}

function coarse(seconds: number): number {
  for (const step of STEPS_SECONDS) if (seconds <= step) return step
  return Math.ceil(seconds / 900) * 900
}
