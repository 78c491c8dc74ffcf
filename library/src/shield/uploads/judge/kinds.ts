import type { Refusal } from '../../../kernel/refusal.ts'
import { walkGzipFile, walkZipFile } from './archive.ts'
import { walkBmp } from './bmp.ts'
import type { Bounds } from './bounds.ts'
import { walkGif } from './gif.ts'
import { walkAvif, walkHeic } from './heif.ts'
import { walkJpeg } from './jpeg.ts'
import { walkJson } from './json-text.ts'
import { walkMp4 } from './mp4.ts'
import { walkPdf } from './pdf.ts'
import { walkPng } from './png.ts'
import type { Source } from './source.ts'
import { walkSvg } from './svg.ts'
import { walkText } from './text.ts'
import type { Facts, Walk } from './walk.ts'
import { walkWebp } from './webp.ts'

/** One type of file that can be judged. */
export interface Kind {
  /** How an allow-list may call it, besides its media type: `family/word`. */
  readonly name: string
  readonly type: string
  /** Without dot; the first is the one that stored files of this kind bear in downloads. */
  readonly extensions: readonly string[]
  /** What clients declare instead of `type`. */
  readonly aliases: readonly string[]
  /** Whether a browser may show it in a page's own window without running anything. */
  readonly inline: boolean
  /** Whether the bytes are a ZIP, whose own end no other reader can mistake. */
  readonly isZip: boolean
  readonly walk: Walk
}

const OFFICE = 'application/vnd.openxmlformats-officedocument.'

function kind(
  name: string,
  type: string,
  extensions: string,
  aliases: string,
  inline: boolean,
  walk: Walk,
): Kind {
  const list = (words: string): readonly string[] => words.split(' ').filter(word => word !== '')
  return {
    name,
    type,
    extensions: list(extensions),
    aliases: list(aliases),
    inline,
    isZip: walk === walkAnyZip,
    walk,
  }
}

/** Which kind of ZIP it is, `judge` asks itself; here it only has to be a sound one. */
async function walkAnyZip(source: Source, bounds: Bounds): Promise<Refusal | Facts> {
  const found = await walkZipFile(source, bounds)
  return typeof found === 'string' ? {} : found
}

export const KINDS: readonly Kind[] = [
  kind('image/png', 'image/png', 'png', 'image/x-png image/apng', true, walkPng),
  kind('image/jpeg', 'image/jpeg', 'jpg jpeg jpe jfif', 'image/jpg image/pjpeg', true, walkJpeg),
  kind('image/gif', 'image/gif', 'gif', '', true, walkGif),
  kind('image/webp', 'image/webp', 'webp', '', true, walkWebp),
  kind('image/avif', 'image/avif', 'avif', 'image/avif-sequence', true, walkAvif),
  kind('image/heic', 'image/heic', 'heic heif', 'image/heif image/heic-sequence', false, walkHeic),
  kind('image/bmp', 'image/bmp', 'bmp dib', 'image/x-ms-bmp image/x-bmp', true, walkBmp),
  kind('drawing/svg', 'image/svg+xml', 'svg', 'image/svg', false, walkSvg),
  kind('video/mp4', 'video/mp4', 'mp4 m4v', 'video/x-m4v application/mp4', true, walkMp4),
  kind('document/pdf', 'application/pdf', 'pdf', 'application/x-pdf', false, walkPdf),
  kind('document/docx', `${OFFICE}wordprocessingml.document`, 'docx', '', false, walkAnyZip),
  kind('document/xlsx', `${OFFICE}spreadsheetml.sheet`, 'xlsx', '', false, walkAnyZip),
  kind('document/pptx', `${OFFICE}presentationml.presentation`, 'pptx', '', false, walkAnyZip),
  kind(
    'archive/zip',
    'application/zip',
    'zip',
    'application/x-zip-compressed application/x-zip multipart/x-zip',
    false,
    walkAnyZip,
  ),
  kind('archive/gzip', 'application/gzip', 'gz tgz', 'application/x-gzip', false, walkGzipFile),
  kind('text/plain', 'text/plain', 'txt text log', 'text/x-log', true, walkText),
  kind(
    'text/markdown',
    'text/markdown',
    'md markdown',
    'text/x-markdown text/plain',
    false,
    walkText,
  ),
  kind(
    'text/csv',
    'text/csv',
    'csv',
    'application/vnd.ms-excel application/csv text/x-csv text/comma-separated-values text/plain',
    false,
    walkText,
  ),
  kind('text/json', 'application/json', 'json', 'text/json text/plain', false, walkJson),
]

const byWord: ReadonlyMap<string, Kind> = new Map(
  KINDS.flatMap(each => [each.type, each.name].map(word => [word, each] as const)),
)
const byExtension: ReadonlyMap<string, Kind> = new Map(
  KINDS.flatMap(each => each.extensions.map(extension => [extension, each] as const)),
)

/** The kind called so by its media type or its own name. */
export function kindNamed(word: string): Kind | undefined {
  return byWord.get(word)
}

/** The kind whose files end so; `extension` in lower case, without dot. */
export function kindOfExtension(extension: string): Kind | undefined {
  return byExtension.get(extension)
}

/** The kinds of a family: `image/*`, `document/*`. */
export function kindsOfFamily(family: string): readonly Kind[] {
  return KINDS.filter(each => each.name.startsWith(`${family}/`))
}
