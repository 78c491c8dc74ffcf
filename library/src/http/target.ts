import type { Refusal } from '../kernel/refusal.ts'

const refused = { says: 'framing.refused', status: 400 } as const

type TargetReason =
  | 'tooLong'
  | 'form'
  | 'character'
  | 'percent'
  | 'notUtf8'
  | 'control'
  | 'backslash'
  | 'encodedSlash'
  | 'encodedPercent'
  | 'dots'
  | 'doubleSlash'
  | 'semicolon'

export const refusals: Readonly<Record<TargetReason, Refusal>> = {
  tooLong: { code: 'target.too_long', says: 'target.too_long', status: 414, close: true },
  form: { code: 'target.form', ...refused },
  character: { code: 'target.character', ...refused },
  percent: { code: 'target.percent', ...refused },
  notUtf8: { code: 'target.not_utf8', ...refused },
  control: { code: 'target.control', ...refused },
  backslash: { code: 'target.backslash', ...refused },
  encodedSlash: { code: 'target.encoded_slash', ...refused },
  encodedPercent: { code: 'target.encoded_percent', ...refused },
  dots: { code: 'target.dots', ...refused },
  doubleSlash: { code: 'target.double_slash', ...refused },
  semicolon: { code: 'target.semicolon', ...refused },
}

/** What a path may hold besides; each is read differently by some proxy, router or disk. */
export interface PathOptions {
  /** `%2f` inside a segment. */
  readonly encodedSlash?: boolean
  /** `%25`, which a second decoding would turn into something else. */
  readonly encodedPercent?: boolean
  /** Empty segments. */
  readonly doubleSlash?: boolean
  /** `;`, where some servers cut off path parameters. */
  readonly semicolon?: boolean
}

export const PATH_OPTIONS: readonly (keyof PathOptions)[] = [
  'encodedSlash',
  'encodedPercent',
  'doubleSlash',
  'semicolon',
]

/** Segments of plain characters that do not begin with a dot: nearly every path there is. */
const PLAIN = /^(?:\/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9._~!$&'()*+,=:@-]*)*\/?$/
const VISIBLE = /^[!-~]*$/
const CONTROL = /%(?:[01][0-9a-f]|7f)/i
const DOT_SEGMENT = /(?:^|\/)\.{1,2}(?:\/|$)/

/**
 * Refuses targets whose path a proxy, a router and a file system may read in different ways. They
 * are refused, never repaired: a repaired path is one more opinion.
 *
 * @see ASVS 1.1.1; RFC 9112 §3.2
 */
export function judgeTarget(
  maxBytes: number,
  allow: PathOptions,
): (target: string) => Refusal | undefined {
  return target => {
    if (target.length > maxBytes) return refusals.tooLong
    // Decision: origin-form only, though RFC 9112 §3.2.2 has servers take absolute-form as well.
    // Cost: a proxy in front that forwards absolute-form has to be told not to; none does unasked.
    if (target.charCodeAt(0) !== 0x2f) return refusals.form
    const mark = target.indexOf('?')
    if (!VISIBLE.test(target) || target.indexOf('#') >= 0) return refusals.character
    const path = mark < 0 ? target : target.slice(0, mark)
    return PLAIN.test(path) ? undefined : judgeOddPath(path, allow)
  }
}

function judgeOddPath(path: string, allow: PathOptions): Refusal | undefined {
  if (path.includes('\\') || /%5c/i.test(path)) return refusals.backslash
  if (!allow.doubleSlash && path.includes('//')) return refusals.doubleSlash
  if (!allow.semicolon && /;|%3b/i.test(path)) return refusals.semicolon
  if (DOT_SEGMENT.test(path) || /%2e/i.test(path)) return refusals.dots
  if (/%(?![0-9a-f]{2})/i.test(path)) return refusals.percent
  if (CONTROL.test(path)) return refusals.control
  if (!allow.encodedSlash && /%2f/i.test(path)) return refusals.encodedSlash
  if (!allow.encodedPercent && path.includes('%25')) return refusals.encodedPercent
  return isUtf8(path) ? undefined : refusals.notUtf8
}

/** Overlong forms, lone surrogates and cut sequences are what decodeURIComponent throws at. */
function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
