import type { KeyObject } from 'node:crypto'
import type { Incoming } from '../../http/incoming.ts'
import type { Random } from '../../kernel/random.ts'
import type { Refusal } from '../../kernel/refusal.ts'

export interface CsrfOptions {
  /** `keys.for('csrf')`. */
  readonly key: KeyObject
  readonly random: Random
  /** Our own public origins besides `Incoming.origin`. */
  readonly origins?: readonly string[]
  /** Foreign origins whose pages may post to us. */
  readonly trustedOrigins?: readonly string[]
  /** Routes that take part in no check, each with its reason: `{ 'POST /hooks/pay': 'signed by the payment provider' }`. */
  readonly exempt?: Readonly<Record<string, string>>
}

export interface Csrf {
  /** Fetch Metadata, Origin, Referer: before the body. Also for WebSocket upgrades. */
  judge(request: Incoming): Refusal | undefined
  /** The token, when the request carries cookies. `binding`: session id hash or visitor id. */
  verify(request: Incoming, binding: string | undefined, formToken?: string): Refusal | undefined
  /** A fresh token for `binding`, different each time. */
  issue(binding: string): string
  /** `METHOD /path` → reason, for the doctor. */
  readonly exempt: ReadonlyMap<string, string>
}

export declare function csrf(options: CsrfOptions): Csrf
