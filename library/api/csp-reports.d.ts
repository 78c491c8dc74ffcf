import { type Outcome } from '../../kernel/outcome.ts';
export declare const refusals: {
    readonly type: {
        readonly code: 'reports.type';
        readonly says: 'reports.type';
        readonly status: 415;
    };
    readonly shape: {
        readonly code: 'reports.shape';
        readonly says: 'reports.shape';
        readonly status: 400;
    };
};
/** One violation of a Content-Security-Policy, in the words of both report formats. */
export interface ViolationReport {
    /** Without query and fragment, where secrets and people's data stand. */
    readonly documentUrl: string;
    /** Likewise; or `inline`, `eval`, `data`, `blob`. */
    readonly blockedUrl: string;
    readonly directive: string;
    readonly disposition: 'enforce' | 'report';
    readonly sourceFile: string;
    readonly line: number;
    readonly sample: string;
}
/** Violations that have one cause. */
export interface ViolationGroup {
    readonly fingerprint: string;
    /** The latest of them. */
    readonly example: ViolationReport;
    readonly count: number;
    readonly firstAt: number;
    readonly lastAt: number;
}
export interface ReportCollector {
    /**
     * Takes a body of `application/csp-report`, `application/reports+json` or `application/json`,
     * and answers what it held; what browser extensions cause is left out.
     */
    accept(contentType: string | undefined, body: Uint8Array, now: number): Outcome<readonly ViolationReport[]>;
    /** The latest first. */
    groups(): readonly ViolationGroup[];
}
/**
 * Reads violation reports and groups them by cause. Anybody can send them, so a report is never
 * more than a hint: sizes are bounded, URLs are cut, and the oldest group makes room for a new one.
 *
 * @see ASVS 3.4.7; CSP Level 3 §5.3, Reporting API §2.4
 */
export declare function reportCollector(options?: {
    readonly maxGroups?: number;
}): ReportCollector;
