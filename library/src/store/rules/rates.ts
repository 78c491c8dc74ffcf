import type { Counted, Hit, Rate } from '../port/counters.ts'

/** How full a bucket is, and since when that is true. */
export interface Bucket {
  /** Units taken and not yet flowed out; a fraction while it drains. */
  readonly level: number
  readonly at: number
  /** When it counts nothing any more and may be forgotten. */
  readonly emptyAt: number
}

/** What a call decided: an answer for each hit, and the buckets to write if nobody refused. */
export interface HitVerdict {
  readonly answers: readonly Counted[]
  /** Empty when any key refused. */
  readonly charged: ReadonlyMap<string, Bucket>
}

/** Binary fractions are uneven; a billionth of a unit is nobody's request. */
const GRAIN = 1e-9

/**
 * Judges all hits of one call, all or nothing. Pure: `known` tells what the store holds.
 *
 * Decision: level and moment instead of one "theoretical arrival time". Hits within one millisecond
 * then add whole numbers, and a node whose clock is behind only sees a bucket that does not drain.
 * Cost: two numbers a key instead of one.
 */
export function judgeHits(
  hits: readonly Hit[],
  now: number,
  known: (key: string) => Bucket | undefined,
): HitVerdict {
  const charged = new Map<string, Bucket>()
  const answers: Counted[] = []
  let refused = false
  for (const hit of hits) {
    const verdict = judge(charged.get(hit.key) ?? known(hit.key), hit, now)
    answers.push(verdict.counted)
    if (verdict.counted.allowed) charged.set(hit.key, verdict.next)
    else refused = true
  }
  if (!refused) return { answers, charged }
  charged.clear()
  const uncharged = (counted: Counted, index: number): Counted => {
    const hit = hits[index]
    if (!counted.allowed || hit === undefined) return counted
    return judge(known(hit.key), { ...hit, cost: 0 }, now).counted
  }
  return { answers: answers.map(uncharged), charged }
}

function judge(
  bucket: Bucket | undefined,
  { rate, cost = 1 }: Hit,
  now: number,
): { readonly counted: Counted; readonly next: Bucket } {
  const level = levelAt(bucket, rate, now)
  const filled = Math.max(0, level + cost)
  const allowed = cost <= 0 || filled <= rate.limit + GRAIN
  const shown = allowed ? filled : level
  const waits = allowed ? filled : Math.min(level, level + cost - rate.limit)
  const at = Math.max(bucket?.at ?? now, now)
  return {
    counted: {
      allowed,
      remaining: Math.max(0, Math.floor(rate.limit - shown + GRAIN)),
      resetAt: now + drainMs(waits, rate),
      failures: 0,
    },
    next: { level: filled, at, emptyAt: at + drainMs(filled, rate) },
  }
}

function levelAt(bucket: Bucket | undefined, rate: Rate, now: number): number {
  if (bucket === undefined) return 0
  const elapsed = Math.max(0, now - bucket.at)
  return Math.max(0, bucket.level - (elapsed * rate.limit) / rate.windowMs)
}

function drainMs(level: number, rate: Rate): number {
  return Math.max(0, Math.ceil((level * rate.windowMs) / rate.limit - GRAIN))
}
