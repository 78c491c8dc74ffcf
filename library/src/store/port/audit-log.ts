/** An event on its way into the log. `audit/` makes it; a driver only stores and links it. */
export interface AuditEntry {
  /** UUID. */
  readonly id: string
  readonly at: number
  /** From the event catalogue, such as `login.succeeded`. */
  readonly code: string
  /** Who did it: an account id, or `undefined` for strangers and the system. */
  readonly actorId: string | undefined
  /** Whom or what it was done to. */
  readonly targetId: string | undefined
  /** The event as one line of canonical JSON, without personal data; this is what is chained. */
  readonly text: string
  /**
   * Personal data (address, device, name typed) as one line of JSON with a salt. `text` holds only
   * its hash, so that erasing a person leaves the chain verifiable.
   */
  readonly personal: string | undefined
  /** Computes this entry's link from its place and the link before it. Called inside the lock. */
  link(sequence: number, previous: string): string
}

/** A row as it stands in the log. */
export interface AuditRow {
  /** 1, 2, 3 … without a gap. */
  readonly sequence: number
  readonly id: string
  readonly at: number
  readonly code: string
  readonly actorId: string | undefined
  readonly targetId: string | undefined
  readonly text: string
  readonly personal: string | undefined
  /** base64url; of row 1 it follows the empty string. */
  readonly link: string
}

/** Which rows to read; every member narrows. Rows come newest first unless `oldestFirst`. */
export interface AuditQuery {
  /** Only rows with a sequence below (newest first) or above (oldest first) this one. */
  readonly beyond?: number
  /** 1 to 1,000. */
  readonly limit: number
  readonly oldestFirst?: boolean
  /** A whole code (`login.succeeded`) or a word with a dot (`login.`) for all of its codes. */
  readonly code?: string
  readonly actorId?: string
  readonly targetId?: string
  readonly since?: number
  readonly until?: number
  /** Text to be found anywhere in the event's line. */
  readonly contains?: string
}

/** What happened, in an order nobody can rewrite. */
export interface AuditLog {
  /**
   * Appends and links in one transaction, in the order given, after everything appended before.
   * Resolves when written. `durable` also waits until the disk has it (power loss, not only a crash).
   */
  append(entries: readonly AuditEntry[], how?: 'durable' | 'quick'): Promise<void>
  read(query: AuditQuery): Promise<readonly AuditRow[]>
  /** The newest row's place and link. */
  head(): Promise<{ readonly sequence: number; readonly link: string } | undefined>
  /** Forgets the personal data of one account's rows (as actor or target); answers how many. */
  erase(accountId: string): Promise<number>
  /** Drops rows up to and including `sequence` (retention); answers how many. */
  prune(sequence: number): Promise<number>
}
