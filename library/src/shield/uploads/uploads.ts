import type { KeyObject } from 'node:crypto'
import { type Clock, systemClock } from '../../kernel/clock.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import { contentDisposition, type Disposition } from './give/disposition.ts'
import { signLink, verifyLink } from './give/link.ts'
import { type Download, type DownloadRequest, type DownloadRules, serve } from './give/serve.ts'
import { type FileVerdict, judgeFile } from './judge/judge-file.ts'
import { KINDS } from './judge/kinds.ts'
import { diskStorage } from './keep/disk.ts'
import type { FileStorage, Quota, StoredFile } from './keep/storage.ts'
import { boundaryOf } from './multipart/boundary.ts'
import { judgeFileName, repairFileName } from './names/file-name.ts'
import { type OpenedFile, type OpenMode, openWithin } from './names/open-within.ts'
import { judgePath } from './names/path.ts'
import { limit, type PolicyOptions, policyOf } from './policy.ts'
import { clamav } from './receive/clamav.ts'
import { type Body, hold, turnAway } from './receive/feed.ts'
import { Ledger } from './receive/ledger.ts'
import {
  type Received,
  Reception,
  type ReceptionContext,
  type ReceptionRules,
  type WireBudget,
} from './receive/reception.ts'
import { DEFAULT_REQUEST_BOUNDS, type RequestBounds } from './receive/request-bounds.ts'
import type { Rewriter } from './receive/rewrite.ts'
import type { Scanner } from './receive/scan.ts'
import { sharpRewriter } from './receive/sharp.ts'
import { stripMetadata } from './receive/strip.ts'
import { because, refusals } from './refusals.ts'

export type { DiskOptions } from './keep/disk.ts'
export type { Draft, FileStorage, Quota, StoredFile, Usage } from './keep/storage.ts'
export type { PolicyOptions } from './policy.ts'
export type { Body } from './receive/feed.ts'
export type { Received, ReceivedFile, WireBudget } from './receive/reception.ts'
export type { RequestBounds } from './receive/request-bounds.ts'
export type { RewriteInput, Rewriter } from './receive/rewrite.ts'
export type { ScanInput, Scanner, ScanVerdict } from './receive/scan.ts'
export type { Disposition, Download, DownloadRequest, FileVerdict, OpenedFile, OpenMode }
export {
  clamav,
  contentDisposition,
  diskStorage,
  judgeFile,
  judgeFileName,
  judgePath,
  openWithin,
  refusals,
  repairFileName,
  sharpRewriter,
  stripMetadata,
}

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

/** One request to upload, as any framework can show it. `Incoming` has `header` already. */
export interface UploadRequest {
  header(name: string): string | undefined
  readonly body: Body
  /** Whose the files will be. */
  readonly owner: string
  /** Aborted when the client is gone, where the body itself does not tell. */
  readonly signal?: AbortSignal
  /** Counts the same bytes for the limits of the whole request. */
  readonly budget?: WireBudget
}

export interface LinkOptions {
  readonly disposition?: Disposition
  readonly seconds?: number
  /** Who alone may use it. */
  readonly holder?: string
}

export interface Uploads {
  /** Receives `multipart/form-data`: all of its files are kept, or none. */
  receive(request: UploadRequest): Promise<Outcome<Received>>
  /** The owner's own file; `uploads.absent` for everybody else's. */
  find(owner: string, id: string): Promise<Outcome<StoredFile>>
  list(owner: string): Promise<readonly StoredFile[]>
  /** `uploads.absent` unless it was there, was the owner's, and nobody else was faster. */
  remove(owner: string, id: string): Promise<Outcome<void>>
  /** The owner's own file, as a safe download. */
  serve(owner: string, id: string, request: DownloadRequest): Promise<Outcome<Download>>
  /** `<download.origin><path>?…`: the address of one file for a short while. */
  link(file: StoredFile, path: string, options?: LinkOptions): string
  /** The file that a signed link leads to. `query` is what follows the `?`. */
  serveLink(
    id: string,
    query: string,
    request: DownloadRequest,
    holder?: string,
  ): Promise<Outcome<Download>>
  /** Waits until nothing of refused uploads is left. */
  settled(): Promise<void>
  /** As `settled`, and lets go of the storage. */
  close(): Promise<void>
}

const DEFAULT_QUOTA: Quota = { maxBytes: 1024 * 1024 * 1024, maxFiles: 1000 }

/**
 * Takes files in and gives them back: the bytes decide what a file is, the disk never fills, the
 * download never runs.
 *
 * @throws {ConfigFault} for a setting that cannot be meant
 * @see ASVS V5; OWASP File Upload Cheat Sheet
 */
export function uploads(options: UploadsOptions): Uploads {
  const { storage } = options
  const clock = options.clock ?? systemClock
  const quota = quotaOf(options.quota)
  const ledger = quota && new Ledger(storage, quota)
  const rules: ReceptionRules = {
    policy: policyOf(options),
    storage,
    quota,
    clock,
    scan: options.scan,
    scanSeconds: limit('scanSeconds', options.scanSeconds ?? 30),
    rewrite: options.rewrite,
    request: requestBounds(options),
    fileFields: options.fileFields && new Set(options.fileFields),
  }
  const download = downloadRules(options)
  const clearing = new Set<Promise<void>>()

  const find = async (owner: string, id: string): Promise<Outcome<StoredFile>> => {
    const file = await storage.find(id)
    return file?.owner === owner ? granted(file) : refused(refusals.absent)
  }

  const receive = async (request: UploadRequest): Promise<Outcome<Received>> => {
    const early = earlyFault(request, rules.request)
    if (typeof early !== 'string') {
      if (early.close) turnAway(request.body)
      return refused(early)
    }
    hold(request.body)
    const account = await ledger?.open(request.owner)
    const context: ReceptionContext = { owner: request.owner, account, budget: request.budget }
    const reception = new Reception(early, request.body, rules, context)
    const abort = (): void => reception.abort()
    if (request.signal?.aborted) abort()
    request.signal?.addEventListener('abort', abort, { once: true })
    const cleared = reception.cleared.finally(() => {
      clearing.delete(cleared)
      request.signal?.removeEventListener('abort', abort)
    })
    clearing.add(cleared)
    return reception.outcome
  }

  const settled = async (): Promise<void> => void (await Promise.all(clearing))

  return {
    receive,
    find,
    settled,
    list: owner => storage.list(owner),
    async remove(owner, id) {
      const file = await find(owner, id)
      if (!file.ok) return file
      if (!(await storage.remove(file.value))) return refused(refusals.absent)
      ledger?.freed(owner, file.value.bytes)
      return granted(undefined)
    },
    async serve(owner, id, request) {
      const file = await find(owner, id)
      return file.ok ? serve(file.value, request, download) : file
    },
    link(file, path, { disposition = 'attachment', seconds, holder } = {}) {
      const life = seconds ?? options.download?.linkSeconds ?? 300
      const terms = { id: file.id, expiresAt: clock() + life * 1000, disposition }
      const query = signLink(holder === undefined ? terms : { ...terms, holder }, linkKey(options))
      return `${options.download?.origin ?? ''}${path}?${query}`
    },
    async serveLink(id, query, request, holder) {
      const terms = verifyLink(id, query, holder, linkKey(options), clock)
      if (!terms.ok) return terms
      const file = await storage.find(id)
      if (file === undefined) return refused(refusals.absent)
      return serve(file, { ...pick(request), disposition: terms.value.disposition }, download)
    },
    async close() {
      await settled()
      await storage.close()
    },
  }
}

/** The boundary, or why the body need not be read at all. */
function earlyFault(
  request: UploadRequest,
  bounds: RequestBounds,
): string | ReturnType<typeof because> {
  const coding = request.header('content-encoding')
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    return because(refusals.notMultipart, 'a content coding')
  }
  const length = Number(request.header('content-length') ?? 0)
  if (length > bounds.maxRequestBytes) {
    return because(refusals.requestTooLarge, `${length} bytes announced`)
  }
  return boundaryOf(request.header('content-type'))
}

function requestBounds(options: UploadsOptions): RequestBounds {
  const bounds = { ...DEFAULT_REQUEST_BOUNDS, ...options.request }
  for (const [key, value] of Object.entries(bounds)) limit(`request.${key}`, value)
  return bounds
}

function quotaOf(quota: UploadsOptions['quota']): Quota | undefined {
  if (quota === false) return undefined
  const { maxBytes, maxFiles } = { ...DEFAULT_QUOTA, ...quota }
  return {
    maxBytes: limit('quota.maxBytes', maxBytes),
    maxFiles: limit('quota.maxFiles', maxFiles),
  }
}

function downloadRules(options: UploadsOptions): DownloadRules {
  const { inline, cacheSeconds = 0, origin } = options.download ?? {}
  if (origin !== undefined && new URL(origin).origin !== origin) {
    throw new ConfigFault(
      'uploads.download.origin',
      'is no bare origin; write https://files.example',
    )
  }
  const types = inline ?? KINDS.filter(kind => kind.inline).map(kind => kind.type)
  return {
    storage: options.storage,
    inline: new Set(types),
    cacheSeconds,
    resourcePolicy: origin === undefined ? 'same-origin' : 'cross-origin',
  }
}

function linkKey(options: UploadsOptions): KeyObject {
  if (options.linkKey !== undefined) return options.linkKey
  throw new ConfigFault('uploads.linkKey', "is missing; write keys.for('download-link')")
}

function pick(request: DownloadRequest): DownloadRequest {
  return { method: request.method, header: name => request.header(name) }
}
