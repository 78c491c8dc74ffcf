import { ConfigFault } from '../../kernel/fault.ts'

/** How long a session may live at most, by the assurance level it claims (NIST SP 800-63B-4). */
const CAPS = {
  aal1: { idleSeconds: 30 * 86_400, absoluteSeconds: 30 * 86_400 },
  aal2: { idleSeconds: 3_600, absoluteSeconds: 86_400 },
  aal3: { idleSeconds: 900, absoluteSeconds: 43_200 },
} as const

export interface LifeOptions {
  /** The level whose caps apply; `aal2` unless told. */
  readonly profile?: 'aal1' | 'aal2' | 'aal3'
  /** A session that nobody uses ends after this; 1,800 (30 minutes) unless told. */
  readonly idleSeconds?: number
  /** A session ends after this, used or not; 43,200 (12 hours) unless told. */
  readonly absoluteSeconds?: number
  /** Lets both exceed the profile's caps. Write the reason (ASVS 7.1.1); the dossier prints it. */
  readonly dangerouslyLongerBecause?: string
}

export interface Life {
  readonly idleMs: number
  readonly absoluteMs: number
}

/**
 * Judges the lifetimes once, at start.
 *
 * @throws {ConfigFault} when a lifetime is no positive number, or exceeds the profile without reason
 * @see ASVS 7.1.1, 7.3.1, 7.3.2; NIST SP 800-63B-4 §5.2
 */
export function life(options: LifeOptions): Life {
  const profile = options.profile ?? 'aal2'
  const caps = CAPS[profile]
  const reason = options.dangerouslyLongerBecause?.trim()
  const judged = (name: 'idleSeconds' | 'absoluteSeconds', usual: number): number => {
    const seconds = options[name] ?? Math.min(usual, caps[name])
    if (!(Number.isFinite(seconds) && seconds >= 1)) {
      throw new ConfigFault(`session.${name}`, 'is not a number of seconds of at least 1')
    }
    if (seconds > caps[name] && (reason === undefined || reason === '')) {
      throw new ConfigFault(
        `session.${name}`,
        `is ${seconds} where ${profile} allows ${caps[name]}; shorten it, choose another ` +
          'session.profile, or write why in session.dangerouslyLongerBecause',
      )
    }
    return seconds * 1000
  }
  const idleMs = judged('idleSeconds', 1_800)
  const absoluteMs = judged('absoluteSeconds', 43_200)
  if (idleMs > absoluteMs) {
    throw new ConfigFault('session.idleSeconds', 'is longer than session.absoluteSeconds')
  }
  return { idleMs, absoluteMs }
}
