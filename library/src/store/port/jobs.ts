/** Work to be done later and at least once: a mail, a webhook delivery. */
export interface NewJob {
  /** UUID. */
  readonly id: string
  /** Who does it: `mail`, `webhook`. */
  readonly kind: string
  /** One line of JSON. */
  readonly payload: string
  /** Not before this moment. */
  readonly runAt: number
}

export interface Job extends NewJob {
  /** How often it was claimed, this time included. */
  readonly attempts: number
  /** Proof of the claim; only who holds it may finish or put back. */
  readonly lease: string
}

/** A durable queue. Of all workers on all nodes, one at a time holds a job. */
export interface Jobs {
  enqueue(jobs: readonly NewJob[]): Promise<void>
  /**
   * Takes up to `limit` due jobs for `leaseMs`; `lease` is a fresh random value. A worker that dies
   * loses them when the lease ends, and somebody else claims them.
   */
  claim(
    kind: string,
    now: number,
    leaseMs: number,
    lease: string,
    limit: number,
  ): Promise<readonly Job[]>
  /** Done: removes it. False when the lease was lost. */
  finish(id: string, lease: string): Promise<boolean>
  /** Puts it back for a later moment. False when the lease was lost. */
  postpone(id: string, lease: string, runAt: number): Promise<boolean>
  /** How many wait, and since when the oldest is due. */
  backlog(
    kind: string,
  ): Promise<{ readonly waiting: number; readonly oldestRunAt: number | undefined }>
}
