import { SERVER_DEFAULTS, type ServerLimits } from '../../http/server.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { onlyKnown } from '../../kernel/options.ts'

/** How large things may get, how many at once, and when this process should rest. */
export interface LimitsOptions {
  /** Connections: deadlines, rates, counts. */
  readonly server?: ServerLimits
  /** Most bytes of a body by kind: off the wire, and again after decompression. */
  readonly body?: {
    readonly json?: number
    readonly form?: number
    readonly multipart?: number
    readonly default?: number
    /** Content codings we undo (`gzip`, `deflate`, `br`, `zstd`); empty for none. */
    readonly codings?: readonly string[]
    /** Inflated bytes for each byte off the wire, beyond the first 64 KiB. */
    readonly maxRatio?: number
  }
  /** Requests at once in this process, how many more may wait, and how long. */
  readonly concurrency?: {
    readonly max?: number
    readonly queue?: number
    readonly queueSeconds?: number
  }
  /** From when on requests are refused to keep the process alive. */
  readonly shed?: {
    readonly maxLoopDelayMs?: number
    /** Share of the heap's size limit. */
    readonly maxHeapShare?: number
  }
  /** When this process should be replaced; 0 for never. `jitter` is a share of each mark. */
  readonly recycle?: {
    readonly requests?: number
    readonly rssBytes?: number
    readonly jitter?: number
  }
}

/** The options with every number filled in. */
export interface Limits {
  readonly server: Required<ServerLimits>
  readonly body: Required<NonNullable<LimitsOptions['body']>>
  readonly concurrency: Required<NonNullable<LimitsOptions['concurrency']>>
  readonly shed: Required<NonNullable<LimitsOptions['shed']>>
  readonly recycle: Required<NonNullable<LimitsOptions['recycle']>>
}

const KIB = 1024

export const LIMITS_DEFAULTS: Limits = {
  server: SERVER_DEFAULTS,
  body: {
    json: 100 * KIB,
    form: 100 * KIB,
    multipart: 10 * KIB * KIB,
    default: 100 * KIB,
    codings: ['gzip', 'deflate', 'br'],
    maxRatio: 50,
  },
  concurrency: { max: 1000, queue: 200, queueSeconds: 2 },
  shed: { maxLoopDelayMs: 1000, maxHeapShare: 0.95 },
  recycle: { requests: 0, rssBytes: 0, jitter: 0.1 },
}

const MAY_BE_ZERO: ReadonlySet<string> = new Set(['queue', 'requests', 'rssBytes', 'jitter'])
const SHARES: ReadonlySet<string> = new Set(['maxHeapShare', 'jitter'])
const CODINGS: ReadonlySet<string> = new Set(['gzip', 'deflate', 'br', 'zstd'])

/**
 * Fills in what is not said and judges what is.
 *
 * @throws {ConfigFault} when a number is none, negative, or 0 where that would mean no limit
 * @see ASVS 5.2.1, 13.2.6, 15.2.2
 */
export function limits(options: LimitsOptions = {}): Limits {
  onlyKnown('limits', options, Object.keys(LIMITS_DEFAULTS))
  const all: Limits = {
    server: { ...LIMITS_DEFAULTS.server, ...options.server },
    body: { ...LIMITS_DEFAULTS.body, ...options.body },
    concurrency: { ...LIMITS_DEFAULTS.concurrency, ...options.concurrency },
    shed: { ...LIMITS_DEFAULTS.shed, ...options.shed },
    recycle: { ...LIMITS_DEFAULTS.recycle, ...options.recycle },
  }
  for (const [group, members] of Object.entries(all)) {
    onlyKnown(`limits.${group}`, members, Object.keys(LIMITS_DEFAULTS[group as keyof Limits]))
    for (const [name, value] of Object.entries(members as Record<string, unknown>)) {
      if (typeof value === 'number') judgeNumber(`limits.${group}.${name}`, name, value)
      else judgeCodings(value)
    }
  }
  return all
}

function judgeNumber(option: string, name: string, value: number): void {
  const least = MAY_BE_ZERO.has(name) ? value >= 0 : value > 0
  if (!least || !Number.isFinite(value)) throw new ConfigFault(option, 'must be greater than 0')
  if (SHARES.has(name) && value > 1) throw new ConfigFault(option, 'is a share: at most 1')
}

function judgeCodings(value: unknown): void {
  const known = Array.isArray(value) && value.every(coding => CODINGS.has(coding))
  if (known) return
  throw new ConfigFault('limits.body.codings', `may hold ${[...CODINGS].join(', ')}`)
}
