/** Lets so many through at once for each key; the others wait in order of arrival. */
export interface Turnstile {
  /** True once inside; false at once when too many wait already. */
  enter(key: string): boolean | Promise<boolean>
  leave(key: string): void
}

interface Place {
  inside: number
  readonly waiting: ((inside: boolean) => void)[]
}

/** Of one process: what all processes together may do is for the counters to say. */
export function turnstile(most: number, queue: number): Turnstile {
  const places = new Map<string, Place>()
  return {
    enter(key) {
      const place = places.get(key)
      if (place === undefined) {
        places.set(key, { inside: 1, waiting: [] })
        return true
      }
      if (place.inside < most) {
        place.inside++
        return true
      }
      if (place.waiting.length >= queue) return false
      return new Promise(resolve => place.waiting.push(resolve))
    },
    leave(key) {
      const place = places.get(key)
      if (place === undefined) return
      const next = place.waiting.shift()
      if (next !== undefined) next(true)
      else if (--place.inside === 0) places.delete(key)
    },
  }
}
