/** A number of places that requests take and give back; the rest wait in line. */
export class Slots {
  #free: number
  readonly #line: (() => void)[] = []

  constructor(places: number) {
    this.#free = places
  }

  /** Takes a place at once, or answers false. */
  take(): boolean {
    if (this.#free === 0) return false
    this.#free--
    return true
  }

  /** Gets in line. `granted` is called when a place is free and taken; the answer leaves the line. */
  wait(granted: () => void): () => void {
    this.#line.push(granted)
    return () => {
      const at = this.#line.indexOf(granted)
      if (at !== -1) this.#line.splice(at, 1)
    }
  }

  /** Gives a place back, to the first in line if there is one. */
  leave(): void {
    const next = this.#line.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
