import type { Incoming } from '../../http/incoming.ts'
import type { Refusal } from '../../kernel/refusal.ts'
import type { JsonLimits } from './json.ts'

export interface ContentOptions {
  /** What routes take that say nothing: `['application/json']`. */
  readonly consumes?: readonly string[]
  readonly produces?: readonly string[]
  readonly json?: JsonLimits
}

/** What one route takes and gives, compiled once by `route`. */
export interface RouteContent {
  readonly consumes?: readonly string[]
  readonly produces?: readonly string[]
}

export interface Content {
  /** The guard for one route: 415 and 406, before the body. Call once per route at start. */
  route(rule?: RouteContent): (request: Incoming) => Refusal | undefined
  readonly json: Required<JsonLimits>
}

export declare function content(options?: ContentOptions): Content
