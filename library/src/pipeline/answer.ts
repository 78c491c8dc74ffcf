import type { Readable } from 'node:stream'

/** What a route of Bulwark's own answers, before a framework has seen it. */
export interface Answer {
  readonly status: number
  /** Sent as JSON when an object; as it is when text, bytes or a stream (then `type` says what). */
  readonly body?: object | string | Uint8Array | Readable
  /** Media type; `application/json` for objects unless told. */
  readonly type?: string
  /** Lower-case names and values in turn. */
  readonly headers?: readonly string[]
  /** Whole `Set-Cookie` values. */
  readonly cookies?: readonly string[]
}

/** 200 with a JSON body. */
export function json(body: object, cookies?: readonly string[]): Answer {
  return cookies === undefined ? { status: 200, body } : { status: 200, body, cookies }
}

/** 204. */
export function done(cookies?: readonly string[]): Answer {
  return cookies === undefined ? { status: 204 } : { status: 204, cookies }
}

/** 303: look there, by GET. */
export function seeOther(location: string, cookies?: readonly string[]): Answer {
  const headers = ['location', location]
  return cookies === undefined ? { status: 303, headers } : { status: 303, headers, cookies }
}
