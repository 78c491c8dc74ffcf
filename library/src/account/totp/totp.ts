import { renderSVG } from 'uqr'
import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Account } from '../../store/port/accounts.ts'
import type { Along } from '../../store/port/along.ts'
import type { Credential } from '../../store/port/credentials.ts'
import type { Field } from '../../vault/fields/fields.ts'
import { TOTP } from '../factors/state.ts'
import type { Ground } from '../ground.ts'
import { base32, fromBase32 } from './base32.ts'
import { matchingStep, stepAt, type TotpAlgorithm } from './code.ts'

export const refusals = {
  wrongCode: { code: 'totp.wrong_code', says: 'factor.refused', status: 401 },
  /** Right, but used before: nobody may learn that it was right. */
  replayed: { code: 'totp.replayed', says: 'factor.refused', status: 401 },
  notSetUp: { code: 'totp.not_set_up', says: 'factor.refused', status: 401 },
} as const

/** What a person is shown once, to put into their app. */
export interface TotpSetup {
  /** Base32 without padding, for typing. */
  readonly secret: string
  readonly otpauthUri: string
  /** A picture of the URI; no script, no style. */
  readonly qrSvg: string
}

interface Kept {
  /** The secret in base32, sealed for this row. */
  readonly sealed: string
  readonly algorithm: TotpAlgorithm
  /** 1 when the app's clock was a step ahead at setup: then T+1 is looked at too. */
  readonly drift: 0 | 1
}

const SECRET_BYTES = 20 // 160 bits, RFC 4226 R6

/** One-time codes of authenticator apps. */
export interface Totp {
  /** A new secret that counts only once a code of it was shown; replaces one that never was. */
  setUp(account: Account, service: string): Promise<TotpSetup>
  /** The first code: the secret counts from now on. */
  confirm(accountId: string, code: string, along: Along): Promise<Outcome<void>>
  /** Takes a code out of use. Of any number of simultaneous callers with one code, one is let in. */
  verify(accountId: string, code: string): Promise<Outcome<void>>
  /** Keeps a known secret as confirmed: for development seeds and imports. */
  keep(accountId: string, secret: string): Promise<boolean>
  isOn(accountId: string): Promise<boolean>
}

/**
 * @param field where secrets are sealed, bound to their row
 * @see RFC 6238 §5.2 (a code is accepted once), ASVS 6.5.1, 6.5.5; NIST SP 800-63B-4 §3.1.4
 */
export function totp(ground: Ground, field: Field, algorithm: TotpAlgorithm = 'sha1'): Totp {
  const { credentials } = ground.stores

  const found = async (accountId: string, confirmed: boolean): Promise<Credential | undefined> =>
    (await credentials.ofAccount(accountId, TOTP)).find(one => one.confirmed === confirmed)

  const opened = (
    credential: Credential,
  ): { readonly kept: Kept; readonly secret: Buffer } | undefined => {
    const kept = JSON.parse(credential.data) as Kept
    const secret = field.open(credential.id, kept.sealed)
    const bytes = secret.ok ? fromBase32(secret.value) : undefined
    return bytes === undefined ? undefined : { kept, secret: bytes }
  }

  /** Sealed once; the handle only has to be unique, so the row's own id serves. */
  const fresh = (accountId: string, secret: string, confirmed: boolean): Credential => {
    const id = ground.random.uuid()
    const kept: Kept = { sealed: field.seal(id, secret), algorithm, drift: 0 }
    return {
      id,
      accountId,
      kind: TOTP,
      handle: id,
      data: JSON.stringify(kept),
      mark: 0,
      confirmed,
      createdAt: ground.clock(),
      lastUsedAt: undefined,
    }
  }

  return {
    async setUp(account, service) {
      const secret = base32(ground.random.bytes(SECRET_BYTES))
      for (const waiting of await credentials.ofAccount(account.id, TOTP)) {
        if (!waiting.confirmed) await credentials.remove(account.id, waiting.id)
      }
      await credentials.add([fresh(account.id, secret, false)])
      const label = encodeURIComponent(`${service}:${account.email}`)
      const query = new URLSearchParams({
        secret,
        issuer: service,
        algorithm: algorithm.toUpperCase(),
        digits: '6',
        period: '30',
      })
      const otpauthUri = `otpauth://totp/${label}?${query}`
      return { secret, otpauthUri, qrSvg: renderSVG(otpauthUri, { border: 2 }) }
    },
    async confirm(accountId, code, along) {
      const credential = await found(accountId, false)
      const at = credential && opened(credential)
      if (credential === undefined || at === undefined) return refused(refusals.notSetUp)
      const now = stepAt(ground.clock())
      const step = matchingStep(at.secret, code, [now - 1, now, now + 1], at.kept.algorithm)
      if (step === undefined) return refused(refusals.wrongCode)
      const kept: Kept = { ...at.kept, drift: step > now ? 1 : 0 }
      const older = (await credentials.ofAccount(accountId, TOTP)).filter(one => one.confirmed)
      const won = await credentials.advance(
        credential.id,
        step,
        ground.clock(),
        { confirmed: true, data: JSON.stringify(kept) },
        along,
      )
      if (!won) return refused(refusals.replayed)
      for (const one of older) await credentials.remove(accountId, one.id)
      return granted(undefined)
    },
    async verify(accountId, code) {
      const credential = await found(accountId, true)
      const at = credential && opened(credential)
      if (credential === undefined || at === undefined) return refused(refusals.notSetUp)
      const now = stepAt(ground.clock())
      const steps = at.kept.drift === 1 ? [now - 1, now, now + 1] : [now - 1, now]
      const step = matchingStep(at.secret, code, steps, at.kept.algorithm)
      if (step === undefined) return refused(refusals.wrongCode)
      // Strictly increasing: a step that was used, and every one before it, is used up.
      const won = await credentials.advance(credential.id, step, ground.clock())
      return won ? granted(undefined) : refused(refusals.replayed)
    },
    async keep(accountId, secret) {
      const bytes = fromBase32(secret)
      if (bytes === undefined || bytes.length < 10) return false
      if ((await found(accountId, true)) !== undefined) return true
      return (await credentials.add([fresh(accountId, base32(bytes), true)])) === 'done'
    },
    isOn: async accountId => (await found(accountId, true)) !== undefined,
  }
}
