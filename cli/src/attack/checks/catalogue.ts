import type { Check } from '../check.ts'
import { checks as access } from './access/access.ts'
import { checks as account } from './account/account.ts'
import { checks as audit } from './audit/audit.ts'
import { checks as backupCodes } from './backup-codes/backup-codes.ts'
import { checks as caching } from './caching/caching.ts'
import { checks as content } from './content/content.ts'
import { checks as cookies } from './cookies/cookies.ts'
import { checks as csrf } from './csrf/csrf.ts'
import { checks as deployment } from './deployment/deployment.ts'
import { checks as deps } from './deps/deps.ts'
import { checks as enumeration } from './enumeration/enumeration.ts'
import { checks as errors } from './errors/errors.ts'
import { checks as fields } from './fields/fields.ts'
import { checks as framing } from './framing/framing.ts'
import { checks as cors } from './headers/cors.ts'
import { checks as headers } from './headers/headers.ts'
import { checks as injection } from './injection/injection.ts'
import { checks as limits } from './limits/limits.ts'
import { checks as jwt } from './oauth/jwt.ts'
import { checks as oauth } from './oauth/oauth.ts'
import { checks as outbound } from './outbound/outbound.ts'
import { checks as passkeys } from './passkeys/passkeys.ts'
import { checks as password } from './password/password.ts'
import { checks as refresh } from './refresh/refresh.ts'
import { checks as reset } from './reset/reset.ts'
import { checks as secrets } from './secrets/secrets.ts'
import { checks as sessions } from './sessions/sessions.ts'
import { checks as social } from './social/social.ts'
import { checks as throttle } from './throttle/throttle.ts'
import { checks as totp } from './totp/totp.ts'
import { checks as uploads } from './uploads/uploads.ts'

/** The checks of one defence word, which is also the name of their folder. */
export interface Chapter {
  readonly word: string
  /** Number of the system in `SYSTEMS`. */
  readonly system: number
  readonly checks: readonly Check[]
}

export const CATALOGUE: readonly Chapter[] = [
  { word: 'csrf', system: 1, checks: csrf },
  { word: 'throttle', system: 2, checks: throttle },
  { word: 'enumeration', system: 3, checks: enumeration },
  { word: 'uploads', system: 4, checks: uploads },
  { word: 'access', system: 5, checks: access },
  { word: 'outbound', system: 6, checks: outbound },
  { word: 'audit', system: 7, checks: audit },
  { word: 'limits', system: 8, checks: limits },
  { word: 'cookies', system: 9, checks: cookies },
  { word: 'sessions', system: 9, checks: sessions },
  { word: 'deps', system: 10, checks: deps },
  { word: 'secrets', system: 11, checks: secrets },
  { word: 'fields', system: 12, checks: fields },
  { word: 'content', system: 13, checks: content },
  { word: 'headers', system: 14, checks: [...headers, ...cors] },
  { word: 'password', system: 15, checks: password },
  { word: 'errors', system: 16, checks: errors },
  { word: 'injection', system: 16, checks: injection },
  { word: 'framing', system: 16, checks: framing },
  { word: 'caching', system: 16, checks: caching },
  { word: 'deployment', system: 17, checks: deployment },
  { word: 'oauth', system: 18, checks: [...oauth, ...jwt] },
  { word: 'social', system: 19, checks: social },
  { word: 'totp', system: 20, checks: totp },
  { word: 'backup-codes', system: 20, checks: backupCodes },
  { word: 'passkeys', system: 20, checks: passkeys },
  { word: 'refresh', system: 21, checks: refresh },
  { word: 'reset', system: 22, checks: reset },
  { word: 'account', system: 22, checks: account },
]

/** Where the checks of the user's own config stand. */
export const OWN = 'own'

/** All chapters, with the checks that the config brings along. */
export function chaptersWith(own: readonly Check[] = []): readonly Chapter[] {
  if (own.length === 0) return CATALOGUE
  return [...CATALOGUE, { word: OWN, system: 16, checks: own }]
}

/**
 * The checks that `only` names: by id (`idor.read`), by the first word of ids (`idor`), or by folder
 * (`access`). Names that fit nothing come back as `unknown`.
 */
export function chosen(
  chapters: readonly Chapter[],
  only: readonly string[] | undefined,
): { checks: Check[]; unknown: string[] } {
  const all = chapters.flatMap(chapter => chapter.checks.map(check => ({ check, chapter })))
  if (only === undefined) return { checks: all.map(({ check }) => check), unknown: [] }
  const fits = (name: string) =>
    all.filter(
      ({ check, chapter }) =>
        check.id === name || check.id.startsWith(`${name}.`) || chapter.word === name,
    )
  const wanted = new Set(only.flatMap(name => fits(name).map(({ check }) => check)))
  return {
    checks: all.flatMap(({ check }) => (wanted.has(check) ? [check] : [])),
    unknown: only.filter(name => fits(name).length === 0),
  }
}
