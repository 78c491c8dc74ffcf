import { type Kind, kindNamed } from './kinds.ts'
import type { Source } from './source.ts'
import { looksLikeHtml, looksLikeText } from './text.ts'
import { xmlText } from './xml.ts'

/** What the first bytes say a file is. */
export type Detected =
  | { readonly is: 'kind'; readonly kind: Kind }
  /** A ZIP of some kind: which, only its directory tells. */
  | { readonly is: 'zip' }
  /** UTF-8 words: the extension says which kind. `html` when a browser could take them for HTML. */
  | { readonly is: 'text'; readonly html: boolean }
  /** Known, and no type that can be judged. */
  | { readonly is: 'other'; readonly what: string; readonly mixed?: true }

/** Enough for a licence in a comment before the first tag. */
const HEAD_BYTES = 64 * 1024
const SIGNATURES: readonly (readonly [string, string])[] = [
  ['image/png', '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', '\xff\xd8\xff'],
  ['image/gif', 'GIF87a'],
  ['image/gif', 'GIF89a'],
  ['document/pdf', '%PDF-'],
  ['archive/gzip', '\x1f\x8b'],
  ['image/bmp', 'BM'],
]
const AVIF = /^(?:avif|avis)$/
const HEIC = /^(?:heic|heix|heim|heis|hevc|hevx)$/
const MOVIE = /^(?:isom|iso[2-9]|mp4[12]|avc1|M4V |M4VH|M4VP|dash|mmp4|MSNV|f4v |cmf[cs2])$/
const SVG_ROOT =
  /^\s*(?:<\?(?:(?!\?>)[\s\S])*\?>\s*|<!--(?:(?!-->)[\s\S])*-->\s*|<!DOCTYPE\s+svg(?:[^<>[\]]|\[[^\]]*\])*>\s*)*<(?:[\w.-]+:)?svg[\s/>]/i

/** Reads what a file is from its beginning, never from what its sender says. */
export async function detect(source: Source): Promise<Detected> {
  const head = await source.read(0, HEAD_BYTES)
  const text = head.toString('latin1', 0, 16)
  for (const [name, signature] of SIGNATURES) {
    if (text.startsWith(signature)) return named(name)
  }
  if (text.startsWith('PK\x03\x04') || text.startsWith('PK\x05\x06')) return { is: 'zip' }
  if (text.startsWith('RIFF')) {
    return text.slice(8, 12) === 'WEBP'
      ? named('image/webp')
      : { is: 'other', what: 'another RIFF' }
  }
  if (text.slice(4, 8) === 'ftyp') return brand(head)
  return words(head)
}

function named(name: string): Detected {
  const kind = kindNamed(name)
  return kind === undefined ? { is: 'other', what: name } : { is: 'kind', kind }
}

/** Major brand and compatible brands of an ISO base media file. */
function brand(head: Buffer): Detected {
  const end = Math.min(head.readUInt32BE(0), head.length, 512)
  const brands = [head.toString('latin1', 8, 12)]
  for (let at = 16; at + 4 <= end; at += 4) brands.push(head.toString('latin1', at, at + 4))
  const [major = '', ...compatible] = brands
  const either = (pattern: RegExp): boolean =>
    pattern.test(major) ||
    (/^(?:mif1|msf1|miaf)$/.test(major) && compatible.some(it => pattern.test(it)))
  if (either(AVIF)) return named('image/avif')
  if (either(HEIC)) return named('image/heic')
  if (MOVIE.test(major)) return named('video/mp4')
  return { is: 'other', what: 'another ISO base media file' }
}

function words(head: Buffer): Detected {
  const wide = head.length >= 2 && /^(?:\xff\xfe|\xfe\xff)/.test(head.toString('latin1', 0, 2))
  const text = wide
    ? xmlText(head.subarray(0, head.length - (head.length % 2)))
    : looksLikeText(head)
      ? head.toString('utf8')
      : undefined
  if (head.indexOf('%PDF-') > 0 && (text === undefined || looksLikeHtml(text))) {
    return { is: 'other', what: 'a PDF behind something else', mixed: true }
  }
  if (text === undefined) return { is: 'other', what: 'bytes of no known type' }
  if (SVG_ROOT.test(text.replace(/^\ufeff/, ''))) return named('drawing/svg')
  return wide ? { is: 'other', what: 'UTF-16' } : { is: 'text', html: looksLikeHtml(text) }
}
