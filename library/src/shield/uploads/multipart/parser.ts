import type { Refusal } from '../../../kernel/refusal.ts'
import { because, refusals } from '../refusals.ts'
import { type PartHead, readPartHead, readUsualHead, USUAL_BYTES } from './part-head.ts'

/** Is told what a body consists of. The first refusal it answers ends the parsing. */
export interface PartSink {
  head(head: PartHead): Refusal | undefined
  /** A piece of the current part. A view of the chunk that came: copy it to keep it for long. */
  data(bytes: Buffer): Refusal | undefined
  end(): Refusal | undefined
}

const CR = 13
const LF = 10
const DASH = 45
const BLANK_LINE = Buffer.from('\r\n\r\n')
const EMPTY = Buffer.alloc(0)

/** What the next bytes must be. */
type Expect =
  | 'first boundary'
  | 'after boundary'
  | 'head'
  | 'first of content'
  | 'content'
  | 'last line end'
  | 'nothing'

/**
 * Parses `multipart/form-data` as it streams by, by one grammar with one reading: no preamble, CRLF
 * only, no blanks behind boundaries, nothing behind the last. Finds boundaries with `indexOf`, so
 * that a byte of content costs what a byte of `memmem` costs, and keeps at most one part head and
 * one boundary's length.
 *
 * @see RFC 7578; RFC 2046 §5.1.1
 */
export class MultipartParser {
  readonly #delimiter: Buffer
  readonly #sink: PartSink
  readonly #maxHeadBytes: number
  #expect: Expect = 'first boundary'
  /** The end of the last chunk that could not be judged without the next. */
  #carried: Buffer = EMPTY
  #refusal: Refusal | undefined

  constructor(boundary: string, sink: PartSink, maxHeadBytes: number) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
    this.#sink = sink
    this.#maxHeadBytes = maxHeadBytes
  }

  write(chunk: Buffer): Refusal | undefined {
    if (this.#refusal || chunk.length === 0) return this.#refusal
    const bytes = this.#carried.length === 0 ? chunk : Buffer.concat([this.#carried, chunk])
    this.#carried = EMPTY
    let at = 0
    while (at < bytes.length) {
      const next = this.#step(bytes, at)
      if (typeof next !== 'number') return this.#stop(next)
      if (next === at) {
        this.#carried = bytes.subarray(at)
        break
      }
      at = next
    }
    return undefined
  }

  /** The body is over. */
  end(): Refusal | undefined {
    if (this.#refusal) return this.#refusal
    const whole =
      this.#carried.length === 0 && (this.#expect === 'nothing' || this.#expect === 'last line end')
    return whole ? undefined : this.#stop(because(refusals.malformedBody, 'no last boundary'))
  }

  #stop(refusal: Refusal): Refusal {
    this.#refusal = refusal
    this.#carried = EMPTY
    return refusal
  }

  /** Where to go on; the same place when more bytes are needed. */
  #step(bytes: Buffer, at: number): number | Refusal {
    switch (this.#expect) {
      case 'content':
        return this.#content(bytes, at)
      case 'after boundary':
        return this.#afterBoundary(bytes, at)
      case 'head':
        return this.#head(bytes, at)
      case 'first of content':
        return this.#firstOfContent(bytes, at)
      case 'first boundary':
        return this.#firstBoundary(bytes, at)
      case 'last line end':
        if (bytes.length - at < 2) return bytes[at] === CR ? at : trailing()
        if (bytes[at] !== CR || bytes[at + 1] !== LF) return trailing()
        this.#expect = 'nothing'
        return at + 2
      case 'nothing':
        return trailing()
      default:
        return this.#expect satisfies never
    }
  }

  #firstBoundary(bytes: Buffer, at: number): number | Refusal {
    const same = this.#bareBoundary(bytes, at)
    if (same === undefined) return at
    if (!same) return because(refusals.malformedBody, 'the body does not begin with the boundary')
    this.#expect = 'after boundary'
    return at + this.#delimiter.length - 2
  }

  /** Some parsers take the line end of the head for that of a boundary right behind it. */
  #firstOfContent(bytes: Buffer, at: number): number | Refusal {
    const same = this.#bareBoundary(bytes, at)
    if (same === undefined) return at
    if (same) return because(refusals.ambiguousPart, 'a boundary right behind the head')
    this.#expect = 'content'
    return this.#content(bytes, at)
  }

  /** Whether the boundary without a line end before it stands here; `undefined` when it may yet. */
  #bareBoundary(bytes: Buffer, at: number): boolean | undefined {
    // Most content begins otherwise, and a comparison costs as much as the rest of a small part.
    if (bytes[at] !== DASH) return false
    const wanted = this.#delimiter.length - 2
    const here = Math.min(wanted, bytes.length - at)
    const same = this.#delimiter.compare(bytes, at, at + here, 2, 2 + here) === 0
    return same && here < wanted ? undefined : same
  }

  #afterBoundary(bytes: Buffer, at: number): number | Refusal {
    if (bytes.length - at < 2) return at
    const [one, two] = [bytes[at], bytes[at + 1]]
    if (one === CR && two === LF) this.#expect = 'head'
    else if (one === DASH && two === DASH) this.#expect = 'last line end'
    else return because(refusals.malformedBody, 'a boundary that goes on')
    return at + 2
  }

  #head(bytes: Buffer, at: number): number | Refusal {
    const usual = readUsualHead(bytes.toString('latin1', at, at + USUAL_BYTES))
    if (usual !== undefined) return this.#begin(usual.head, at, usual.length - BLANK_LINE.length)
    if (bytes[at] === CR) return because(refusals.ambiguousPart, 'a part without header')
    const end = bytes.indexOf(BLANK_LINE, at)
    if (end !== -1) return this.#begin(readPartHead(bytes.subarray(at, end)), at, end - at)
    // Up to three bytes of what came may belong to the blank line.
    return bytes.length - 3 - at > this.#maxHeadBytes ? this.#headTooLarge() : at
  }

  #begin(head: PartHead | Refusal, at: number, headBytes: number): number | Refusal {
    if (headBytes > this.#maxHeadBytes) return this.#headTooLarge()
    if ('code' in head) return head
    const refusal = this.#sink.head(head)
    if (refusal) return refusal
    this.#expect = 'first of content'
    return at + headBytes + BLANK_LINE.length
  }

  #headTooLarge(): Refusal {
    return because(refusals.partHeaderTooLarge, `more than ${this.#maxHeadBytes} bytes`)
  }

  #content(bytes: Buffer, at: number): number | Refusal {
    const delimiter = this.#delimiter
    const found = bytes.indexOf(delimiter, at)
    if (found === -1) {
      const end = this.#safeEnd(bytes, at)
      if (end === at) return at
      return (
        this.#sink.data(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end)) ?? end
      )
    }
    if (found > at) {
      const refusal = this.#sink.data(bytes.subarray(at, found))
      if (refusal) return refusal
    }
    this.#expect = 'after boundary'
    return this.#sink.end() ?? found + delimiter.length
  }

  /** Up to where `bytes` cannot be the beginning of a boundary. */
  #safeEnd(bytes: Buffer, at: number): number {
    const delimiter = this.#delimiter
    const from = Math.max(at, bytes.length - delimiter.length + 1)
    for (let cr = bytes.indexOf(CR, from); cr !== -1; cr = bytes.indexOf(CR, cr + 1)) {
      if (delimiter.compare(bytes, cr, bytes.length, 0, bytes.length - cr) === 0) return cr
    }
    return bytes.length
  }
}

function trailing(): Refusal {
  return because(refusals.malformedBody, 'bytes after the last boundary')
}
