/** Two things that must not be told apart by how long they take. */
export interface TimingPair {
    /** Runs one of the first kind: a known name, a right token. */
    readonly one: () => Promise<unknown>;
    /** Runs one of the second kind: an unknown name, a wrong token. */
    readonly other: () => Promise<unknown>;
    /** How many of each; 400 unless told. Fewer see less. */
    readonly pairs?: number;
    /** Runs between pairs, unmeasured: clears counters, turns clocks. */
    readonly between?: () => Promise<unknown> | unknown;
}
export interface TimingVerdict {
    /**
     * How likely a difference this large would be if there were none (two-sided Mann-Whitney U test). Below
     * 0.001 take it for an oracle.
     */
    readonly p: number;
    /** Medians in milliseconds. */
    readonly one: number;
    readonly other: number;
}
/**
 * Measures two things in interleaved pairs, each pair in random order, and ranks the times: noise that
 * comes and goes meets both alike, and no distribution is assumed.
 *
 * ```ts
 * const { p } = await timingContract({ one: () => login(known), other: () => login(unknown) })
 * assert.ok(p > 0.001)
 * ```
 */
export declare function timingContract(pair: TimingPair): Promise<TimingVerdict>;
/** The middle of a sample. */
export declare function median(sample: readonly number[]): number;
/** Two-sided p of the Mann-Whitney U test by its normal approximation, corrected for ties. */
export declare function mannWhitney(one: readonly number[], other: readonly number[]): number;
