import { bareOrigin } from '../../http/origin.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { onlyKnown } from '../../kernel/options.ts'

/** What passkeys can be told. */
export interface RelyingPartyOptions {
  /**
   * The domain that keys are bound to; the host of the first public origin unless told, or a domain
   * above it. It can never change: every key of another one is worthless.
   */
  readonly relyingParty?: string
  /**
   * Origins of other domains where the same keys sign in, such as `https://app.example.de`. They are
   * listed at `/.well-known/webauthn`, which must answer at `https://RELYING-PARTY`. Browsers look at
   * five different names at most.
   */
  readonly relatedOrigins?: readonly string[]
}

export interface PasskeySettings {
  readonly relyingParty: string
  /** Where answers may come from: public origins and related ones. */
  readonly origins: readonly string[]
  readonly relatedOrigins: readonly string[]
}

const MOST_RELATED = 20

/**
 * Judges the options once, at start.
 *
 * @param origins public origins, the first one first
 * @throws {ConfigFault} when the domain is not above the first origin, or an origin is none
 * @see W3C WebAuthn Level 3 §5.11, §5.1.2
 */
export function passkeySettings(
  options: RelyingPartyOptions = {},
  origins: readonly [string, ...string[]],
): PasskeySettings {
  onlyKnown('account.passkeys', options, ['relyingParty', 'relatedOrigins'])
  const host = new URL(origins[0]).hostname
  const { relyingParty = host, relatedOrigins = [] } = options
  const above = relyingParty.includes('.') && host.endsWith(`.${relyingParty}`)
  if (relyingParty !== host && !above) {
    throw new ConfigFault('account.passkeys.relyingParty', `is neither ${host} nor above it`)
  }
  if (relatedOrigins.length > MOST_RELATED) {
    throw new ConfigFault('account.passkeys.relatedOrigins', `lists more than ${MOST_RELATED}`)
  }
  const related = relatedOrigins.map(one => bareOrigin(one, 'account.passkeys.relatedOrigins'))
  for (const origin of related) {
    const { protocol, hostname } = new URL(origin)
    if (protocol === 'https:' || hostname === 'localhost') continue
    throw new ConfigFault('account.passkeys.relatedOrigins', `${origin} is plain http`)
  }
  return { relyingParty, origins: [...origins, ...related], relatedOrigins: related }
}
