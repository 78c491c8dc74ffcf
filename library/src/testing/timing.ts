/** Two things that must not be told apart by how long they take. */
export interface TimingPair {
  /** Runs one of the first kind: a known name, a right token. */
  readonly one: () => Promise<unknown>
  /** Runs one of the second kind: an unknown name, a wrong token. */
  readonly other: () => Promise<unknown>
  /** How many of each; 400 unless told. Fewer see less. */
  readonly pairs?: number
  /** Runs between pairs, unmeasured: clears counters, turns clocks. */
  readonly between?: () => Promise<unknown> | unknown
}

export interface TimingVerdict {
  /**
   * How likely a difference this large would be if there were none (two-sided Mann-Whitney U test). Below
   * 0.001 take it for an oracle.
   */
  readonly p: number
  /** Medians in milliseconds. */
  readonly one: number
  readonly other: number
}

/**
 * Measures two things in interleaved pairs, each pair in random order, and ranks the times: noise that
 * comes and goes meets both alike, and no distribution is assumed.
 *
 * ```ts
 * const { p } = await timingContract({ one: () => login(known), other: () => login(unknown) })
 * assert.ok(p > 0.001)
 * ```
 */
export async function timingContract(pair: TimingPair): Promise<TimingVerdict> {
  const [ones, others]: [number[], number[]] = [[], []]
  // A warm machine first: what runs once pays for compiling it.
  await pair.one()
  await pair.other()
  for (let round = 0; round < (pair.pairs ?? 400); round++) {
    await pair.between?.()
    const first = Math.random() < 0.5
    if (first) ones.push(await timed(pair.one))
    others.push(await timed(pair.other))
    if (!first) ones.push(await timed(pair.one))
  }
  return { p: mannWhitney(ones, others), one: median(ones), other: median(others) }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await run()
  return performance.now() - began
}

/** The middle of a sample. */
export function median(sample: readonly number[]): number {
  const sorted = sample.toSorted((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2
}

/** Two-sided p of the Mann-Whitney U test by its normal approximation, corrected for ties. */
export function mannWhitney(one: readonly number[], other: readonly number[]): number {
  const all = [
    ...one.map(value => ({ value, mine: true })),
    ...other.map(value => ({ value, mine: false })),
  ].sort((a, b) => a.value - b.value)
  const [n, m] = [one.length, other.length]
  let [ranks, ties] = [0, 0]
  for (let from = 0; from < all.length; ) {
    let to = from
    while (to < all.length && all[to]?.value === all[from]?.value) to++
    const size = to - from
    const rank = (from + 1 + to) / 2
    ranks += rank * all.slice(from, to).filter(({ mine }) => mine).length
    ties += size ** 3 - size
    from = to
  }
  const u = ranks - (n * (n + 1)) / 2
  const total = n + m
  const spread = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))))
  if (spread === 0) return 1
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / spread
  return Math.min(1, 2 * upperTail(z))
}

/** The standard normal distribution's upper tail (Abramowitz and Stegun 26.2.17, error below 1e-7). */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series
}
