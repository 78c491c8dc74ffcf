import { onlyKnown } from '../kernel/options.ts'
import { type Agents, agentsOf } from './agents.ts'
import { type Guard, guardOf } from './guard.ts'
import { type OutboundOptions, type OutboundSettings, settingsOf } from './options.ts'
import { systemWires, type Wires } from './wires.ts'

/** What a tenant's policy may set: lists that shrink, caps and deadlines that fall. */
export type Narrowing = Pick<
  OutboundOptions,
  'schemes' | 'ports' | 'allowHosts' | 'allowPaths' | 'denyHosts' | 'denyAddresses' | NarrowNumber
> & {
  /** For whom; appears in events. */
  readonly tenant?: string
}

const NUMBERS = [
  'maxRedirects',
  'maxUrlBytes',
  'maxBodyBytes',
  'maxDecodedBytes',
  'lookupMs',
  'connectMs',
  'firstByteMs',
  'totalMs',
  'maxConcurrent',
  'maxSockets',
] as const
type NarrowNumber = (typeof NUMBERS)[number]

const LISTS = [
  'schemes',
  'ports',
  'allowHosts',
  'allowPaths',
  'denyHosts',
  'denyAddresses',
  'tenant',
] as const

/**
 * Rules, and the connections that were opened under them. Immutable: a connection can never serve a
 * request that is judged by other rules, because each policy has connections of its own.
 */
export class OutboundPolicy {
  /** Every option with its value; for the doctor and the dossier. */
  readonly settings: OutboundSettings
  /** The compiled rules. */
  readonly guard: Guard
  /** How the world is reached. */
  readonly wires: Wires
  #agents: Agents | undefined

  constructor(settings: OutboundSettings, guard: Guard, wires: Wires) {
    this.settings = settings
    this.guard = guard
    this.wires = wires
    Object.freeze(this)
  }

  get name(): string {
    return this.settings.name
  }

  /** Made at the first use, the same ever after. */
  get agents(): Agents {
    this.#agents ??= agentsOf(this)
    return this.#agents
  }

  /**
   * A policy that is at least as strict, with connections of its own. Both policies judge; the lower
   * number counts. Keep it as long as the tenant is active: made anew, it starts without connections.
   *
   * @throws {ConfigFault} for an option that would widen, or one that does not parse
   */
  narrowed(options: Narrowing): OutboundPolicy {
    onlyKnown('outbound.narrowed', options, [...LISTS, ...NUMBERS])
    const lower = NUMBERS.flatMap(option => {
      const wanted = options[option]
      return wanted === undefined ? [] : [[option, Math.min(wanted, this.settings[option])]]
    })
    const settings = settingsOf({ ...this.settings, ...options, ...Object.fromEntries(lower) })
    const own = guardOf(settings, this.wires.ownAddresses, this.guard)
    return new OutboundPolicy(settings, own, this.wires)
  }

  /** Ends all connections; requests under way are refused. */
  async close(): Promise<void> {
    await this.#agents?.close()
  }
}

/**
 * Judges `options` and makes the policy. Do it once, at start.
 *
 * @param wires how the world is reached; for tests and own resolvers
 * @throws {ConfigFault} for every option that is unknown, out of bounds or does not parse
 * @see ASVS 1.3.6, 13.2.4
 */
export function outboundPolicy(
  options: OutboundOptions,
  wires: Partial<Wires> = {},
): OutboundPolicy {
  const settings = settingsOf(options)
  const all = remembering({ ...systemWires(settings.dnsServers), ...wires })
  return new OutboundPolicy(settings, guardOf(settings, all.ownAddresses), all)
}

const OWN_ADDRESSES_MS = 1000

/** Asks for the machine's addresses once a second at most: asking costs more than judging. */
function remembering(wires: Wires): Wires {
  let seen: readonly string[] = []
  let until = Number.NEGATIVE_INFINITY
  return {
    ...wires,
    ownAddresses() {
      const now = wires.clock()
      if (now >= until) {
        seen = wires.ownAddresses()
        until = now + OWN_ADDRESSES_MS
      }
      return seen
    },
  }
}
