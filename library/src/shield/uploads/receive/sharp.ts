import type { Rewriter } from './rewrite.ts'

/** What of sharp is used. Pass the module itself: `sharpRewriter(sharp)`. */
export type SharpLike = (
  path: string,
  options: {
    readonly limitInputPixels: number
    readonly failOn: 'warning'
    readonly animated: boolean
    readonly sequentialRead: boolean
  },
) => SharpPicture

export interface SharpPicture extends AsyncIterable<Uint8Array> {
  /** Turns the pixels as EXIF says, because EXIF goes. */
  rotate(): SharpPicture
  toFormat(format: string, options?: { readonly quality?: number }): SharpPicture
}

export interface SharpRewriterOptions {
  /** Pixels that are decoded at most; 40,000,000. */
  readonly maxPixels?: number
  /** From 1 to 100, for the formats that lose something; 82. */
  readonly quality?: number
}

const FORMATS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
}

/**
 * Decodes every picture and encodes it anew: what is not a pixel does not survive, metadata
 * included. Other files are left as they are.
 */
export function sharpRewriter(sharp: SharpLike, options: SharpRewriterOptions = {}): Rewriter {
  const { maxPixels = 40_000_000, quality = 82 } = options
  return ({ path, type }) => {
    const format = FORMATS[type]
    if (format === undefined) return undefined
    const input = {
      limitInputPixels: maxPixels,
      failOn: 'warning',
      animated: true,
      sequentialRead: true,
    } as const
    return sharp(path, input)
      .rotate()
      .toFormat(format, format === 'png' || format === 'gif' ? {} : { quality })
  }
}
