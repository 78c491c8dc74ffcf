import type { AccessPolicy } from '../access/access.ts'
import type { Incoming } from '../http/incoming.ts'
import type { Refusal } from '../kernel/refusal.ts'
import type { RouteContent } from '../shield/content/content.ts'
import type { StandardSchema } from '../shield/content/schema.ts'
import type { Gate } from '../shield/limits/gate.ts'

/** What a route says about itself; each member belongs to the defence of the same name. */
export interface RoutePolicy {
  /** Who may call it. */
  readonly access?: AccessPolicy
  /** What it takes and gives. */
  readonly content?: RouteContent & {
    /** Any Standard Schema; 422 with JSON pointers when the body does not fit. */
    readonly body?: StandardSchema
    readonly query?: StandardSchema
    /** Form and query names that may come more than once. */
    readonly lists?: readonly string[]
    /** The body arrives as the bytes that were sent, within its limit: for signatures over it. */
    readonly raw?: boolean
  }
  /** How much of it there may be, and how long it may take. */
  readonly limits?: {
    /** Most bytes of this route's body, wire and inflated alike. */
    readonly maxBodyBytes?: number
    /** So many requests of this route at once, the rest wait or get 503. */
    readonly concurrency?: number
    /** Seconds for the whole body, minimum rate still held. */
    readonly bodySeconds?: number
  }
  /** Names of throttle policies besides the default one; `false` for none at all. */
  readonly throttle?: string | readonly string[] | false
  /** Whether a browser's request for it must show that one of our own pages made it. */
  readonly csrf?: {
    /** Takes no part in CSRF checks, for this reason; the doctor lists it. */
    readonly exempt?: string
    /** Asks for the token also without a session: forms that sign somebody in. */
    readonly always?: boolean
    /** A multipart body may bring the token as a field: the route asks `pipeline.verifyForm`. */
    readonly inBody?: boolean
  }
  /**
   * Which header policy answers carry; by their media type unless told. `open-api` is `api`, and pages
   * of every origin may read the answer: for what is asked without cookies only.
   */
  readonly headers?: 'api' | 'open-api' | 'page' | 'sensitive-page' | 'asset' | 'download'
}

/** A route as requests meet it: everything that can be decided at start is decided. */
export interface Route {
  /** `/orders/:id`; `*` where no route matched. */
  readonly pattern: string
  readonly policy: RoutePolicy
  readonly content: (request: Incoming) => Refusal | undefined
  /** Throttle policies by name. */
  readonly throttle: readonly string[]
  readonly gate: Gate | undefined
  /** False for what no route matched: it has no content or access of its own. */
  readonly matched: boolean
}
