import { sha256 } from '../../kernel/bytes.ts'
import type { Credentials } from '../../store/port/credentials.ts'

/** The kinds of credentials that stand beside a first factor. */
export const TOTP = 'totp'
export const BACKUP_CODE = 'backup-code'
export const PASSKEY = 'passkey'

/** Which second factors an account has. */
export interface FactorState {
  /** An authenticator app whose first code was shown. */
  readonly totp: boolean
  readonly passkeys: number
  readonly backupCodes: number
  /** Names this very set of apps and keys: what was allowed under another set is not any more. */
  readonly epoch: string
}

/** Looks once. A factor that still waits for its first proof is none. */
export async function factorState(
  credentials: Credentials,
  accountId: string,
): Promise<FactorState> {
  const all = (await credentials.ofAccount(accountId)).filter(one => one.confirmed)
  const ids = (kind: string): readonly string[] =>
    all.filter(one => one.kind === kind).map(one => one.id)
  const strong = [...ids(TOTP), ...ids(PASSKEY)].toSorted()
  return {
    totp: ids(TOTP).length > 0,
    passkeys: ids(PASSKEY).length,
    backupCodes: ids(BACKUP_CODE).length,
    epoch: sha256(strong.join('\n')),
  }
}

/** Whether there is an app or a key; codes on paper alone are for the day when those are gone. */
export function isEnrolled(state: FactorState): boolean {
  return state.totp || state.passkeys > 0
}

/**
 * What must be proven after a first factor, the best first; nothing where there is nothing.
 *
 * Decision: a passkey is asked for after a password just as an app is, and so are codes that are left
 * alone: who has a second factor has it at every way in. Cost: who loses the only one waits for the
 * recovery.
 */
export function owedFactors(state: FactorState): readonly string[] {
  return [
    ...(state.passkeys > 0 ? [PASSKEY] : []),
    ...(state.totp ? [TOTP] : []),
    ...(state.backupCodes > 0 ? [BACKUP_CODE] : []),
  ]
}
