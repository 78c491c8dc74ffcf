import type { Clock } from '../kernel/clock.ts'
import { ConfigFault } from '../kernel/fault.ts'
import type { Keys } from '../kernel/keys.ts'
import type { Random } from '../kernel/random.ts'
import type { AuditEntry, AuditLog, AuditQuery } from '../store/port/audit-log.ts'
import { entries, type Keeping } from './entry.ts'
import type { AuditEvent } from './event.ts'
import { eventKind, type Severity } from './events.ts'
import { queue } from './queue.ts'
import { type AuditRecord, recordOf } from './record.ts'

export type { Keeping } from './entry.ts'
export type { AuditDetail, AuditEvent, AuditRequest } from './event.ts'
export type { CatalogueCode, EventCode, Severity } from './events.ts'
export type { AuditRecord } from './record.ts'

/** How events are kept. Every member may be left out. */
export interface AuditOptions {
  /** The client's address: as it is, as a keyed hash, or not at all. `plain` unless told. */
  readonly address?: Keeping
  /** The user agent, likewise. */
  readonly device?: Keeping
  /** How many events may wait for a slow log before more are counted instead of kept; 10,000. */
  readonly queueLimit?: number
  /**
   * Codes (`admin.viewed`) or words (`admin.`) for which `recordByPolicy` waits for the disk and
   * fails when the log does: better nothing happens than something unseen. None unless told.
   */
  readonly failClosed?: readonly string[]
  /** Severities of the application's own `app.` codes; `info` unless told. */
  readonly own?: Readonly<Record<`app.${string}`, Severity>>
  /** Names this process in every row, where several write one log. */
  readonly node?: string
}

/** What the log lives on. */
export interface AuditParts {
  readonly log: AuditLog
  readonly keys: Keys
  readonly clock: Clock
  readonly random: Random
}

/** Writes down what happens. */
export interface Audit {
  /** Makes an entry for `along.events` of a store's verb: written with the change or not at all. */
  entry(event: AuditEvent): AuditEntry
  /** Takes an event and returns at once. Written in order, within one turn of the event loop. */
  record(event: AuditEvent): void
  /** Resolves when the disk has it and everything recorded before it. @throws {StoreFault} */
  recordDurable(event: AuditEvent): Promise<void>
  /** Waits for the disk if the event is one of `failClosed`, and not at all if not. @throws {StoreFault} */
  recordByPolicy(event: AuditEvent): Promise<void>
  /** Reads the log, newest first unless asked otherwise. @throws {StoreFault} */
  read(query: AuditQuery): Promise<readonly AuditRecord[]>
  /**
   * Takes the personal data of an account out of the log and writes down that it did; the chain
   * stays whole. Answers how many rows it touched. @throws {StoreFault}
   */
  erase(accountId: string, by?: Pick<AuditEvent, 'actorId' | 'request'>): Promise<number>
  /** Calls `listener` after rows were written; answers how to stop that. For streams and sinks. */
  onWritten(listener: () => void): () => void
  /** Resolves when everything recorded so far is written. @throws {StoreFault} */
  flush(): Promise<void>
  /** Writes what waits, and takes nothing more. @throws {StoreFault} */
  close(): Promise<void>
  /** Events that wait for the log now, and those lost to a full queue since the start. */
  health(): { readonly waiting: number; readonly lost: number }
}

const KEEPINGS: readonly Keeping[] = ['plain', 'hash', 'none']

/**
 * The audit log: every event on one line, linked by a keyed hash to the one before it.
 *
 * @throws {ConfigFault} when an option is not what its type says, or `failClosed` names no code
 * @see ASVS 16.2.1, 16.3.1, 16.4.2, 16.5.3
 */
export function audit(options: AuditOptions, parts: AuditParts): Audit {
  const limit = options.queueLimit ?? 10_000
  judge(options, limit)
  const { log, keys, clock, random } = parts
  const entry = entries(keys, clock, random, {
    address: options.address ?? 'plain',
    device: options.device ?? 'plain',
    node: options.node,
    own: options.own ?? {},
  })
  const listeners = new Set<() => void>()
  const waiting = queue(log, limit, {
    overflowed: (lost, since) =>
      entry({
        code: 'audit.overflowed',
        outcome: 'failure',
        detail: { lost, since: new Date(since).toISOString() },
      }),
    written: () => {
      for (const listener of listeners) listener()
    },
  })
  let open = true
  const take = (event: AuditEvent): AuditEntry => {
    if (!open) throw new ConfigFault('audit', 'is closed; record before close()')
    return entry(event)
  }
  const mustWait = (code: string): boolean =>
    options.failClosed?.some(one => (one.endsWith('.') ? code.startsWith(one) : code === one)) ===
    true

  return {
    entry,
    record: event => void waiting.push(take(event)),
    recordDurable: async event => waiting.pushDurable(take(event)),
    async recordByPolicy(event) {
      if (mustWait(event.code)) await waiting.pushDurable(take(event))
      else waiting.push(take(event))
    },
    async read(query) {
      await waiting.flush()
      return (await log.read(query)).map(recordOf)
    },
    async erase(accountId, by) {
      // The event stands before the deed: a crash between the two leaves a row that says more was
      // erased than was, and asking again mends it. The other way round would look like tampering.
      await waiting.pushDurable(
        take({ code: 'audit.erased', outcome: 'success', targetId: accountId, ...by }),
      )
      return log.erase(accountId)
    },
    onWritten(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    flush: () => waiting.flush(),
    async close() {
      open = false
      await waiting.flush()
    },
    health: () => ({ waiting: waiting.waiting, lost: waiting.lost }),
  }
}

function judge(options: AuditOptions, limit: number): void {
  for (const name of ['address', 'device'] as const) {
    const keeping = options[name]
    if (keeping !== undefined && !KEEPINGS.includes(keeping)) {
      throw new ConfigFault(`audit.${name}`, `write 'plain', 'hash' or 'none'`)
    }
  }
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new ConfigFault('audit.queueLimit', 'write a whole number of at least 1')
  }
  for (const code of options.failClosed ?? []) {
    if (!code.endsWith('.') && eventKind(code) === undefined) {
      throw new ConfigFault(
        'audit.failClosed',
        `knows no event ${JSON.stringify(code)}; write a code of the catalogue, or a word with a dot such as 'admin.'`,
      )
    }
  }
}
