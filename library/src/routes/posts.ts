import type { Outcome } from '../kernel/outcome.ts'
import type { Answer } from '../pipeline/answer.ts'
import type { Exchange } from '../pipeline/exchange.ts'
import type { RoutePolicy } from '../pipeline/route.ts'
import type { StandardSchema } from '../shield/content/schema.ts'
import type { Endpoint, Input } from './endpoint.ts'

type Answering = Promise<Outcome<Answer>> | Outcome<Answer>

/** Two ways of writing an endpoint: with a body of one shape, or without any. */
export const route = {
  posts<Body>(
    path: string,
    policy: RoutePolicy,
    schema: StandardSchema<Body>,
    handle: (exchange: Exchange, body: Body) => Answering,
  ): Endpoint {
    return {
      method: 'POST',
      path,
      policy: { ...policy, content: { ...policy.content, body: schema } },
      // The pipeline lets through only what the schema has answered.
      handle: (exchange, input) => handle(exchange, input.body as Body),
    }
  },
  bodyless(
    method: Endpoint['method'],
    path: string,
    policy: RoutePolicy,
    handle: (exchange: Exchange, input: Input) => Answering,
  ): Endpoint {
    return { method, path, policy, handle }
  },
} as const
