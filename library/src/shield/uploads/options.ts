import type { KeyObject } from 'node:crypto'
import { type Clock, systemClock } from '../../kernel/clock.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { onlyKnown } from '../../kernel/options.ts'
import type { DownloadRules } from './give/serve.ts'
import type { Bounds } from './judge/bounds.ts'
import { KINDS } from './judge/kinds.ts'
import type { FileStorage, Quota } from './keep/storage.ts'
import { limit, type PolicyOptions, policyOf } from './policy.ts'
import type { ReceptionRules } from './receive/reception.ts'
import { DEFAULT_REQUEST_BOUNDS, type RequestBounds } from './receive/request-bounds.ts'
import type { Rewriter } from './receive/rewrite.ts'
import type { Scanner } from './receive/scan.ts'

export interface UploadsOptions extends PolicyOptions {
  /** Where files live, such as `diskStorage({ folder })`. */
  readonly storage: FileStorage
  /** What one request may bring, and how slowly. */
  readonly request?: Partial<RequestBounds>
  /** Names of form fields that may bring files; any unless told. */
  readonly fileFields?: readonly string[]
  /** What one owner may keep; 1 GiB and 1,000 files unless told, `false` for no bound. */
  readonly quota?: Partial<Quota> | false
  /** Asked about every file before anybody can read it. */
  readonly scan?: Scanner
  /** Longest wait for the scanner; 30. */
  readonly scanSeconds?: number
  /** Makes a fresh file of every accepted one. */
  readonly rewrite?: Rewriter
  readonly download?: DownloadOptions
  /** `keys.for('download-link')`; without it there are no signed links. */
  readonly linkKey?: KeyObject
  readonly clock?: Clock
}

export interface DownloadOptions {
  /** Types that may open in the browser's own window; raster pictures, plain text and MP4 unless told. */
  readonly inline?: readonly string[]
  /** Seconds that the owner's browser may keep a file; 0, which is `no-store`. */
  readonly cacheSeconds?: number
  /**
   * An origin of its own for files, such as `https://files.example-usercontent.com`: what slips
   * through then meets no cookies and no pages of ours. Signed links lead there.
   */
  readonly origin?: string
  /** Life of signed links; 300. */
  readonly linkSeconds?: number
}

/** The options with everything filled in, for the doctor and the papers. */
export interface UploadsSettings {
  /** The kind of storage. */
  readonly storage: string
  /** Media types. */
  readonly allow: readonly string[]
  readonly bounds: Bounds
  readonly request: RequestBounds
  readonly quota: Quota | undefined
  readonly scanned: boolean
  readonly rewritten: boolean
  /** Media types. */
  readonly inline: readonly string[]
  readonly origin: string | undefined
}

/** What `uploads` works with once its options are judged. */
export interface Settled {
  readonly rules: ReceptionRules
  readonly download: DownloadRules
  readonly origin: string
  readonly linkSeconds: number
  readonly settings: UploadsSettings
}

const DEFAULT_QUOTA: Quota = { maxBytes: 1024 * 1024 * 1024, maxFiles: 1000 }
const OPTIONS: readonly (keyof UploadsOptions)[] = [
  'storage',
  'allow',
  'maxBytes',
  'image',
  'archive',
  'pdf',
  'office',
  'names',
  'request',
  'fileFields',
  'quota',
  'scan',
  'scanSeconds',
  'rewrite',
  'download',
  'linkKey',
  'clock',
]
const DOWNLOAD_OPTIONS: readonly (keyof DownloadOptions)[] = [
  'inline',
  'cacheSeconds',
  'origin',
  'linkSeconds',
]

/** @throws {ConfigFault} for a setting that cannot be meant */
export function settle(options: UploadsOptions): Settled {
  onlyKnown('uploads', options, OPTIONS)
  const { storage, scan, rewrite, clock = systemClock } = options
  const policy = policyOf(options)
  const quota = quotaOf(options.quota)
  const request = requestBounds(options.request)
  const { inline, cacheSeconds, origin, linkSeconds } = downloadOf(options.download)
  return {
    rules: {
      policy,
      storage,
      quota,
      clock,
      scan,
      scanSeconds: limit('scanSeconds', options.scanSeconds ?? 30),
      rewrite,
      request,
      fileFields: options.fileFields && new Set(options.fileFields),
    },
    download: {
      storage,
      inline: new Set(inline),
      cacheSeconds,
      resourcePolicy: origin === undefined ? 'same-origin' : 'cross-origin',
    },
    origin: origin ?? '',
    linkSeconds,
    settings: {
      storage: storage.kind,
      allow: [...policy.allow].map(kind => kind.type),
      bounds: policy.bounds,
      request,
      quota,
      scanned: scan !== undefined,
      rewritten: rewrite !== undefined,
      inline,
      origin,
    },
  }
}

function requestBounds(given: Partial<RequestBounds> = {}): RequestBounds {
  onlyKnown('uploads.request', given, Object.keys(DEFAULT_REQUEST_BOUNDS))
  const bounds = { ...DEFAULT_REQUEST_BOUNDS, ...given }
  for (const [key, value] of Object.entries(bounds)) limit(`request.${key}`, value)
  return bounds
}

function quotaOf(given: UploadsOptions['quota'] = {}): Quota | undefined {
  if (given === false) return undefined
  onlyKnown('uploads.quota', given, Object.keys(DEFAULT_QUOTA))
  const { maxBytes, maxFiles } = { ...DEFAULT_QUOTA, ...given }
  return {
    maxBytes: limit('quota.maxBytes', maxBytes),
    maxFiles: limit('quota.maxFiles', maxFiles),
  }
}

interface DownloadSettings {
  readonly inline: readonly string[]
  readonly cacheSeconds: number
  readonly origin: string | undefined
  readonly linkSeconds: number
}

function downloadOf(given: DownloadOptions = {}): DownloadSettings {
  onlyKnown('uploads.download', given, DOWNLOAD_OPTIONS)
  const { cacheSeconds = 0, origin, linkSeconds = 300 } = given
  if (origin !== undefined && URL.parse(origin)?.origin !== origin) {
    throw new ConfigFault(
      'uploads.download.origin',
      'is no bare origin; write https://files.example',
    )
  }
  if (!(Number.isInteger(cacheSeconds) && cacheSeconds >= 0)) {
    throw new ConfigFault('uploads.download.cacheSeconds', 'is no whole number; 0 is no-store')
  }
  return {
    inline: given.inline ?? KINDS.filter(kind => kind.inline).map(kind => kind.type),
    cacheSeconds,
    origin,
    linkSeconds: limit('download.linkSeconds', linkSeconds),
  }
}
