import { MultipartParser } from './parser.ts'

export const BOUNDARY = '----form7MA4YWxkTrZu0gW'

/** One part as it stands in a body, byte for byte. */
export function rawPart(head: string | Buffer, content: string | Buffer = ''): Buffer {
  return Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\n`),
    Buffer.from(head),
    Buffer.from('\r\n\r\n'),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ])
}

export function filePart(
  name: string,
  fileName: string,
  content: string | Buffer,
  type = 'application/octet-stream',
): Buffer {
  return rawPart(
    `Content-Disposition: form-data; name="${name}"; filename="${fileName}"\r\nContent-Type: ${type}`,
    content,
  )
}

export function fieldPart(name: string, value: string): Buffer {
  return rawPart(`Content-Disposition: form-data; name="${name}"`, value)
}

export function form(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)])
}

export interface Part {
  readonly name: string
  readonly fileName: string | undefined
  readonly type: string
  readonly content: Buffer
}

export type Parsed =
  | { readonly parts: readonly Part[] }
  | { readonly code: string; readonly why: string }

/** Parses a body that comes in the given pieces. */
export function parse(
  pieces: readonly Buffer[],
  boundary: string = BOUNDARY,
  maxHeadBytes = 8192,
): Parsed {
  const parts: Part[] = []
  let head: Omit<Part, 'content'> | undefined
  let content: Buffer[] = []
  const parser = new MultipartParser(
    boundary,
    {
      head({ name, fileName, declaredType }) {
        head = { name, fileName, type: declaredType }
        content = []
        return undefined
      },
      data(bytes) {
        content.push(Buffer.from(bytes))
        return undefined
      },
      end() {
        if (head) parts.push({ ...head, content: Buffer.concat(content) })
        return undefined
      },
    },
    maxHeadBytes,
  )
  for (const piece of pieces) {
    const refusal = parser.write(piece)
    if (refusal) return { code: refusal.code, why: refusal.why ?? '' }
  }
  const refusal = parser.end()
  return refusal ? { code: refusal.code, why: refusal.why ?? '' } : { parts }
}

/** Cuts a body at the given places, which may be anything. */
export function cut(body: Buffer, places: readonly number[]): readonly Buffer[] {
  const sorted = [...new Set(places.map(place => place % (body.length + 1)))].toSorted(
    (a, b) => a - b,
  )
  let from = 0
  const pieces = sorted.map(place => {
    const piece = body.subarray(from, place)
    from = place
    return piece
  })
  return [...pieces, body.subarray(from)]
}
