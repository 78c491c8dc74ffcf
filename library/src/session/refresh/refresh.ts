import type { AuditRequest } from '../../audit/event.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { onlyKnown } from '../../kernel/options.ts'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { OneTimeTokens } from '../../store/port/one-time-tokens.ts'
import type { RefreshRecord } from '../../store/port/refresh-tokens.ts'
import type { ProvenFactor } from '../../store/port/sessions.ts'
import type { KeyRing } from '../../vault/secrets/ring.ts'
import { type AccessClaims, type AccessTokens, accessTokens } from './access-tokens.ts'
import { type Families, type FamiliesGround, families } from './families.ts'
import { refusals } from './refusals.ts'
import { type Signer, type SigningAlgorithm, signer } from './signing.ts'

export type { AccessClaims, AccessTokens, NewAccess } from './access-tokens.ts'
export type { Begun, Families, TokenKind } from './families.ts'
export type { PublicJwk, Signer, SigningAlgorithm } from './signing.ts'
export { refusals }

export interface RefreshOptions {
  /** Life of an access token; 600 unless told, 60 to 3600. */
  readonly accessSeconds?: number
  /** A refresh token unused for so long is over; 14 days unless told. */
  readonly idleSeconds?: number
  /** A family is over after so long, however often it rotated; 30 days unless told and at most. */
  readonly absoluteSeconds?: number
  /** `jwt` unless told. Opaque ones are looked up, and can be read by nobody else. */
  readonly format?: 'jwt' | 'opaque'
  /** `ES256` unless told: every OpenID client reads it. `EdDSA` is smaller and verified faster. */
  readonly algorithm?: SigningAlgorithm
}

export interface RefreshGround extends Omit<FamiliesGround, 'keys' | 'accepted'> {
  readonly ring: KeyRing
  readonly tokens: OneTimeTokens
  /** Who issues: the public origin, without a path. */
  readonly issuer: string
}

/** What a sign-in for tokens answers, and every renewal. */
export interface TokenPair {
  readonly accessToken: string
  readonly refreshToken: string
  readonly tokenType: 'Bearer'
  /** Seconds. */
  readonly expiresIn: number
}

/** What a family of the application's own clients knows; one line of JSON in its records. */
export interface OwnFamily {
  readonly role: string
  readonly factors: readonly ProvenFactor[]
  readonly authenticatedAt: number
  readonly address: string
  readonly device: string
}

/** Who sends a bearer token. */
export interface Bearer {
  readonly accountId: string
  readonly role: string
  readonly authenticatedAt: number
  readonly factors: readonly { readonly factor: string; readonly at: number }[]
  readonly clientId: string | undefined
  readonly scope: readonly string[] | undefined
  readonly audience: readonly string[]
  readonly familyId: string | undefined
}

/** Tokens for clients without cookies: one engine for mobile, command line and OAuth. */
export interface Tokens {
  readonly issuer: string
  readonly signer: Signer
  readonly access: AccessTokens
  readonly families: Families
  /** Begins a family for one of the application's own clients. */
  start(
    account: { readonly id: string; readonly role: string },
    proof: { readonly factors: readonly ProvenFactor[]; readonly request: AuditRequest },
  ): Promise<TokenPair & { readonly record: RefreshRecord }>
  /** @returns `refresh.malformed`, `refresh.unknown`, `refresh.reused` */
  refresh(token: string, request: AuditRequest): Promise<Outcome<TokenPair>>
  /**
   * Who sends this `authorization` field; `undefined` when it holds no bearer token. Reads the store
   * once: a family that ended takes its access tokens along.
   *
   * @returns `refresh.bad_access_form`, `refresh.bad_access`
   */
  authenticate(authorization: string | undefined): Promise<Outcome<Bearer>> | undefined
  /** Whether what a token stands on is still there. */
  isAlive(claims: AccessClaims): Promise<boolean>
}

const DAY_SECONDS = 86_400
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i // RFC 6750 §2.1

/**
 * @throws {ConfigFault} when a lifetime makes no sense
 * @see RFC 6750, RFC 9068, RFC 9700 §4.14; ASVS 10.4.5, 10.4.8
 */
export function refresh(options: RefreshOptions, ground: RefreshGround): Tokens {
  const { idleMs, absoluteMs, accessSeconds } = judged(options)
  const { ring, clock, random, issuer } = ground
  const accepted = () => ring.accepted(clock())
  const signs = signer(options.algorithm ?? 'ES256', { ring, clock })
  const access = accessTokens({
    issuer,
    format: options.format ?? 'jwt',
    lifeSeconds: accessSeconds,
    signer: signs,
    store: ground.tokens,
    keys: ring.current,
    accepted,
    clock,
    random,
  })
  const kept = families(idleMs, absoluteMs, {
    ...ground,
    keys: ring.current,
    accepted,
  })

  const pairOf = async (token: string, record: RefreshRecord): Promise<TokenPair> => {
    const own = JSON.parse(record.data) as OwnFamily
    const accessToken = await access.issue({
      subject: record.accountId,
      clientId: undefined,
      scope: undefined,
      audience: [issuer],
      familyId: record.familyId,
      role: own.role,
      factors: own.factors.map(({ factor }) => factor),
      authenticatedAt: own.authenticatedAt,
    })
    return { accessToken, refreshToken: token, tokenType: 'Bearer', expiresIn: accessSeconds }
  }
  const isAlive = (claims: AccessClaims): Promise<boolean> =>
    claims.familyId === undefined
      ? access.isDenied(claims).then(denied => !denied)
      : kept.isAlive(claims.subject, claims.familyId)

  return {
    issuer,
    signer: signs,
    access,
    families: kept,
    isAlive,
    async start(account, { factors, request }) {
      const own: OwnFamily = {
        role: account.role,
        factors,
        authenticatedAt: clock(),
        address: request.address,
        device: request.device,
      }
      const begun = await kept.begin({
        kind: 'refresh',
        accountId: account.id,
        clientId: undefined,
        data: JSON.stringify(own),
        request,
      })
      return { ...(await pairOf(begun.token, begun.record)), record: begun.record }
    },
    async refresh(token, request) {
      const how = { kind: 'refresh', clientId: undefined, request } as const
      const rotated = await kept.rotate(token, how)
      if (!rotated.ok) return rotated
      return granted(await pairOf(rotated.value.token, rotated.value.record))
    },
    authenticate(authorization) {
      if (authorization === undefined || !/^bearer(?: |$)/i.test(authorization)) return undefined
      const token = BEARER.exec(authorization)?.[1]
      return token === undefined
        ? Promise.resolve(refused(refusals.badAccessForm))
        : bearerOf(token)
    },
  }

  async function bearerOf(token: string): Promise<Outcome<Bearer>> {
    const claims = await access.read(token)
    if (claims === undefined || !(await isAlive(claims))) return refused(refusals.badAccess)
    const { subject, role, authenticatedAt, clientId, scope, audience, familyId } = claims
    return granted({
      accountId: subject,
      role,
      authenticatedAt,
      factors: claims.factors.map(factor => ({ factor, at: authenticatedAt })),
      clientId,
      scope,
      audience,
      familyId,
    })
  }
}

function judged(options: RefreshOptions): {
  readonly idleMs: number
  readonly absoluteMs: number
  readonly accessSeconds: number
} {
  onlyKnown('refresh', options, [
    'accessSeconds',
    'idleSeconds',
    'absoluteSeconds',
    'format',
    'algorithm',
  ])
  const whole = (name: keyof RefreshOptions, usual: number, least: number, most: number) => {
    const value = (options[name] as number | undefined) ?? usual
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value
    throw new ConfigFault(`refresh.${name}`, `is not a whole number from ${least} to ${most}`)
  }
  const absolute = whole('absoluteSeconds', 30 * DAY_SECONDS, 60, 30 * DAY_SECONDS)
  const idle = whole('idleSeconds', Math.min(14 * DAY_SECONDS, absolute), 60, absolute)
  const { format = 'jwt', algorithm = 'ES256' } = options
  if (format !== 'jwt' && format !== 'opaque') {
    throw new ConfigFault('refresh.format', "write 'jwt' or 'opaque'")
  }
  if (algorithm !== 'ES256' && algorithm !== 'EdDSA') {
    throw new ConfigFault('refresh.algorithm', "write 'ES256' or 'EdDSA'")
  }
  return {
    idleMs: idle * 1000,
    absoluteMs: absolute * 1000,
    accessSeconds: whole('accessSeconds', 600, 60, 3600),
  }
}
