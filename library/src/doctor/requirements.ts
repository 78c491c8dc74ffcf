import { asvs } from './asvs.ts'
import { duties } from './duties.ts'
import type { Evidence } from './evidence/shown.ts'
import { evidence } from './evidence.ts'
import type { Facts } from './facts.ts'
import { gaps } from './gaps.ts'

/** One requirement of ASVS 5.0, and how this service stands to it. */
export interface Requirement {
  readonly id: string
  readonly level: number
  /** How it is met, what stands against it, or what is left to do. */
  readonly says: string
  readonly status: 'met' | 'not met' | 'yours'
  readonly evidence?: Evidence
}

/** What is asked about. */
export interface Subject {
  /** Ids of what the doctor found. */
  readonly found: ReadonlySet<string>
  /** Words of what is not in use, such as `oauth`: whatever does it instead is not ours. */
  readonly off?: ReadonlySet<string>
  /** The reference service, whose pages and files have tests of their own. */
  readonly isReference?: boolean
}

const NO_PAGES = 'The reference service shows how; your own pages and files are yours.'

/** Every requirement, judged: met where a named test shows it and no check found it undone. */
export function judged({ found, off, isReference }: Subject): readonly Requirement[] {
  return asvs.map(({ id, level, ours }): Requirement => {
    const shown = evidence[id]
    const duty = duties[id]
    if (shown === undefined) {
      return duty === undefined
        ? { id, level, status: 'not met', says: gaps[id] ?? ours }
        : { id, level, status: 'yours', says: duty }
    }
    const says = shown.how ?? ours
    if (shown.of === 'reference' && isReference !== true) {
      return { id, level, status: 'yours', says: NO_PAGES }
    }
    const word = shown.option.split('.')[0] ?? ''
    if (off?.has(word) === true) {
      return {
        id,
        level,
        status: 'yours',
        says: `${word} is not in use; what does this instead is yours.`,
      }
    }
    const undone = shown.check !== undefined && found.has(shown.check)
    return undone
      ? { id, level, status: 'not met', says: `${shown.check}. ${says}`, evidence: shown }
      : { id, level, status: 'met', says, evidence: shown }
  })
}

const SIGNS: readonly (readonly [word: string, pattern: string])[] = [
  ['account', '/auth/login'],
  ['refresh', '/auth/refresh'],
  ['oauth', '/oauth/token'],
  ['social', '/auth/social/'],
]

/** Words of what a service does not use, told by the routes that it has. */
export function unused({ routes, sessions, uploads }: Facts): ReadonlySet<string> {
  const own = routes.routes.filter(({ isOwn }) => isOwn).map(({ pattern }) => pattern)
  return new Set([
    ...SIGNS.filter(([, sign]) => !own.some(pattern => pattern.startsWith(sign))).map(
      ([word]) => word,
    ),
    ...(sessions === undefined ? ['session'] : []),
    ...(uploads.services.length === 0 ? ['uploads'] : []),
  ])
}
