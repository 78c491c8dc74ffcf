import { checkedPolicy } from '../access/policy.ts'
import type { Clock } from '../kernel/clock.ts'
import { ConfigFault } from '../kernel/fault.ts'
import { onlyKnown } from '../kernel/options.ts'
import type { Content } from '../shield/content/content.ts'
import { gate } from '../shield/limits/gate.ts'
import type { Limits } from '../shield/limits/limits.ts'
import type { Route, RoutePolicy } from './route.ts'

export interface CompilerParts {
  readonly content: Content | undefined
  readonly limits: Limits | undefined
  readonly clock: Clock
  /** Throttle policies there are. */
  readonly policyNames: ReadonlySet<string>
  /** Access policies by `METHOD /pattern`, for routes that cannot carry their own. */
  readonly given: Readonly<Record<string, NonNullable<RoutePolicy['access']>>>
}

export interface Compiler {
  /** @throws {ConfigFault} when the policy says something no defence knows */
  route(method: string, pattern: string, policy: RoutePolicy | undefined): Route
  /**
   * Judges all routes together, once they are all there.
   *
   * @returns sentences to warn about
   * @throws {ConfigFault} when a route was forgotten
   */
  judgeAll(mode: 'development' | 'production'): readonly string[]
}

const MEMBERS = ['access', 'content', 'limits', 'throttle', 'csrf', 'headers'] as const
const HOW =
  'write { public: true } or { signedIn: true } as its `access`, or in `access.routes` when a plugin brings it'

export function compiler(parts: CompilerParts): Compiler {
  const declared: string[] = []
  const silent: string[] = []

  const throttleNames = (name: string, policy: RoutePolicy): readonly string[] => {
    if (policy.throttle === false) return []
    const own = typeof policy.throttle === 'string' ? [policy.throttle] : (policy.throttle ?? [])
    const missing = own.find(one => !parts.policyNames.has(one))
    if (missing !== undefined) {
      throw new ConfigFault(
        `throttle of ${name}`,
        `there is no policy ${JSON.stringify(missing)}; add it to throttle.policies`,
      )
    }
    return parts.policyNames.has('default') ? ['default', ...own] : own
  }

  /** HEAD goes with GET, as HTTP has it; `ANY` stands for all methods of a route together. */
  const accessOf = (method: string, pattern: string): RoutePolicy['access'] => {
    const methods = method.split('|').filter(one => one !== 'HEAD')
    const names = [method, methods.join('|') || 'GET', 'ANY']
    const name = names.find(one => parts.given[`${one} ${pattern}`] !== undefined)
    return name === undefined ? undefined : parts.given[`${name} ${pattern}`]
  }

  return {
    route(method, pattern, given) {
      const name = `${method} ${pattern}`
      const matched = pattern !== '*'
      const policy = withAccess(given ?? {}, accessOf(method, pattern))
      onlyKnown(`policy of ${name}`, policy, MEMBERS)
      if (policy.access !== undefined) checkedPolicy(policy.access, name)
      if (matched) (policy.access === undefined ? silent : declared).push(name)
      const limits = policy.limits
      if (policy.content?.raw === true && policy.content.body !== undefined) {
        throw new ConfigFault(
          `content of ${name}`,
          'raw bytes fit no schema; leave out one of the two',
        )
      }
      return {
        pattern,
        policy,
        matched,
        content:
          matched && parts.content !== undefined
            ? parts.content.route(policy.content)
            : () => undefined,
        throttle: throttleNames(name, policy),
        gate:
          limits?.concurrency === undefined || parts.limits === undefined
            ? undefined
            : gate({ ...parts.limits.concurrency, max: limits.concurrency, clock: parts.clock }),
      }
    },
    judgeAll(mode) {
      if (silent.length === 0) return []
      const list = silent.slice(0, 5).join(', ') + (silent.length > 5 ? ' …' : '')
      // Decision: once any route says who may use it, all must: the forgotten one is the hole. A
      // service in which none does yet starts in development, so that the first line just works.
      // Cost: in production it does not start until somebody has decided, or access is false.
      if (declared.length > 0 || mode === 'production') {
        throw new ConfigFault('access', `${silent.length} routes have no policy (${list}); ${HOW}`)
      }
      return [`access: no route says who may use it (${list}); ${HOW} before production`]
    },
  }
}

function withAccess(policy: RoutePolicy, access: RoutePolicy['access']): RoutePolicy {
  return policy.access !== undefined || access === undefined ? policy : { ...policy, access }
}
