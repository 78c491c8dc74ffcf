import type { Readable } from 'node:stream'
import type { Refusal } from '../../kernel/refusal.ts'
import type { BodyBudget } from './body.ts'

/** What a watched stream fails with once it has brought too much. */
export class BodyCut extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.code)
    this.refusal = refusal
  }
}

/**
 * Counts a body that somebody else reads, whoever that is: bytes are counted as the parser hands
 * them over, before any reader has them. At the first too many nothing more is taken off the socket
 * and the stream fails with a `BodyCut`; the connection stays open until the answer is out.
 *
 * @param tell hears of it first, since readers tend to make an error of their own of what they get
 * @see ASVS 5.2.1
 */
export function watchBody(
  stream: Readable,
  budget: BodyBudget,
  tell: (refusal: Refusal) => void,
): void {
  const { push } = stream
  const cut = (refusal: Refusal): void => {
    tell(refusal)
    // Decision: where nobody listens for errors none is thrown, as it would end the process; the
    // connection ends instead, as when its client goes away. Cost: that client gets no 413.
    if (stream.listenerCount('error') === 0) {
      stream.destroy()
      return
    }
    // A message takes its socket along when it is destroyed, and with it the answer.
    stream._destroy = (error, done) => done(error)
    stream.destroy(new BodyCut(refusal))
  }
  stream.push = (chunk, encoding) => {
    const refusal = chunk === null ? undefined : budget.wire(chunk.length)
    if (refusal === undefined) return push.call(stream, chunk, encoding)
    stream.push = push
    cut(refusal)
    return false
  }
  const before = budget.wire(stream.readableLength)
  // Its reader is not there yet.
  if (before !== undefined) setImmediate(cut, before)
}
