import type { Audit } from '../audit/audit.ts'
import type { Clock } from '../kernel/clock.ts'
import { granted } from '../kernel/outcome.ts'
import { done } from '../pipeline/answer.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import type { ReportCollector } from '../shield/headers/reports.ts'
import type { Endpoint } from './endpoint.ts'

export interface ShieldRoutes {
  readonly csrfPath: string | undefined
  readonly reportPath: string | undefined
  readonly reports: ReportCollector
  readonly pipeline: Pipeline
  readonly audit: Audit | undefined
  readonly clock: Clock
}

const REPORT_BYTES = 65_536
const NOTED_EVERY_MS = 10_000

/** `GET /csrf-token` and the collector of browsers' violation reports. */
export function shieldEndpoints(parts: ShieldRoutes): readonly Endpoint[] {
  const endpoints: Endpoint[] = []
  if (parts.csrfPath !== undefined) {
    endpoints.push({
      method: 'GET',
      path: parts.csrfPath,
      policy: { access: { public: true, enrolling: true } },
      handle: exchange =>
        granted({
          status: 200,
          body: { csrfToken: parts.pipeline.csrfToken(exchange) },
          headers: ['cache-control', 'no-store'],
        }),
    })
  }
  if (parts.reportPath !== undefined) endpoints.push(reportEndpoint(parts, parts.reportPath))
  return endpoints
}

/**
 * Takes what browsers report on their own.
 *
 * Decision: a cause is written down when it is first seen, at most one in ten seconds, because anybody
 * can make reports up. Cost: of several new causes at once the log has one; the collector has them all.
 */
function reportEndpoint(parts: ShieldRoutes, path: string): Endpoint {
  const { reports, clock, audit, pipeline } = parts
  let notedAt = Number.NEGATIVE_INFINITY
  return {
    method: 'POST',
    path,
    policy: {
      access: { public: true },
      csrf: { exempt: 'browsers send reports without a page of ours taking part' },
      content: {
        consumes: ['application/csp-report', 'application/reports+json', 'application/json'],
      },
      limits: { maxBodyBytes: REPORT_BYTES, concurrency: 8 },
    },
    handle(exchange, { body }) {
      const now = clock()
      const bytes = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body ?? null))
      const outcome = reports.accept(exchange.incoming.header('content-type'), bytes, now)
      if (!outcome.ok) return outcome
      const [newest] = reports.groups()
      if (outcome.value.length > 0 && newest?.count === 1 && now - notedAt >= NOTED_EVERY_MS) {
        notedAt = now
        const { directive, blockedUrl, documentUrl } = newest.example
        audit?.record({
          code: 'csp.reported',
          outcome: 'failure',
          request: pipeline.auditRequest(exchange),
          detail: { directive, blockedUrl, documentUrl },
        })
      }
      return granted(done())
    },
  }
}
