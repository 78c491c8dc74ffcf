import type { Fields } from './ask.ts'

export interface Parsed {
  readonly status: number
  readonly fields: Fields
  readonly body: Buffer
  /** Bytes that follow the reply: another one, on a kept connection. */
  readonly rest: Buffer
}

const HEAD_END = Buffer.from('\r\n\r\n')

/**
 * Reads one reply off the front of `bytes`.
 *
 * @param ended whether the peer has closed, which ends a body of unknown length
 * @returns `undefined` while it is incomplete, `'garbled'` when it is not HTTP
 * @see RFC 9112 §6.3
 */
export function parseReply(
  bytes: Buffer,
  method: string,
  ended: boolean,
): Parsed | 'garbled' | undefined {
  const end = bytes.indexOf(HEAD_END)
  if (end < 0) {
    const start = bytes.subarray(0, 5).toString('latin1')
    return ended || !'HTTP/'.startsWith(start.slice(0, 5)) ? garbled(bytes) : undefined
  }
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1])
  if (Number.isNaN(status)) return 'garbled'
  const fields: Fields = lines.map(line => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const
  })
  const after = bytes.subarray(end + HEAD_END.length)
  if (status >= 100 && status < 200 && status !== 101) return parseReply(after, method, ended)
  if (method === 'HEAD' || status === 101 || status === 204 || status === 304)
    return { status, fields, body: Buffer.alloc(0), rest: after }
  const value = (name: string) => fields.find(([key]) => key.toLowerCase() === name)?.[1]
  if (value('transfer-encoding')?.toLowerCase().includes('chunked')) {
    const read = dechunk(after)
    if (read !== undefined) return { status, fields, ...read }
    return ended ? { status, fields, body: after, rest: Buffer.alloc(0) } : undefined
  }
  const length = value('content-length')
  if (length === undefined)
    return ended ? { status, fields, body: after, rest: Buffer.alloc(0) } : undefined
  if (after.length < Number(length) && !ended) return undefined
  return {
    status,
    fields,
    body: after.subarray(0, Number(length)),
    rest: after.subarray(Number(length)),
  }
}

/** No byte at all is no garbage: the peer just closed. */
function garbled(bytes: Buffer): 'garbled' | undefined {
  return bytes.length > 0 ? 'garbled' : undefined
}

function dechunk(bytes: Buffer): { body: Buffer; rest: Buffer } | undefined {
  const pieces: Buffer[] = []
  let at = 0
  for (;;) {
    const line = bytes.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16)
    if (Number.isNaN(size)) return { body: Buffer.concat(pieces), rest: Buffer.alloc(0) }
    const start = line + 2
    if (size === 0) {
      const end = bytes.subarray(start, start + 2).equals(HEAD_END.subarray(0, 2))
        ? start
        : bytes.indexOf(HEAD_END, start)
      if (end < 0) return undefined
      const past = end === start ? start + 2 : end + 4
      return { body: Buffer.concat(pieces), rest: bytes.subarray(past) }
    }
    if (bytes.length < start + size + 2) return undefined
    pieces.push(bytes.subarray(start, start + size))
    at = start + size + 2
  }
}
