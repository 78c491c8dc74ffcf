/** How much of everything one file may be. All units are in the names. */
export interface Bounds {
  /** Most bytes of one file. */
  readonly maxBytes: number
  readonly image: ImageBounds
  readonly archive: ArchiveBounds
  readonly pdf: PdfBounds
  readonly office: OfficeBounds
}

export interface ImageBounds {
  /** Width times height, of the canvas and of each frame. */
  readonly maxPixels: number
  /** Frames of an animation. */
  readonly maxFrames: number
  /** Comments, profiles, EXIF, XMP and unknown blocks together, after inflation. */
  readonly maxMetadataBytes: number
}

export interface ArchiveBounds {
  /** Entries, those of nested archives included. */
  readonly maxEntries: number
  /** Bytes that come out of everything compressed in one file (ZIP, OOXML, gzip, PDF). */
  readonly maxExpandedBytes: number
  /** Bytes out per byte in, of each entry that expands to more than 100 KiB. */
  readonly maxRatio: number
  /** 1 is an archive, 2 an archive in an archive. */
  readonly maxDepth: number
  /** Lets in what no scanner can look into. */
  readonly dangerouslyAllowEncrypted: boolean
  /** Lets in symbolic links, which unpack to paths outside. */
  readonly dangerouslyAllowLinks: boolean
}

export interface PdfBounds {
  readonly dangerouslyAllowJavascript: boolean
  readonly dangerouslyAllowLaunch: boolean
  readonly dangerouslyAllowEmbeddedFiles: boolean
  readonly dangerouslyAllowEncrypted: boolean
}

export interface OfficeBounds {
  readonly dangerouslyAllowMacros: boolean
  readonly dangerouslyAllowExternalReferences: boolean
  readonly dangerouslyAllowEmbeddedObjects: boolean
}

const MiB = 1024 * 1024

/** @see ASVS 5.1.1, 5.2.1, 5.2.3, 5.2.6 */
export const DEFAULT_BOUNDS: Bounds = {
  maxBytes: 10 * MiB,
  image: { maxPixels: 40_000_000, maxFrames: 500, maxMetadataBytes: MiB },
  archive: {
    maxEntries: 1000,
    maxExpandedBytes: 100 * MiB,
    maxRatio: 100,
    maxDepth: 2,
    dangerouslyAllowEncrypted: false,
    dangerouslyAllowLinks: false,
  },
  pdf: {
    dangerouslyAllowJavascript: false,
    dangerouslyAllowLaunch: false,
    dangerouslyAllowEmbeddedFiles: false,
    dangerouslyAllowEncrypted: false,
  },
  office: {
    dangerouslyAllowMacros: false,
    dangerouslyAllowExternalReferences: false,
    dangerouslyAllowEmbeddedObjects: false,
  },
}
