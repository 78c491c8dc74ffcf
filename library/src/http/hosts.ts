import type { Refusal } from '../kernel/refusal.ts'
import type { RawRequest } from './framing.ts'

export interface HostsOptions {
  /** Public origins; their hosts are ours. */
  readonly origins: readonly string[]
  /** More host names (with port where it is not the scheme's), or `*.example.com`. */
  readonly hosts?: readonly string[]
  /** Also every loopback name with any port. For development. */
  readonly loopback?: boolean
  /** Exact paths answered under any well-formed Host, for load balancers' probes. */
  readonly probePaths?: readonly string[]
}

/** Exactly one Host (400), well-formed (400) and ours (421). */
export declare function hosts(options: HostsOptions): (request: RawRequest) => Refusal | undefined
