import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'
import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import { because, codeOf, refusals } from './refusals.ts'

type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>

const gunzipped: Decoder = promisify(gunzip)
const inflated: Decoder = promisify(inflate)
const inflatedRaw: Decoder = promisify(inflateRaw)

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', gunzipped],
  ['x-gzip', gunzipped],
  ['br', promisify(brotliDecompress)],
  // Servers send both the zlib format, which RFC 9110 §8.4.1.2 means, and the bare stream inside it.
  [
    'deflate',
    (bytes, limit) =>
      ((bytes[0] ?? 0) & 15) === 8 ? inflated(bytes, limit) : inflatedRaw(bytes, limit),
  ],
])

/**
 * Undoes the content coding, and stops at `maxBytes`.
 *
 * Decision: one coding at most, and only those we ask for. A chain multiplies a bomb's power, and what
 * we hand out undecoded the caller would decode without a cap.
 * Cost: the rare server that codes twice, or says a coding that is none, is out of reach.
 *
 * @see RFC 9110 §8.4
 */
export async function decoded(
  bytes: Buffer,
  coding: string,
  maxBytes: number,
): Promise<Outcome<Buffer>> {
  const decode = DECODERS.get(coding.trim().toLowerCase())
  if (decode === undefined) {
    return refused(because(refusals.coding, `content-encoding ${coding}`))
  }
  const tooLarge = refused(because(refusals.tooLarge, `decodes to over ${maxBytes} bytes`))
  try {
    // zlib takes no limit of 0.
    const plain = await decode(bytes, { maxOutputLength: Math.max(1, maxBytes) })
    return plain.length > maxBytes ? tooLarge : granted(plain)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ERR_BUFFER_TOO_LARGE') return tooLarge
    return refused(because(refusals.coding, `${coding} did not decode: ${code}`))
  }
}
