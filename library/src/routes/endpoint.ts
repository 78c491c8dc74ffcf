import type { Outcome } from '../kernel/outcome.ts'
import type { Answer } from '../pipeline/answer.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import type { RoutePolicy } from '../pipeline/route.ts'

/** What a route of our own is called with. */
export interface Input {
  readonly params: Readonly<Record<string, string>>
  /** The parsed body; `undefined` where there was none. */
  readonly body: unknown
  readonly query: unknown
}

/** A route that Bulwark brings along, the same on every framework. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'OPTIONS'
  /** With `:name` for parameters. */
  readonly path: string
  readonly policy: RoutePolicy
  handle(exchange: Exchange, input: Input): Promise<Outcome<Answer>> | Outcome<Answer>
}
