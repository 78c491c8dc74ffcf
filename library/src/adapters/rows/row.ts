/** One request, and what every framework has to answer. */
export interface Row {
  readonly what: string
  readonly method: string
  readonly path: string
  /** `{own}`, `{session}`, `{token}` and `{visitor}` stand for what the server at hand has given out. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  readonly status: number
  /** `code` of the problem, or the whole JSON answer. */
  readonly says?: string | object
  /** Fields of the answer; `undefined` for one that must not be there. */
  readonly fields?: Readonly<Record<string, string | RegExp | undefined>>
}

export const JSON_TYPE = { 'content-type': 'application/json' } as const
export const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' } as const
