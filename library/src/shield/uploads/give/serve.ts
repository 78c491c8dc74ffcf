import type { Readable } from 'node:stream'
import { granted, type Outcome, refused } from '../../../kernel/outcome.ts'
import { kindNamed } from '../judge/kinds.ts'
import type { FileStorage, StoredFile } from '../keep/storage.ts'
import { refusals } from '../refusals.ts'
import { contentDisposition, type Disposition } from './disposition.ts'
import { sliceOf } from './range.ts'

/** What of a request decides how a file is given back. */
export interface DownloadRequest {
  readonly method: string
  header(name: string): string | undefined
  /** `attachment` unless told, and for every type that is not on the list of inline types. */
  readonly disposition?: Disposition
}

/** The answer to a download, for whatever framework writes it. */
export interface Download {
  readonly status: 200 | 206 | 304
  /** Lower-case names and values in turn. */
  readonly headers: readonly string[]
  /** Absent for HEAD and 304. Whoever takes it must read or destroy it. */
  readonly body: Readable | undefined
}

/** How files are given back. */
export interface DownloadRules {
  readonly storage: FileStorage
  /** Types that may be shown in the browser's own window. */
  readonly inline: ReadonlySet<string>
  /** Seconds that the owner's own browser may keep a file; 0 is `no-store`. */
  readonly cacheSeconds: number
  /** Who may embed the files: `same-origin` unless they have an origin of their own. */
  readonly resourcePolicy: 'same-origin' | 'same-site' | 'cross-origin'
}

/**
 * Gives a file back so that nothing in it runs: its type from our own verdict, never to be guessed
 * at, in a sandbox without anything, as an attachment unless its type is on the list.
 *
 * Who may have it was decided before: `file` is what the owner, or a signed link, led to.
 *
 * @returns `uploads.range` when the range lies outside the file
 * @throws {StoreFault} when the bytes are not there
 * @see ASVS 5.4.1, 3.2.1; RFC 9110 §13, §14
 */
export async function serve(
  file: StoredFile,
  request: DownloadRequest,
  rules: DownloadRules,
): Promise<Outcome<Download>> {
  const etag = `"${file.sha256}"`
  const headers = headersOf(file, etag, request.disposition ?? 'attachment', rules)
  if (matches(request.header('if-none-match'), etag)) {
    return granted({ status: 304, headers, body: undefined })
  }
  const ifRange = request.header('if-range')
  const range = ifRange === undefined || ifRange === etag ? request.header('range') : undefined
  const slice = request.method === 'GET' ? sliceOf(range, file.bytes) : undefined
  if (slice === 'unsatisfiable') {
    return refused({ ...refusals.range, headers: { 'content-range': `bytes */${file.bytes}` } })
  }
  const { start, end } = slice ?? { start: 0, end: file.bytes }
  const sized = [...headers, 'content-length', String(end - start)]
  if (slice) sized.push('content-range', `bytes ${start}-${end - 1}/${file.bytes}`)
  const body = request.method === 'HEAD' ? undefined : await rules.storage.open(file, start, end)
  return granted({ status: slice ? 206 : 200, headers: sized, body })
}

function headersOf(
  file: StoredFile,
  etag: string,
  wanted: Disposition,
  rules: DownloadRules,
): readonly string[] {
  const disposition = wanted === 'inline' && rules.inline.has(file.type) ? 'inline' : 'attachment'
  // Decision: a type that we no longer know (an old record) is bytes and nothing else.
  // Cost: such a file opens in no viewer by itself.
  const known = kindNamed(file.type) === undefined ? 'application/octet-stream' : file.type
  const cache =
    rules.cacheSeconds > 0 ? `private, max-age=${rules.cacheSeconds}, no-transform` : 'no-store'
  return [
    'content-type',
    known.startsWith('text/') ? `${known}; charset=utf-8` : known,
    'content-disposition',
    contentDisposition(disposition, file.name),
    'x-content-type-options',
    'nosniff',
    'content-security-policy',
    "sandbox; default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy',
    rules.resourcePolicy,
    'referrer-policy',
    'no-referrer',
    'cache-control',
    cache,
    'accept-ranges',
    'bytes',
    'etag',
    etag,
  ]
}

/** Whether a list of tags holds ours, compared weakly (RFC 9110 §13.1.2). */
function matches(list: string | undefined, etag: string): boolean {
  if (list === undefined) return false
  return list.trim() === '*' || list.split(',').some(tag => tag.trim().replace(/^W\//, '') === etag)
}
