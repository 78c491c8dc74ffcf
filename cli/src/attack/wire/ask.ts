/** Header fields in the order they are sent or came, names as written. */
export type Fields = readonly (readonly [name: string, value: string])[]

/** One part of a multipart body. */
export interface Part {
  readonly name: string
  readonly value: string | Uint8Array
  readonly fileName?: string
  readonly type?: string
}

/** A request as a check words it; what is left out gets the usual value. */
export interface Ask {
  readonly method?: string
  /** Path and query, sent as they stand: nothing is normalised on the way. */
  readonly path: string
  /** Replace defaults of the same name; `undefined` takes a default away. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Exactly one of the bodies. */
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>> | readonly (readonly [string, string])[]
  readonly parts?: readonly Part[]
  readonly body?: string | Uint8Array
  /** Send the body in chunks, without telling its length. */
  readonly chunked?: boolean
  /** Patience until the whole reply is there; 10 s when left out. */
  readonly withinMs?: number
}

/** A request exactly as it goes over the wire. */
export interface Sent {
  readonly method: string
  readonly path: string
  readonly fields: Fields
  readonly body: Buffer
  readonly chunked: boolean
}

const BOUNDARY = 'bulwark-attack-7d1f0c5e2ab94c36'

/** Settles every default of `ask`, so that what is shown as evidence is what was sent. */
export function prepare(ask: Ask, defaults: Fields): Sent {
  const { body, type } = bodyOf(ask)
  const method = ask.method ?? (type === undefined ? 'GET' : 'POST')
  const fields: [string, string][] = []
  const own = Object.entries(ask.headers ?? {})
  const overridden = new Set(own.map(([name]) => name.toLowerCase()))
  const add = (name: string, value: string | readonly string[]) => {
    for (const one of typeof value === 'string' ? [value] : value) fields.push([name, one])
  }
  for (const [name, value] of defaults) if (!overridden.has(name.toLowerCase())) add(name, value)
  if (type !== undefined && !overridden.has('content-type')) add('Content-Type', type)
  for (const [name, value] of own) if (value !== undefined) add(name, value)
  if (ask.chunked) add('Transfer-Encoding', 'chunked')
  else if (
    (body.length > 0 || /^(POST|PUT|PATCH)$/.test(method)) &&
    !overridden.has('content-length')
  )
    add('Content-Length', String(body.length))
  return { method, path: ask.path, fields, body, chunked: ask.chunked === true }
}

/** The head of the request, as bytes. Latin-1, as HTTP is. */
export function headOf({ method, path, fields }: Pick<Sent, 'method' | 'path' | 'fields'>): Buffer {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines}\r\n`, 'latin1')
}

function bodyOf(ask: Ask): { body: Buffer; type?: string } {
  if (ask.json !== undefined)
    return { body: Buffer.from(JSON.stringify(ask.json)), type: 'application/json' }
  if (ask.form !== undefined)
    return { body: Buffer.from(formOf(ask.form)), type: 'application/x-www-form-urlencoded' }
  if (ask.parts !== undefined)
    return { body: multipart(ask.parts), type: `multipart/form-data; boundary=${BOUNDARY}` }
  return { body: Buffer.from(ask.body ?? '') }
}

/** `application/x-www-form-urlencoded`, as a browser would write it. */
export function formOf(form: NonNullable<Ask['form']>): string {
  const pairs = isPairs(form) ? form : Object.entries(form)
  return new URLSearchParams(
    pairs.map(([name, value]): [string, string] => [name, value]),
  ).toString()
}

function isPairs(form: NonNullable<Ask['form']>): form is readonly (readonly [string, string])[] {
  return Array.isArray(form)
}

function multipart(parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap(({ name, value, fileName, type }) => [
    Buffer.from(
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"` +
        (fileName === undefined ? '' : `; filename="${fileName}"`) +
        (type === undefined ? '' : `\r\nContent-Type: ${type}`) +
        '\r\n\r\n',
    ),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)])
}
