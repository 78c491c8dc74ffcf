/** Median, least and greatest. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly greatest: number
  readonly rounds: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const median =
    sorted.length % 2 === 1
      ? (sorted[middle] ?? Number.NaN)
      : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
  return {
    median,
    least: sorted[0] ?? Number.NaN,
    greatest: sorted.at(-1) ?? Number.NaN,
    rounds: sorted.length,
  }
}

/** `0.71 (0.66..0.78)` */
export function shown({ median, least, greatest }: Spread): string {
  return `${median.toFixed(2)} (${least.toFixed(2)}..${greatest.toFixed(2)})`
}
