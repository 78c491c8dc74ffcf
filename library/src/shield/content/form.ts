import type { Outcome } from '../../kernel/outcome.ts'

/** Null prototype; a list only where declared. */
export type Fields = Readonly<Record<string, string | readonly string[]>>

export interface FieldRules {
  /** Names that may come more than once; always lists then, also when they come once or never. */
  readonly lists?: readonly string[]
  readonly maxFields?: number
  readonly maxNameLength?: number
  readonly maxValueLength?: number
}

/** `application/x-www-form-urlencoded`. */
export declare function parseForm(body: Uint8Array | string, rules?: FieldRules): Outcome<Fields>
/** What follows the `?`. */
export declare function parseQuery(query: string, rules?: FieldRules): Outcome<Fields>
