import { crc32, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { be, join, le, type Piece } from './pictures.test.kit.ts'

// ZIP

export interface EntryOptions {
  readonly name: string
  readonly data?: Piece
  readonly packed?: boolean
  readonly localName?: string
  readonly size?: number
  readonly localSize?: number
  readonly sum?: number
  readonly flags?: number
  readonly method?: number
  readonly mode?: number
  readonly extra?: Buffer
  /** Zero sizes in the local header, and a descriptor behind the data. */
  readonly described?: boolean
  /** Only in the local header. */
  readonly hidden?: boolean
  /** Where the directory says it begins. */
  readonly at?: number
  /** Bytes between this entry and the next. */
  readonly gap?: Piece
}

export interface ZipOptions {
  readonly comment?: string
  readonly prefix?: Piece
  readonly tail?: Piece
  readonly count?: number
  readonly wide?: boolean
}

export function zip(entries: readonly EntryOptions[], options: ZipOptions = {}): Buffer {
  const prefix = join(options.prefix ?? [])
  const locals: Buffer[] = [prefix]
  const central: Buffer[] = []
  let at = prefix.length
  for (const entry of entries) {
    const content = join(entry.data ?? [])
    const data = entry.packed ? deflateRawSync(content) : content
    const name = join(entry.name)
    const localName = join(entry.localName ?? entry.name)
    const sum = entry.sum ?? crc32(content)
    const size = entry.size ?? content.length
    const flags = (entry.flags ?? 0x800) | (entry.described ? 8 : 0)
    const method = entry.method ?? (entry.packed ? 8 : 0)
    const extra = entry.extra ?? Buffer.alloc(0)
    const sizes = (said: number): Buffer => join(le(sum, 4), le(data.length, 4), le(said, 4))
    const local = join(
      'PK\x03\x04',
      le(20, 2),
      le(flags, 2),
      le(method, 2),
      le(0, 4),
      entry.described ? Buffer.alloc(12) : sizes(entry.localSize ?? size),
      le(localName.length, 2),
      le(0, 2),
      localName,
      data,
      entry.described ? join('PK\x07\x08', sizes(size)) : [],
      entry.gap ?? [],
    )
    if (!entry.hidden) {
      central.push(
        join(
          'PK\x01\x02',
          [20, 3],
          le(20, 2),
          le(flags, 2),
          le(method, 2),
          le(0, 4),
          sizes(size),
          le(name.length, 2),
          le(extra.length, 2),
          Buffer.alloc(8),
          le(entry.mode ?? 0o100644, 2),
          le(entry.at ?? at, 4),
          name,
          extra,
        ),
      )
    }
    locals.push(local)
    at += local.length
  }
  const directory = join(...central)
  const count = options.count ?? central.length
  const comment = join(options.comment ?? '')
  const wide = options.wide
    ? join(
        join('PK\x06\x06', le(44, 4), le(0, 4), le(45, 2), le(45, 2), Buffer.alloc(8)),
        ...[count, count, directory.length, at].map(value => join(le(value, 4), le(0, 4))),
        join('PK\x06\x07', le(0, 4), le(at + directory.length, 4), le(0, 4), le(1, 4)),
      )
    : []
  return join(
    ...locals,
    directory,
    wide,
    'PK\x05\x06',
    le(0, 4),
    le(options.wide ? 0xffff : count, 2),
    le(options.wide ? 0xffff : count, 2),
    le(directory.length, 4),
    options.wide ? Buffer.alloc(4, 255) : le(at, 4),
    le(comment.length, 2),
    comment,
    options.tail ?? [],
  )
}

// Office

const TYPES = 'http://schemas.openxmlformats.org/package/2006/content-types'
const RELATIONS = 'http://schemas.openxmlformats.org/package/2006/relationships'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const MAIN = 'application/vnd.openxmlformats-officedocument'

export type OfficeKind = 'docx' | 'xlsx' | 'pptx'

const PARTS: Readonly<Record<OfficeKind, readonly [string, string]>> = {
  docx: ['word/document.xml', `${MAIN}.wordprocessingml.document.main+xml`],
  xlsx: ['xl/workbook.xml', `${MAIN}.spreadsheetml.sheet.main+xml`],
  pptx: ['ppt/presentation.xml', `${MAIN}.presentationml.presentation.main+xml`],
}

export interface OfficeOptions {
  readonly body?: string
  readonly mainType?: string
  /** `Type` (its last word), `Target`, and whether it is external. */
  readonly relations?: readonly (readonly [string, string, boolean?])[]
  readonly overrides?: readonly (readonly [string, string])[]
  readonly parts?: readonly EntryOptions[]
  readonly without?: readonly string[]
}

export function office(kind: OfficeKind, options: OfficeOptions = {}): Buffer {
  const [part, type] = PARTS[kind]
  const folder = part.slice(0, part.indexOf('/'))
  const file = part.slice(part.indexOf('/') + 1)
  const overrides = [[`/${part}`, options.mainType ?? type], ...(options.overrides ?? [])]
  const relation = (
    [name, target, external]: readonly [string, string, boolean?],
    i: number,
  ): string => {
    const mode = external ? ' TargetMode="External"' : ''
    return `<Relationship Id="r${i}" Type="${name.startsWith('http') ? name : `${OFFICE}/${name}`}" Target="${target}"${mode}/>`
  }
  const entries: EntryOptions[] = [
    {
      name: '[Content_Types].xml',
      data: `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="${TYPES}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${overrides.map(([name, its]) => `<Override PartName="${name}" ContentType="${its}"/>`).join('')}</Types>`,
      packed: true,
    },
    {
      name: '_rels/.rels',
      data: `<Relationships xmlns="${RELATIONS}">${relation(['officeDocument', part], 0)}</Relationships>`,
      packed: true,
    },
    { name: part, data: options.body ?? '<document><p>Hello</p></document>', packed: true },
    {
      name: `${folder}/_rels/${file}.rels`,
      data: `<Relationships xmlns="${RELATIONS}">${(options.relations ?? []).map(relation).join('')}</Relationships>`,
      packed: true,
    },
    ...(options.parts ?? []),
  ]
  return zip(entries.filter(entry => options.without?.includes(entry.name) !== true))
}

// PDF

export interface PdfOptions {
  readonly version?: string
  readonly prefix?: string
  readonly suffix?: Piece
  readonly trailer?: string
  /** Changes what the cross-reference table says, by object number. */
  readonly offsets?: Readonly<Record<number, number>>
  readonly start?: number
}

export function pdf(objects: readonly Piece[], options: PdfOptions = {}): Buffer {
  const parts = [join(options.prefix ?? '', `%PDF-${options.version ?? '1.7'}\n%âãÏÓ\n`)]
  let at = parts[0]?.length ?? 0
  const offsets = objects.map((object, i) => {
    const part = join(`${i + 1} 0 obj\n`, object, '\nendobj\n')
    const from = at
    parts.push(part)
    at += part.length
    return options.offsets?.[i + 1] ?? from
  })
  const rows = offsets.map(offset => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  return join(
    ...parts,
    `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`,
    `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${options.trailer ?? ''}>>\nstartxref\n${options.start ?? at}\n%%EOF\n`,
    options.suffix ?? '',
  )
}

export function stream(data: Piece, dictionary = ''): Buffer {
  const bytes = join(data)
  return join(`<< /Length ${bytes.length} ${dictionary}>>\nstream\n`, bytes, '\nendstream')
}

export function flate(data: Piece, dictionary = ''): Buffer {
  return stream(deflateSync(join(data)), `/Filter /FlateDecode ${dictionary}`)
}

export interface PageOptions extends PdfOptions {
  readonly catalogue?: string
  readonly page?: string
  readonly content?: Buffer
  readonly more?: readonly Piece[]
}

/** A document of one page; further objects begin at 5. */
export function page(options: PageOptions = {}): Buffer {
  return pdf(
    [
      `<< /Type /Catalog /Pages 2 0 R ${options.catalogue ?? ''}>>`,
      '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] /Contents 4 0 R ${options.page ?? ''}>>`,
      options.content ?? stream('BT (Hi) Tj ET'),
      ...(options.more ?? []),
    ],
    options,
  )
}

/** As PDF 1.5 writes it: objects in an object stream, references in a stream. */
export function compactPdf(inner: readonly string[], trailer = ''): Buffer {
  const head = '%PDF-1.5\n%âãÏÓ\n'
  let offset = 0
  const index = inner.map((object, i) => {
    const pair = `${i + 10} ${offset}`
    offset += object.length + 1
    return pair
  })
  const first = `${index.join(' ')} `
  const container = join(
    '1 0 obj\n',
    flate(first + inner.join(' '), `/Type /ObjStm /N ${inner.length} /First ${first.length} `),
    '\nendobj\n',
  )
  const headBytes = join(head).length
  const at = headBytes + container.length
  const row = (type: number, second: number, third: number): Buffer =>
    join([type], be(second, 4), be(third, 2))
  const rows = join(
    row(0, 0, 65535),
    row(1, headBytes, 0),
    row(1, at, 0),
    ...inner.map((_, i) => row(2, 1, i)),
  )
  const size = 10 + inner.length
  const index2 = `/Index [0 3 10 ${inner.length}]`
  const references = flate(
    rows,
    `/Type /XRef /Size ${size} /W [1 4 2] ${index2} /Root 10 0 R ${trailer}`,
  )
  return join(head, container, '2 0 obj\n', references, `\nendobj\nstartxref\n${at}\n%%EOF\n`)
}

// gzip and tar

export function gzip(data: Piece): Buffer {
  return gzipSync(join(data))
}

export interface TarEntry {
  readonly name: string
  readonly data?: string
  readonly type?: string
  readonly badSum?: boolean
}

export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.map(({ name, data = '', type = '0', badSum = false }) => {
    const head = Buffer.alloc(512)
    head.write(name, 0, 100)
    head.write('0000644\0', 100)
    head.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124)
    head.write('        ', 148)
    head.write(type, 156)
    head.write('ustar\x0000', 257, 'latin1')
    const sum = head.reduce((total, byte) => total + byte, badSum ? 1 : 0)
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    const padding = (512 - (data.length % 512)) % 512
    return join(head, data, Buffer.alloc(padding))
  })
  return join(...blocks, Buffer.alloc(1024))
}
