import type { Refusal } from '../../../kernel/refusal.ts'
import { because, refusals } from '../refusals.ts'
import type { Source } from './source.ts'
import { stretch } from './source.ts'

/** Longest look at what follows a `<`. */
const LOOK = 256
const OVERLAP = LOOK

/** What a browser, PHP, ASP, JSP or a web server's includes act upon, wherever they find it. */
const ACTIVE =
  /^<(?:script[\s/>]|\?php[\s(]|\?=|%[\x09-\x7e]{1,200}?%>|!doctype\s+html|html[\s>]|body[\s>]|iframe[\s/>]|frameset[\s>]|object[\s>]|embed[\s/>]|applet[\s>]|svg[\s/>]|meta\s|base\s|form[\s>]|link\s|hta:|jsp:|!--#(?:exec|include)|[a-z][^<>]{0,200}?[\s/"']on[a-z]{3,20}\s*=)/i
/** After it, words: chance makes a `<?=` in 16 MiB of a photograph, but not with nine letters behind. */
const WORDS = /^[\x09\x0a\x0d\x20-\x7e]*$/
const WORD_BYTES = 12
/** Second bytes that can begin one of them, so that most `<` cost one look-up. */
const SECOND: ReadonlySet<number> = new Set(
  Buffer.from('!?%abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'),
)
const PHAR = /__halt_compiler\s*\(/i

/** The name of the first active thing in `bytes`, or `undefined`. Metadata and pixels alike. */
export function activeIn(bytes: Buffer): string | undefined {
  for (let at = bytes.indexOf(0x3c); at !== -1; at = bytes.indexOf(0x3c, at + 1)) {
    if (!SECOND.has(bytes[at + 1] ?? 0)) continue
    if (!WORDS.test(bytes.toString('latin1', at, Math.min(at + WORD_BYTES, bytes.length)))) continue
    const found = ACTIVE.exec(bytes.toString('latin1', at, Math.min(at + LOOK, bytes.length)))
    if (found) return `${found[0].slice(0, 12).trim()}…`
  }
  if (bytes.includes('__') && PHAR.test(bytes.toString('latin1'))) return '__HALT_COMPILER'
  return undefined
}

/** `activeIn` over a whole source, in pieces that overlap. */
export async function findActive(source: Source): Promise<Refusal | undefined> {
  let tail: Buffer = Buffer.alloc(0)
  for await (const bytes of stretch(source, 0, source.size)) {
    const joined = tail.length === 0 ? bytes : Buffer.concat([tail, bytes])
    const found = activeIn(joined)
    if (found !== undefined) return because(refusals.activeContent, `holds ${found}`)
    tail = joined.subarray(Math.max(0, joined.length - OVERLAP))
  }
  return undefined
}

const EOCD = Buffer.from('PK\x05\x06', 'latin1')
const EOCD_BYTES = 22
const MAX_COMMENT = 0xffff

/** Whether a ZIP reader, which begins at the end, would find an archive in a file of another type. */
export async function hidesArchive(source: Source): Promise<boolean> {
  const from = Math.max(0, source.size - MAX_COMMENT - 2 * EOCD_BYTES)
  const tail = await source.read(from, source.size - from)
  for (
    let at = tail.lastIndexOf(EOCD);
    at !== -1;
    at = at === 0 ? -1 : tail.lastIndexOf(EOCD, at - 1)
  ) {
    if (at + EOCD_BYTES > tail.length) continue
    const directoryAt = from + at - tail.readUInt32LE(at + 12)
    if (directoryAt < 0) continue
    const mark = await source.read(directoryAt, 4)
    if (mark.toString('latin1') === 'PK\x01\x02') return true
  }
  return false
}
