/** Where unpredictable bytes come from. Passed in, so that a test can repeat itself. */
export interface Random {
    /** `length` fresh bytes from a CSPRNG. */
    bytes(length: number): Buffer;
    /** 256 fresh bits as 43 base64url characters: every bearer value is one (ASVS 7.2.3). */
    token(): string;
    /** A name for a row, never a proof (ASVS 11.5.1). */
    uuid(): string;
}
/**
 * The system's CSPRNG, read in blocks of 8 KiB: a token then costs a tenth of a microsecond.
 * Bytes that were handed out are wiped from the pool.
 */
export declare function systemRandom(): Random;
