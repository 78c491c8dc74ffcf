/** How much one request may bring, and how slowly. All units are in the names. */
export interface RequestBounds {
  /** Bytes of the body, envelope included. */
  readonly maxRequestBytes: number
  readonly maxFiles: number
  readonly maxFields: number
  /** Bytes of one text field. */
  readonly maxFieldBytes: number
  /** Bytes of all text fields together. */
  readonly maxAllFieldsBytes: number
  /** Bytes of the header lines of one part. */
  readonly maxPartHeadBytes: number
  /** Longest silence of the sender. */
  readonly idleSeconds: number
  /** Least average rate once `graceSeconds` have passed. */
  readonly minBytesPerSecond: number
  readonly graceSeconds: number
}

const KiB = 1024

/** @see ASVS 5.2.1 */
export const DEFAULT_REQUEST_BOUNDS: RequestBounds = {
  maxRequestBytes: 20 * KiB * KiB,
  maxFiles: 10,
  maxFields: 100,
  maxFieldBytes: 64 * KiB,
  maxAllFieldsBytes: KiB * KiB,
  maxPartHeadBytes: 8 * KiB,
  idleSeconds: 15,
  minBytesPerSecond: KiB,
  graceSeconds: 10,
}
