import type { Level, Severity } from './config/config.ts'
import type { Need } from './needs.ts'
import type { Scene } from './scene.ts'
import type { Reply } from './wire/reply.ts'

/** One way a service can be attacked, and how to tell whether it worked. */
export interface Check {
  /** `csrf.form-post`: stable, used on the command line, in reports and in baselines. */
  readonly id: string
  /** What is tried, in one sentence without a subject: "posts a form from another site". */
  readonly tries: string
  /** What an attacker gains. */
  readonly why: string
  /** What to change, first for everybody, then the Bulwark option. */
  readonly fix: string
  /** OWASP ASVS 5.0.0 requirement. */
  readonly asvs: string
  readonly cwe: number
  /** Category of the OWASP Top 10 2025: `A01`. */
  readonly top10: string
  readonly severity: Severity
  readonly level: Level
  readonly needs?: readonly Need[]
  /** Runs while nothing else does: it measures time, races, or strains the service. */
  readonly alone?: boolean
  /** Runs at the end, because it reads what all the others saw. */
  readonly last?: boolean
  /** Being throttled is what it is about, so a 429 does not spoil it. */
  readonly throttled?: boolean
  run(scene: Scene): Promise<Verdict>
}

/** What one cause looks like, once, with its proof. */
export interface Finding {
  /** Route: `POST /orders/{id}`; for the whole service `/`. */
  readonly where: string
  readonly parameter?: string
  /** Which of several forms of the same attack. */
  readonly variant?: string
  /** What happened, in one sentence. */
  readonly says: string
  /** When it is not the check's. */
  readonly severity?: Severity
  /** The attack first, then the control; secrets are masked when they are shown. */
  readonly evidence: readonly Reply[]
  /** Where else the same was seen. */
  readonly places?: readonly string[]
  /** What was said on a raw connection, when no request can show it. */
  readonly raw?: string
}

export type Verdict =
  | { readonly verdict: 'pass'; readonly says?: string | undefined }
  | { readonly verdict: 'fail' | 'review'; readonly findings: readonly Finding[] }
  | {
      readonly verdict: 'inconclusive' | 'not-applicable' | 'skipped'
      readonly why: string
      /** The line that would change it. */
      readonly remedy?: string | undefined
    }

export function pass(says?: string): Verdict {
  return { verdict: 'pass', says }
}

export function fail(...findings: readonly Finding[]): Verdict {
  return { verdict: 'fail', findings }
}

export function review(...findings: readonly Finding[]): Verdict {
  return { verdict: 'review', findings }
}

/** Fails with the findings, or passes when there are none. */
export function judged(findings: readonly Finding[], says?: string): Verdict {
  return findings.length > 0 ? fail(...findings) : pass(says)
}

/**
 * Leaves a check from wherever it is: its control failed, or the service has no such thing.
 * Thrown rather than passed up, so that a helper's control guards every check that uses it.
 */
export class Leave extends Error {
  override readonly name = 'Leave'
  readonly verdict: Verdict

  constructor(verdict: Verdict, why: string) {
    super(why)
    this.verdict = verdict
  }
}

/** The control failed, so a refusal would prove nothing. */
export function unclear(why: string, remedy?: string): Leave {
  return new Leave({ verdict: 'inconclusive', why, remedy }, why)
}

/** The service does not have what this check is about. */
export function absent(why: string, remedy?: string): Leave {
  return new Leave({ verdict: 'not-applicable', why, remedy }, why)
}
