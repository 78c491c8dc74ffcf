/** The part of a file to send: from `start` to before `end`. */
export interface Slice {
  readonly start: number
  readonly end: number
}

const ONE_RANGE = /^bytes=(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))$/

/**
 * Reads a `Range` field. Decision: one range only. Several ranges, other units and nonsense are
 * ignored, which RFC 9110 §14.2 allows, and the whole file is sent. Cost: none that browsers notice;
 * gained is that no request makes us send a file many times over.
 *
 * @returns the part, `undefined` for the whole file, or `'unsatisfiable'` (416)
 * @see RFC 9110 §14.1.2, §14.2
 */
export function sliceOf(
  range: string | undefined,
  bytes: number,
): Slice | 'unsatisfiable' | undefined {
  const match = ONE_RANGE.exec(range ?? '')
  if (!match) return undefined
  const [, first, last, suffix] = match
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), bytes)
    return length === 0 ? 'unsatisfiable' : { start: bytes - length, end: bytes }
  }
  const start = Number(first)
  const end = last === '' ? bytes : Math.min(Number(last) + 1, bytes)
  if (last !== '' && Number(last) < start) return undefined
  return start >= bytes ? 'unsatisfiable' : { start, end }
}
