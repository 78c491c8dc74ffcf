import type { Principal } from '../access/access.ts'
import type { AccountFlows } from '../account/account.ts'
import { utcText } from '../account/utc.ts'
import type { Clock } from '../kernel/clock.ts'
import { type Outcome, refused } from '../kernel/outcome.ts'
import type { Random } from '../kernel/random.ts'
import { type RefreshOptions, refresh, refusals, type Tokens } from '../session/refresh/refresh.ts'
import type { RefreshRecord } from '../store/port/refresh-tokens.ts'
import type { Stores } from '../store/port/stores.ts'
import type { KeyRing } from '../vault/secrets/ring.ts'

export interface BearerParts {
  readonly issuer: string
  readonly stores: Stores
  readonly ring: KeyRing
  readonly clock: Clock
  readonly random: Random
}

/** The token engine of a service with accounts: it knows whom to tell when a copy was used. */
export function bearerTokens(
  options: RefreshOptions,
  flows: AccountFlows,
  parts: BearerParts,
): Tokens {
  const { stores, ring, clock, random, issuer } = parts
  return refresh(options, {
    store: stores.refreshTokens,
    tokens: stores.oneTimeTokens,
    ring,
    clock,
    random,
    issuer,
    entry: flows.ground.entry,
    onReuse: record => tellOfReuse(flows, record),
  })
}

/** Who sends a bearer token that is meant for this service, or for what the route names. */
export function bearerOf(
  tokens: Tokens | undefined,
  authorization: string | undefined,
  audience: string = tokens?.issuer ?? '',
): Promise<Outcome<Principal>> | undefined {
  return tokens
    ?.authenticate(authorization)
    ?.then(who =>
      !who.ok || who.value.audience.includes(audience) ? who : refused(refusals.badAudience),
    )
}

/** Tells the owner that somebody used a copy; the family is over already. */
async function tellOfReuse({ ground }: AccountFlows, record: RefreshRecord): Promise<void> {
  const account = await ground.stores.accounts.byId(record.accountId)
  if (account === undefined) return
  const values = { at: utcText(ground.clock()), link: `${ground.settings.origin}/account` }
  const to = account.email
  await ground.stores.jobs.enqueue([ground.mail.job({ code: 'refresh.reused', to, values })])
  ground.mail.wake()
}
