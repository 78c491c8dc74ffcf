import { isUtf8 } from 'node:buffer'

const MAX_SEGMENT_BYTES = 255 // ext4, XFS, APFS (in UTF-8) and NTFS (in UTF-16, so never less)

const CONTROL = /\p{Cc}/u
const NONCHARACTER = /\p{Noncharacter_Code_Point}/u
const LINE = /[\u2028\u2029]/
const FORBIDDEN = /[<>:"|?*\\/]/
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800]/u
/** Flags of regions are a black flag followed by tag letters. */
const FLAG_TAGS = /\u{1f3f4}[\u{e0020}-\u{e007f}]+/gu
/** Joiners of Persian, Indic and emoji, and variation selectors: only between letters not ASCII. */
const JOINERS =
  /(?<=[^\0-\x7f])(?:[\ufe00-\ufe0f\u180b-\u180d\u180f]|[\u200c\u200d](?=[^\0-\x7f]))/gu
/** What some file system or code page reads as a slash or backslash. */
const SLASH_ALIKE =
  /[\u2044\u2215\u2216\u29f5\u29f8\u29f9\u00a5\u20a9\u2571\u2572\ufe68\uff0f\uff3c]/g
const DEVICE = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9])$/i
const CODED = /%[0-9a-f]{2}/i
const CODED_RUN = /(?:%[0-9a-f]{2})+/gi
const IIS_CODED = /%u[0-9a-f]{4}/i
/** What nobody needs to code, so that who codes it hides it. */
const CODED_HARM = /[\p{Cc}./\\:]/u

/**
 * Why `segment` must not name a file or folder on any system, or `undefined` when it may.
 *
 * @see RFC 6266 §4.3; ASVS 1.1.1, 5.3.2
 */
export function segmentFault(segment: string): string | undefined {
  if (segment === '') return 'is empty'
  if (!segment.isWellFormed()) return 'holds half a character (a lone surrogate)'
  const composed = segment.normalize('NFC')
  const bytes = Buffer.byteLength(composed)
  if (bytes > MAX_SEGMENT_BYTES) return `has ${bytes} bytes where ${MAX_SEGMENT_BYTES} are the most`
  if (CONTROL.test(composed)) return 'holds a control character'
  if (LINE.test(composed)) return 'holds a line separator'
  if (NONCHARACTER.test(composed)) return 'holds a noncharacter'
  if (FORBIDDEN.test(composed)) return 'holds a character that means something in a path'
  if (BIDI.test(composed)) return 'holds a bidirectional control'
  if (INVISIBLE.test(composed.replace(FLAG_TAGS, '').replace(JOINERS, ''))) {
    return 'holds an invisible character'
  }
  return codedFault(composed) ?? shapeFault(composed)
}

/** Dots, blanks and devices, also as they look to a system that folds characters together. */
function shapeFault(segment: string): string | undefined {
  if (/^\.{1,2}$/.test(segment)) return 'is no name but a way to another folder'
  if (/[.\s]$/u.test(segment)) return 'ends with a dot or a blank'
  const folded = segment.replace(SLASH_ALIKE, '/').normalize('NFKC')
  if (folded.startsWith('/')) return 'begins with what may be read as a separator'
  if (folded.split(/[\\/]/).some(part => /^[.\s]*\.[.\s]*$/u.test(part))) {
    return 'may be read as a parent folder'
  }
  const stem = folded.split('.', 1)[0]?.trimEnd() ?? ''
  return DEVICE.test(stem) ? 'is the name of a device' : undefined
}

/** Percent-coded characters, peeled until nothing is coded any more. */
function codedFault(segment: string): string | undefined {
  if (IIS_CODED.test(segment)) return 'holds a coded character'
  let text = segment
  while (CODED.test(text)) {
    let bad = false
    text = text.replace(CODED_RUN, run => {
      const bytes = Buffer.from(run.replaceAll('%', ''), 'hex')
      const plain = bytes.toString('utf8')
      bad ||= !isUtf8(bytes) || CODED_HARM.test(plain)
      return plain
    })
    if (bad) return 'holds a coded separator, dot or control character'
  }
  return undefined
}
