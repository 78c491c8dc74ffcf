import type { Clock } from '../kernel/clock.ts'
import type { Keys } from '../kernel/keys.ts'
import type { AuditLog } from '../store/port/audit-log.ts'
import { type Checkpoint, type CheckpointShelf, signer } from './checkpoints.ts'

/** Signs the end of the log now and then. */
export interface Checkpointing {
  /** Rows were written; a checkpoint follows within the interval. */
  wake(): void
  /** Signs now if there is anything new. Rejects when log or shelf is out of reach. */
  now(): Promise<Checkpoint | undefined>
  close(): Promise<void>
}

/**
 * Decision: a checkpoint follows at most `everyMs` after a row; what is younger could still be cut
 * off the end unseen.
 * Cost: one Ed25519 signature and one line a minute, on each node that writes.
 */
export function checkpointing(
  shelf: CheckpointShelf,
  everyMs: number,
  parts: { readonly log: AuditLog; readonly keys: Keys; readonly clock: Clock },
): Checkpointing {
  const signing = signer(parts.keys)
  let timer: NodeJS.Timeout | undefined
  let signed = 0

  async function now(): Promise<Checkpoint | undefined> {
    clearTimeout(timer)
    timer = undefined
    const head = await parts.log.head()
    if (head === undefined || head.sequence <= signed) return undefined
    const checkpoint = signing.sign(head, parts.clock())
    await shelf.keep(checkpoint)
    signed = Math.max(signed, head.sequence)
    return checkpoint
  }

  function wake(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      now().catch(wake) // tried again an interval later; nothing is lost by a late checkpoint
    }, everyMs).unref()
  }

  return {
    wake,
    now,
    async close() {
      clearTimeout(timer)
      timer = undefined
      await now()
    },
  }
}
