import type { Refusal } from '../../../kernel/refusal.ts'
import { because, refusals } from '../refusals.ts'

/** What a scanner gets to see: a whole file that nobody else can see yet. */
export interface ScanInput {
  /** Where its bytes are on this machine. */
  readonly path: string
  readonly bytes: number
  readonly type: string
  readonly sha256: string
  /** Up to `length` bytes from `at`. */
  read(at: number, length: number): Promise<Buffer>
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

export type ScanVerdict =
  | { readonly clean: true }
  /** `finding` is the scanner's name for it, for the audit. */
  | { readonly clean: false; readonly finding: string }

/** Looks for malware. A throw, a rejection or no answer in time count as not clean. */
export type Scanner = (input: ScanInput) => Promise<ScanVerdict>

/**
 * Asks the scanner.
 *
 * @returns `uploads.malware`, or `uploads.scanner_down` when there was no answer
 * @see ASVS 5.4.3
 */
export async function scanFault(
  scanner: Scanner,
  input: Omit<ScanInput, 'signal'>,
  seconds: number,
  gone: AbortSignal,
): Promise<Refusal | undefined> {
  const ends = new AbortController()
  const timer = setTimeout(() => ends.abort(new Error(`no answer in ${seconds} s`)), seconds * 1000)
  const signal = AbortSignal.any([ends.signal, gone])
  const ended = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  try {
    const verdict = await Promise.race([scanner({ ...input, signal }), ended])
    return verdict.clean ? undefined : because(refusals.malware, verdict.finding)
  } catch (error) {
    // Decision: who cannot be scanned is not let in, whatever the reason.
    // Cost: no uploads while the scanner is down; clients are told to come back.
    return because(refusals.scannerDown, error instanceof Error ? error.message : String(error))
  } finally {
    clearTimeout(timer)
    ended.catch(() => undefined)
  }
}
