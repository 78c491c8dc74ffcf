import type { Outcome } from '../../kernel/outcome.ts'

export interface AdmissionOptions {
  /** Jobs at once: cores, or what memory allows. */
  readonly permits: number
  /** Jobs waiting. */
  readonly queue: number
  readonly queueSeconds: number
}

/** Runs dear jobs (password hashes) a few at a time. A permit is the job's, not the request's. */
export interface Admission {
  run<T>(job: () => Promise<T>): Promise<Outcome<T>>
  readonly running: number
  readonly waiting: number
}

export declare function admission(options: AdmissionOptions): Admission
