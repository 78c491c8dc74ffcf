import { isUtf8 } from 'node:buffer'
import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import { type Source, stretch } from './source.ts'
import type { Facts } from './walk.ts'

/** Bytes that words do not hold: C0 but tab, line feed, form feed, carriage return; and delete. */
const NOT_TEXT = /[\x00-\x08\x0b\x0e-\x1f\x7f]/

/** What a browser takes for HTML although it is told text. @see WHATWG MIME Sniffing §7.1 */
const HTML =
  /^[\t\n\f\r \ufeff]*(?:<(?:!doctype\s+html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|svg|img|object|embed|meta|link|form|input)(?=[\s>/])|<!--|<\?php|<\?=)/i

export function looksLikeHtml(head: string): boolean {
  return HTML.test(head)
}

/** Whether `bytes` may be the beginning of UTF-8 text. */
export function looksLikeText(bytes: Buffer): boolean {
  const whole = bytes.subarray(0, bytes.length - cutBytes(bytes))
  return isUtf8(whole) && !NOT_TEXT.test(whole.toString('latin1'))
}

/** Walks a text to its end: UTF-8, no control characters but those that break lines. */
export async function walkText(source: Source): Promise<Refusal | Facts> {
  return (await walkWords(source)) ?? {}
}

/** Shows each piece of a text, cut between characters, to `look`. */
export async function walkWords(
  source: Source,
  look?: (words: Buffer) => Refusal | undefined,
): Promise<Refusal | undefined> {
  let carried: Buffer = Buffer.alloc(0)
  for await (const bytes of stretch(source, 0, source.size)) {
    const joined = carried.length === 0 ? bytes : Buffer.concat([carried, bytes])
    const cut = cutBytes(joined)
    const whole = joined.subarray(0, joined.length - cut)
    carried = joined.subarray(joined.length - cut)
    if (!isUtf8(whole)) return because(refusals.contentMismatch, 'text that is not UTF-8')
    if (NOT_TEXT.test(whole.toString('latin1'))) {
      return because(refusals.contentMismatch, 'control characters in a text')
    }
    const refusal = look?.(whole)
    if (refusal) return refusal
  }
  return carried.length === 0 ? undefined : malformed('ends within a character')
}

/** How many bytes at the end begin a character without finishing it: 0 to 3. */
function cutBytes(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0xc0) === 0x80) continue
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return needs > back ? back : 0
  }
  return 0
}
