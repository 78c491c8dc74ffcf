import { asvs } from './asvs.ts'
import { type Evidence, evidence } from './evidence.ts'

/** One requirement of ASVS 5.0, and how this service stands to it. */
export interface Requirement {
  readonly id: string
  readonly level: number
  /** What Bulwark means to do about it. */
  readonly ours: string
  readonly status: 'met' | 'not met' | 'yours'
  readonly evidence?: Evidence
}

/** Requirements about the application's own documents and processes, which no library can meet. */
function isYours({ verify }: { readonly verify: string }): boolean {
  return verify === 'doc'
}

/**
 * Every requirement, judged: met where a named test shows it and no check found it undone.
 *
 * @param found ids of what the doctor found
 */
export function judged(found: ReadonlySet<string>): readonly Requirement[] {
  return asvs.map(({ id, level, ours, verify }): Requirement => {
    const shown = evidence[id]
    if (shown === undefined) {
      return { id, level, ours, status: isYours({ verify }) ? 'yours' : 'not met' }
    }
    const undone = shown.check !== undefined && found.has(shown.check)
    return { id, level, ours, status: undone ? 'not met' : 'met', evidence: shown }
  })
}
