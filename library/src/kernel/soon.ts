/**
 * What is there already, or will be. A promise costs turns of the event loop and allocations that
 * add up on the way of every request, so what this process knows is answered without one.
 */
export type Soon<T> = T | Promise<T>

/** Goes on with a value: at once when it is there. */
export function after<T, R>(value: Soon<T>, go: (value: T) => Soon<R>): Soon<R> {
  return value instanceof Promise ? value.then(go) : go(value)
}
