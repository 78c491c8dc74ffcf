import type { Check } from '../../kernel/check.ts'
import type { UploadsSettings } from './options.ts'

/** What the doctor knows about files that people send. */
export interface UploadsFacts {
  /** `files.settings` of every place that takes files. */
  readonly services: readonly UploadsSettings[]
}

/** Types in which a browser runs what the file says. */
const RUNS: ReadonlySet<string> = new Set([
  'image/svg+xml',
  'application/pdf',
  'text/html',
  'application/xhtml+xml',
  'application/xml',
  'text/xml',
])
/** Below this a handful of connections holds every place for hours. */
const LEAST_BYTES_PER_SECOND = 100
const LONGEST_IDLE_SECONDS = 120
/** What a decoder of pictures takes into memory for each pixel, and how much of that is too much. */
const BYTES_PER_PIXEL = 4
const PICTURE_BYTES = 1024 * 1024 * 1024

export const uploadsChecks: readonly Check<UploadsFacts>[] = [
  {
    id: 'uploads.runs-inline',
    severity: 'critical',
    what: 'A type in which a browser runs what the file says may open in its window.',
    why: 'One uploaded file then acts as whoever opens its address.',
    fix: 'Take it out of uploads download.inline.',
    found: each(({ inline }) => inline.some(type => RUNS.has(type))),
  },
  {
    id: 'uploads.dangerous',
    severity: 'warning',
    what: 'Files that nobody can look into, or that act, are let in.',
    why: 'Scripts in PDFs, macros, links and encrypted archives reach whoever opens the file.',
    fix: 'Take the dangerouslyAllow… options out of uploads, or keep such files apart.',
    found: each(({ bounds: { archive, pdf, office } }) =>
      [archive, pdf, office].some(part =>
        Object.entries(part).some(([name, value]) => /^dangerously/.test(name) && value === true),
      ),
    ),
  },
  {
    id: 'uploads.no-quota',
    severity: 'warning',
    what: 'One owner may keep as much as the disk holds.',
    why: 'One account fills the disk, and nobody can store anything any more.',
    fix: 'Set uploads quota.maxBytes and quota.maxFiles.',
    found: each(({ quota }) => quota === undefined),
  },
  {
    id: 'uploads.slow-senders',
    severity: 'warning',
    what: 'Uploads may stand nearly still.',
    why: 'A few machines hold every connection open for hours.',
    fix: 'Raise uploads request.minBytesPerSecond to 1024, lower request.idleSeconds to 15.',
    found: each(
      ({ request }) =>
        request.minBytesPerSecond < LEAST_BYTES_PER_SECOND ||
        request.idleSeconds > LONGEST_IDLE_SECONDS,
    ),
  },
  {
    id: 'uploads.large-pictures',
    severity: 'warning',
    what: 'A picture may unfold to more than a gigabyte of pixels.',
    why: 'A file of a few dozen bytes then exhausts the memory of whatever opens it.',
    fix: 'Lower uploads image.maxPixels to 40,000,000.',
    found: each(({ bounds }) => bounds.image.maxPixels * BYTES_PER_PIXEL > PICTURE_BYTES),
  },
  {
    id: 'uploads.wide-archives',
    severity: 'warning',
    what: 'Archives may unfold to more than a gigabyte, or be nested more than three deep.',
    why: 'Looking into them, and unpacking them later, costs what a bomb costs.',
    fix: 'Lower uploads archive.maxExpandedBytes and archive.maxDepth.',
    found: each(
      ({ bounds: { archive } }) => archive.maxExpandedBytes > PICTURE_BYTES || archive.maxDepth > 3,
    ),
  },
  {
    id: 'uploads.unscanned',
    severity: 'advice',
    what: 'No scanner looks at uploaded files.',
    why: 'Structure tells nothing about malware in documents and archives.',
    fix: 'Set uploads scan, for instance to clamav({ socket: "/run/clamav/clamd.ctl" }).',
    found: each(({ scanned }) => !scanned),
  },
  {
    id: 'uploads.own-origin',
    severity: 'advice',
    what: 'Uploaded files are given back from the origin of the application.',
    why: 'What slips through every other net meets the cookies and pages of the application.',
    fix: 'Set uploads download.origin to an origin that serves nothing else.',
    found: each(({ origin }) => origin === undefined),
  },
  {
    id: 'uploads.places-kept',
    severity: 'advice',
    what: 'Pictures are kept with what their cameras wrote into them.',
    why: 'Whoever sees a picture learns where and when it was taken, and with what.',
    fix: 'Set uploads rewrite to stripMetadata(), or to a re-encoder.',
    found: each(({ rewritten, allow }) => !rewritten && allow.some(type => type === 'image/jpeg')),
  },
]

/** True when the question is answered so for one of the services. */
function each(asks: (settings: UploadsSettings) => boolean): (facts: UploadsFacts) => boolean {
  return ({ services }) => services.some(asks)
}
