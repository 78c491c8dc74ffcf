/** How long one kind of request took, and what went wrong, while all was well and while it was not. */
interface Row {
  readonly calm: number[]
  readonly troubled: number[]
  readonly errors: Map<string, number>
}

/** Counts what people asked of the service and how it was answered. */
export class Tally {
  /** True from a fault until it is over and the service has answered again. */
  troubled = false
  readonly #rows = new Map<string, Row>()

  good(kind: string, ms: number): void {
    const row = this.#row(kind)
    if (this.troubled) row.troubled.push(ms)
    else row.calm.push(ms)
  }

  bad(kind: string, why: string): void {
    const { errors } = this.#row(kind)
    const name = this.troubled ? why : `${why} in calm`
    errors.set(name, (errors.get(name) ?? 0) + 1)
  }

  /** A table as Markdown: of each kind its rate, milliseconds at the median and at 99 %, and errors. */
  table(seconds: number): string {
    const lines = [
      '| request | good | a second | p50 / p99 ms, calm | p50 / p99 ms, fault | not answered well |',
      '| --- | ---: | ---: | ---: | ---: | --- |',
    ]
    for (const [kind, { calm, troubled, errors }] of [...this.#rows].toSorted()) {
      const good = calm.length + troubled.length
      const wrong = [...errors].toSorted().map(([why, count]) => `${count} ${why}`)
      const cells = [kind, good, (good / seconds).toFixed(1), spread(calm), spread(troubled)]
      lines.push(`| ${[...cells, wrong.join(', ') || 'none'].join(' | ')} |`)
    }
    return lines.join('\n')
  }

  /** Good answers of all kinds. */
  get total(): number {
    let total = 0
    for (const { calm, troubled } of this.#rows.values()) total += calm.length + troubled.length
    return total
  }

  #row(kind: string): Row {
    let row = this.#rows.get(kind)
    if (row === undefined) {
      row = { calm: [], troubled: [], errors: new Map() }
      this.#rows.set(kind, row)
    }
    return row
  }
}

function spread(times: readonly number[]): string {
  if (times.length === 0) return '-'
  const sorted = Float64Array.from(times).sort()
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0)
  return `${at(0.5)} / ${at(0.99)}`
}
