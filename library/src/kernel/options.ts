import { ConfigFault } from './fault.ts'

/**
 * Stops the start when an options object has a member that no defence knows: a misspelt option
 * would otherwise be a defence that is silently not as you wrote it.
 *
 * @throws {ConfigFault} naming the member and the nearest known one
 */
export function onlyKnown(path: string, given: unknown, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null) {
    throw new ConfigFault(path, `is ${given === null ? 'null' : typeof given}; write an object`)
  }
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue
    const near = nearest(name, known)
    const where = path === '' ? name : `${path}.${name}`
    throw new ConfigFault(
      where,
      near === undefined
        ? `is no option here; there are ${known.join(', ')}`
        : `is no option; did you mean \`${near}\`?`,
    )
  }
}

function nearest(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map(candidate => ({
      candidate,
      distance: editDistance(name.toLowerCase(), candidate.toLowerCase()),
    }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.max(2, name.length / 3)
    ? best.candidate
    : undefined
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change))
    }
    row = next
  }
  return row[b.length] ?? 0
}
