export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}

/**
 * How many standard deviations the ranks of `a` among both are from chance: Wilcoxon's rank sum
 * with the normal approximation, ties sharing their ranks. Outliers weigh no more than any other.
 */
export function rankSumZ(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map(value => ({ value, of: 'a' })), ...b.map(value => ({ value, of: 'b' }))]
  all.sort((x, y) => x.value - y.value)
  let sum = 0
  for (let from = 0; from < all.length; ) {
    let to = from
    while (to < all.length && all[to]?.value === all[from]?.value) to++
    const rank = (from + 1 + to) / 2
    for (let at = from; at < to; at++) if (all[at]?.of === 'a') sum += rank
    from = to
  }
  const mean = (a.length * (all.length + 1)) / 2
  const deviation = Math.sqrt((a.length * b.length * (all.length + 1)) / 12)
  return deviation === 0 ? 0 : (sum - mean) / deviation
}
