/**
 * A posture check: one question about the settings or the running service that the doctor asks.
 * Each defence brings its own in `WORD.checks.ts`; the doctor only gathers them.
 */
export interface Check<Facts> {
  /** `word.what-is-wrong` in kebab case, unique and stable. */
  readonly id: string
  /** `critical` stops a production start; `warning` and `advice` are only told. */
  readonly severity: 'critical' | 'warning' | 'advice'
  /** What is wrong, in one sentence. */
  readonly what: string
  /** What an attacker gains by it. */
  readonly why: string
  /** The option to set and to what. */
  readonly fix: string
  /** Answers true when the finding applies, or a detail to show (never a secret). */
  found(facts: Facts): boolean | string
}
