import type { Audit } from '../audit/audit.ts'
import type { Clock } from '../kernel/clock.ts'
import { granted } from '../kernel/outcome.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { Endpoint } from './endpoint.ts'

export interface ShieldRoutes {
  readonly csrfPath: string | undefined
  readonly reportPath: string | undefined
  readonly pipeline: Pipeline
  readonly audit: Audit | undefined
  readonly clock: Clock
}

/** `GET /csrf-token` and the collector of browsers' violation reports. */
export function shieldEndpoints(parts: ShieldRoutes): readonly Endpoint[] {
  const endpoints: Endpoint[] = []
  if (parts.csrfPath !== undefined) {
    endpoints.push({
      method: 'GET',
      path: parts.csrfPath,
      policy: { access: { public: true } },
      handle: exchange =>
        granted({
          status: 200,
          body: { csrfToken: parts.pipeline.csrfToken(exchange) },
          headers: ['cache-control', 'no-store'],
        }),
    })
  }
  return endpoints
}
