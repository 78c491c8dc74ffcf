import type { Clock } from '../../kernel/clock.ts';
import { type Outcome } from '../../kernel/outcome.ts';
export declare const refusals: {
    readonly full: {
        readonly code: 'admission.full';
        readonly says: 'limits.busy';
        readonly status: 503;
        readonly retryAfterSeconds: 5;
    };
};
export interface AdmissionOptions {
    /** Jobs at once: as many as there are cores, or as memory allows. */
    readonly permits: number;
    /** Jobs waiting. */
    readonly queue: number;
    readonly queueSeconds: number;
    readonly clock?: Clock;
}
/** Runs dear jobs (password hashes) a few at a time; see `admission`. */
export interface Admission {
    /** The job's answer, or `admission.full` without having begun it. The job's fault is thrown on. */
    run<T>(job: () => Promise<T>): Promise<Outcome<T>>;
    readonly running: number;
    readonly waiting: number;
}
/**
 * A permit belongs to the job, not to the request: who hangs up does not free one while the job
 * still eats a core and its memory. What finds neither permit nor place in the queue is refused at
 * once, so that a flood of logins costs no more than the permits do.
 *
 * @see ASVS 15.2.2, 6.3.1
 */
export declare function admission(options: AdmissionOptions): Admission;
