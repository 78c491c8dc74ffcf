import type { Outcome } from '../../kernel/outcome.ts'

export interface ViolationReport {
  readonly documentUrl: string
  readonly blockedUrl: string
  readonly directive: string
  readonly disposition: 'enforce' | 'report'
  readonly sourceFile: string
  readonly line: number
  readonly sample: string
}

export interface ViolationGroup {
  readonly fingerprint: string
  readonly example: ViolationReport
  readonly count: number
  readonly firstAt: number
  readonly lastAt: number
}

export interface ReportCollector {
  /** Parses a body of `application/csp-report`, `application/reports+json` or JSON. */
  accept(
    contentType: string | undefined,
    body: Uint8Array,
    now: number,
  ): Outcome<readonly ViolationReport[]>
  groups(): readonly ViolationGroup[]
}

export declare function reportCollector(options?: { readonly maxGroups?: number }): ReportCollector
