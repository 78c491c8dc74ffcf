import type { Readable } from 'node:stream'

/** A file that was kept. Everything here was found out by us or cleaned. */
export interface StoredFile {
  /** UUID. A name, never a proof (ASVS 11.5.1). */
  readonly id: string
  readonly owner: string
  /** The client's name, cleaned. For people; no path is ever made of it. */
  readonly name: string
  /** What the bytes are. */
  readonly type: string
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
  /** Milliseconds since the epoch. */
  readonly storedAt: number
  readonly width?: number
  readonly height?: number
}

/** A file on its way in: nobody can see it, and a crash leaves nothing of it. */
export interface Draft {
  readonly id: string
  /** Where its bytes are now, for scanners and re-encoders in this process and beside it. */
  readonly path: string
  /** Appends. One call at a time. */
  write(pieces: readonly Buffer[]): Promise<void>
  /** True when a piece is never looked at again once `write` has settled: its memory is then given back. */
  readonly isDoneWithPieces?: boolean
  /** Reads back what was written. */
  read(at: number, length: number): Promise<Buffer>
  /** Everything written is on the disk after this, and nothing more may be written. */
  seal(): Promise<void>
  /** Forgets the file. Also after a failure, and twice. */
  discard(): Promise<void>
}

/** The most that one owner may keep. */
export interface Quota {
  readonly maxBytes: number
  readonly maxFiles: number
}

export interface Usage {
  readonly bytes: number
  readonly files: number
}

/**
 * Where files live. Quarantine is always local, because judges and scanners read there; where
 * `keep` brings a file is the driver's own matter.
 */
export interface FileStorage {
  /** `disk` … for logs and the doctor. */
  readonly kind: string
  begin(): Promise<Draft>
  /**
   * Makes a sealed draft a file that `find` finds, wholly and durably or not at all. Of callers that
   * would together exceed `quota`, some get `false`, and their drafts remain theirs to discard.
   */
  keep(draft: Draft, file: StoredFile, quota?: Quota): Promise<boolean>
  find(id: string): Promise<StoredFile | undefined>
  /** The bytes from `start` to before `end`. */
  open(file: StoredFile, start: number, end: number): Promise<Readable>
  /** Newest first. */
  list(owner: string): Promise<readonly StoredFile[]>
  usage(owner: string): Promise<Usage>
  /** Of any number of callers one gets `true`. */
  remove(file: StoredFile): Promise<boolean>
  /** Lets go of what the driver itself opened; drafts are gone. */
  close(): Promise<void>
}
