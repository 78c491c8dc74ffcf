/**
 * The first `words` 32-bit words of the fraction of pi, which Blowfish takes for its tables: computed
 * in some milliseconds by Machin's formula instead of being copied as 4 KiB of constants.
 */
export function piWords(words: number): Uint32Array {
  const guard = 64n
  const bits = BigInt(words) * 32n + guard
  const one = 1n << bits
  const pi = 4n * (4n * inverseTangent(5n, one) - inverseTangent(239n, one))
  const fraction = (pi & (one - 1n)) >> guard
  const hex = fraction.toString(16).padStart(words * 8, '0')
  return Uint32Array.from({ length: words }, (_, at) =>
    Number.parseInt(hex.slice(at * 8, at * 8 + 8), 16),
  )
}

/** arctan(1/x) in fixed point. */
function inverseTangent(x: bigint, one: bigint): bigint {
  const square = x * x
  let power = one / x
  let sum = power
  for (let n = 3n; power !== 0n; n += 4n) {
    power /= square
    sum -= power / n
    power /= square
    sum += power / (n + 2n)
  }
  return sum
}
