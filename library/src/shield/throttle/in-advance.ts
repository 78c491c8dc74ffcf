import { after, type Soon } from '../../kernel/soon.ts'
import type { Counted, Hit } from '../../store/port/counters.ts'

type Ask = (hits: readonly Hit[], now: number) => Soon<readonly Counted[]>

/** Taken units of one key that nobody has used yet, or the news that there is none to take. */
class Advance {
  /** Units in hand. */
  left = 0
  /** How many were taken at once: doubles while they are used up in time. */
  taken = 1
  readonly until: number
  /** What the store said last. */
  readonly counted: Counted
  /** While true the store is being asked, and others take only what they need. */
  asking = false

  constructor(counted: Counted, now: number) {
    this.counted = counted
    this.until = counted.allowed ? now + LIFE_MS : Math.min(counted.resetAt, now + LIFE_MS)
  }

  spend(cost: number): Counted {
    this.left -= cost
    return this.added(this.counted)
  }

  /** What the store said, and the units in hand. */
  added({ allowed, remaining, resetAt, failures }: Counted): Counted {
    return { allowed, remaining: remaining + this.left, resetAt, failures }
  }
}

/** Units taken in advance are good for this long, and so is a refusal. */
const LIFE_MS = 1000
/** Never more in advance than this share of the limit, nor than so many. */
const SHARE = 32
const MOST = 64

/**
 * Takes from rates in advance, so that a store in which each count is a write is asked once for
 * many requests of one key.
 *
 * A unit in hand was taken from the store like any other, so that however many processes count, no
 * more are let in than the store has counted; only up to a second later. The first request of a key takes one unit; who comes again at
 * once makes it two, four, up to a 32nd of the limit and at most 64, and what is not used within a second is lost.
 * A refusal is remembered until a unit is free, at most a second.
 *
 * Decision: lost rather than given back late, when it might have flowed out of the bucket already.
 * Cost: after a burst that ends, up to a 32nd of the limit is gone that nobody used; a unit that is
 * given back while refusals are remembered is free up to a second late.
 */
export function inAdvance(ask: Ask): Ask {
  // Two generations, changed every second: nothing is swept, and nothing stays.
  let young = new Map<string, Advance>()
  let old = new Map<string, Advance>()
  let turnedAt = 0

  const find = (key: string, now: number): Advance | undefined => {
    const found = young.get(key) ?? old.get(key)
    return found !== undefined && now < found.until && now >= found.until - LIFE_MS
      ? found
      : undefined
  }

  const fromHand = (hits: readonly Hit[], now: number): readonly Counted[] | undefined => {
    const hands: Advance[] = []
    for (const { key, cost = 1 } of hits) {
      const hand = find(key, now)
      if (hand === undefined || cost < 1 || hand.left < cost) return undefined
      hands.push(hand)
    }
    return hands.map((hand, at) => hand.spend(hits[at]?.cost ?? 1))
  }

  /** Only where one key is asked for alone: of several, each answer hangs on the others. */
  const remembered = (hits: readonly Hit[], now: number): readonly Counted[] | undefined => {
    const [hit] = hits
    if (hit === undefined || hits.length > 1 || (hit.cost ?? 1) < 1) return undefined
    const known = find(hit.key, now)
    return known === undefined || known.counted.allowed ? undefined : [known.counted]
  }

  const moreOf = (hit: Hit, now: number): number => {
    if ((hit.cost ?? 1) !== 1) return 0
    const known = young.get(hit.key) ?? old.get(hit.key)
    if (known === undefined || known.asking || !known.counted.allowed) return 0
    if (now >= known.until) return 0
    known.asking = true
    return Math.max(0, Math.min(known.taken * 2, Math.floor(hit.rate.limit / SHARE), MOST) - 1)
  }

  const keep = (hit: Hit, counted: Counted, more: number, now: number): Counted => {
    const before = find(hit.key, now)
    if (before?.counted.allowed && more === 0) {
      // Many asked at once. Who brings nothing leaves what others have brought as it is; only a
      // refusal takes the place of empty hands.
      if (counted.allowed) return before.added(counted)
      if (before.left > 0) return counted
    }
    const hand = new Advance(counted, now)
    hand.left = more
    hand.taken = more + 1
    young.set(hit.key, hand)
    return hand.spend(0)
  }

  const keepAll = (
    hits: readonly Hit[],
    counted: readonly Counted[],
    more: readonly number[],
    now: number,
  ): readonly Counted[] =>
    hits.map((hit, at) => keep(hit, counted[at] ?? REFUSED, more[at] ?? 0, now))

  return (hits, now) => {
    if (now - turnedAt >= LIFE_MS || now < turnedAt) {
      old = young
      young = new Map()
      turnedAt = now
    }
    const known = fromHand(hits, now) ?? remembered(hits, now)
    if (known !== undefined) return known
    if (hits.some(({ cost = 1 }) => cost < 1)) {
      for (const { key } of hits) {
        young.delete(key)
        old.delete(key)
      }
      return ask(hits, now)
    }
    const more = hits.map(hit => moreOf(hit, now))
    const greedy = more.some(extra => extra > 0)
    const first = greedy ? hits.map((hit, at) => costing(hit, more[at] ?? 0)) : hits
    return after(ask(first, now), counted => {
      if (isAllowed(counted)) return keepAll(hits, counted, more, now)
      const exactly = (exact: readonly Counted[]): readonly Counted[] =>
        (isAllowed(exact) ? undefined : fromHand(hits, now)) ?? keepAll(hits, exact, [], now)
      return greedy ? after(ask(hits, now), exactly) : exactly(counted)
    })
  }
}

/** What a store that leaves out an answer is taken to have said. */
const REFUSED: Counted = { allowed: false, remaining: 0, resetAt: 0, failures: 0 }

function isAllowed(counted: readonly Counted[]): boolean {
  return counted.every(({ allowed }) => allowed)
}

function costing(hit: Hit, more: number): Hit {
  return { ...hit, cost: (hit.cost ?? 1) + more }
}
