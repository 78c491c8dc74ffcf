import type { Counted, Hit } from '../../store/port/counters.ts'

const SLOTS = 1 << 16
const SHARE = 4

/**
 * What is counted in this process while the store is out of reach, with a quarter of each limit,
 * because the other processes count for themselves too.
 *
 * It is a table of fixed size: a key has one of 65,536 slots, whose owner may be another key as
 * well. So it never grows, never has to be swept, and nobody can be pushed out of it: when keys
 * collide, both are slowed.
 */
export class LocalRates {
  readonly #slots = new Float64Array(SLOTS)
  readonly #seed: number

  /** @param seed unpredictable, so that nobody outside can choose keys that collide */
  constructor(seed: number) {
    this.#seed = seed >>> 0
  }

  /** GCRA: a slot holds the moment at which its key is fresh again. */
  hit(hits: readonly Hit[], now: number): readonly Counted[] {
    const slots = hits.map(hit => this.#slot(hit.key))
    const counted = hits.map((hit, index) => this.#judge(hit, slots[index] ?? 0, now))
    if (counted.every(({ answer }) => answer.allowed)) {
      counted.forEach(({ freshAt }, index) => {
        this.#slots[slots[index] ?? 0] = freshAt
      })
    }
    return counted.map(({ answer }) => answer)
  }

  #judge(hit: Hit, slot: number, now: number): { answer: Counted; freshAt: number } {
    const limit = Math.max(1, Math.floor(hit.rate.limit / SHARE))
    const { windowMs } = hit.rate
    const each = windowMs / limit
    const cost = Math.min(hit.cost ?? 1, limit)
    const before = Math.max(this.#slots[slot] ?? 0, now)
    const freshAt = Math.max(now, before + cost * each)
    // A rounding error of a microsecond must not cost anybody a request.
    const allowed = freshAt - now <= windowMs + 0.001
    const left = Math.floor((windowMs - ((allowed ? freshAt : before) - now)) / each + 1e-6)
    return {
      answer: {
        allowed,
        remaining: Math.max(0, left),
        resetAt: allowed ? freshAt : freshAt - windowMs,
        failures: 0,
      },
      freshAt,
    }
  }

  #slot(key: string): number {
    let hash = this.#seed
    for (let at = 0; at < key.length; at++) {
      hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
      hash ^= hash >>> 15
    }
    return (hash ^ (hash >>> 13)) & (SLOTS - 1)
  }
}
