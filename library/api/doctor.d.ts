import type { Check } from '../kernel/check.ts';
import type { DoctorOptions, Facts } from './facts.ts';
import type { Requirement } from './requirements.ts';
export type { DoctorOptions, Facts } from './facts.ts';
export type { Requirement } from './requirements.ts';
/**
 * What a service is held to. `development` asks what matters on any machine; `production` asks all
 * and a critical answer stops the start; in `strict` a warning does as well.
 */
export type Tier = 'development' | 'production' | 'strict';
export type CheckSeverity = Check<never>['severity'];
/** One thing that a check found. */
export interface Finding {
    readonly id: string;
    readonly severity: CheckSeverity;
    readonly what: string;
    readonly why: string;
    readonly fix: string;
    /** What exactly, never a secret. */
    readonly detail?: string;
    /** The page about the defence, from the root of the repository. */
    readonly docs: string;
    /** Why somebody decided to live with it. */
    readonly accepted?: string;
}
/** A check as it is listed: what it asks, without asking. */
export interface ListedCheck extends Omit<Check<never>, 'found'> {
    readonly docs: string;
}
/** Every check there is, in the order in which they are asked. */
export declare const checks: readonly ListedCheck[];
/**
 * Asks every check, and answers what applies, worst first.
 *
 * @see ASVS 13.1.1, 13.4.2, 15.1.1
 */
export declare function diagnose(facts: Facts, options?: DoctorOptions): readonly Finding[];
/** Whether a finding stops a start in this tier; one that was accepted never does. */
export declare function stops(finding: Finding, tier: Tier): boolean;
/**
 * Lets a service start, or not.
 *
 * @returns sentences about warnings, for whoever starts it
 * @throws {ConfigFault} naming each finding that stops the start, and what to do about it
 */
export declare function admit(findings: readonly Finding[], tier: Tier): readonly string[];
/**
 * Judges the options of the doctor itself.
 *
 * @throws {ConfigFault} when a finding is accepted that no check reports, or without a reason
 */
export declare function doctorOptions(options?: DoctorOptions): DoctorOptions;
/**
 * Every requirement of ASVS 5.0 and how a service stands to it; loaded only when it is asked for.
 *
 * @param about the service's facts, which tell what is not in use; and whether it is the reference
 *   service, whose pages and files have tests of their own
 */
export declare function requirements(findings: readonly Finding[], about?: {
    readonly facts?: Facts;
    readonly isReference?: boolean;
}): Promise<readonly Requirement[]>;
