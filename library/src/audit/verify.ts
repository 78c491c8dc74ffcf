import { sha256 } from '../kernel/bytes.ts'
import type { Keys } from '../kernel/keys.ts'
import type { AuditLog, AuditRow } from '../store/port/audit-log.ts'
import { chainLink } from './chain.ts'
import { type Checkpoint, signer } from './checkpoints.ts'
import { erasureBook } from './erasure-book.ts'
import { lineOf } from './record.ts'

/**
 * - `removed`: rows are gone, and no retention accounts for them.
 * - `changed`: a row is not as it was written, or not where.
 * - `truncated`: the log ends before a checkpoint says it did.
 * - `rewritten`: the chain fits, but not the checkpoint: who wrote it had the key.
 * - `unknown_key`: a row or a checkpoint names a key that was not given.
 * - `personal_changed`: the personal data beside a row is not what was written.
 * - `personal_removed`: it is gone, and no erasure accounts for it.
 * - `forged_checkpoint`: the signature of a checkpoint is wrong.
 */
export type FindingKind =
  | 'removed'
  | 'changed'
  | 'truncated'
  | 'rewritten'
  | 'unknown_key'
  | 'personal_changed'
  | 'personal_removed'
  | 'forged_checkpoint'

/** One thing that is wrong with the log. */
export interface Finding {
  readonly kind: FindingKind
  /** The row, or the first of those missing. */
  readonly sequence: number
  /** One sentence. */
  readonly what: string
}

/** What checking found. */
export interface Verdict {
  readonly rows: number
  readonly firstSequence: number | undefined
  readonly lastSequence: number | undefined
  /** Checkpoints whose signature is good. */
  readonly checkpoints: number
  /** The newest of them: rows after it could have been cut off unseen. */
  readonly lastCheckpoint: number | undefined
  /** Rows whose personal data was erased and accounted for. */
  readonly erased: number
  readonly findings: readonly Finding[]
}

/** With what to check. */
export interface VerifyParts {
  /** Today's keys and those before. */
  readonly keys: readonly Keys[]
  readonly checkpoints?: readonly Checkpoint[]
  /** What the log itself says its end is, asked before the rows: it knows, whatever rows are gone. */
  readonly head?: { readonly sequence: number; readonly link: string } | undefined
  /** True for a copy that was made without personal data, such as a JSONL file. */
  readonly withoutPersonal?: boolean
  /** Called now and then with the sequence reached. */
  readonly progress?: (sequence: number) => void
}

type Line = ReturnType<typeof lineOf>

const PAGE = 1000

/** All rows of a log, oldest first, a page at a time. @throws {StoreFault} */
export async function* rowsOf(log: AuditLog, after = 0): AsyncGenerator<AuditRow> {
  for (let beyond = after; ; ) {
    const page = await log.read({ oldestFirst: true, beyond, limit: PAGE })
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    beyond = last.sequence
  }
}

/**
 * Follows the chain from the first row to the last and compares it with the checkpoints. Any row
 * that was removed, changed or moved is found; rows cut off at the end are found if a checkpoint
 * was made after them.
 *
 * @throws {StoreFault} when the log cannot be read
 * @see ASVS 16.4.2
 */
export async function verifyLog(
  rows: AsyncIterable<AuditRow> | Iterable<AuditRow>,
  parts: VerifyParts,
): Promise<Verdict> {
  const findings: Finding[] = []
  const told = new Set<string>()
  const find = (kind: FindingKind, sequence: number, what: string): void => {
    if (told.has(`${kind}${sequence}`)) return
    told.add(`${kind}${sequence}`)
    findings.push({ kind, sequence, what })
  }
  const chainKeys = new Map(parts.keys.map(keys => [keys.id, keys.for('audit-chain')]))
  const marks = goodCheckpoints(parts, find)
  const erasures = erasureBook()
  const prunes = new Map<number, string>()
  let first: AuditRow | undefined
  let last: { sequence: number; link: string } | undefined
  let count = 0

  const linkFits = (row: AuditRow, line: Line, previous: string): boolean => {
    const key = chainKeys.get(line?.key ?? '')
    if (key === undefined) {
      find(
        'unknown_key',
        row.sequence,
        `Row ${row.sequence} is linked by key ${line?.key}, which was not given.`,
      )
      return true
    }
    return chainLink(key, row.sequence, previous, row.text) === row.link
  }

  for await (const row of rows) {
    count++
    if (count % PAGE === 0) parts.progress?.(row.sequence)
    const { sequence } = row
    const line = lineOf(row.text)
    if (last === undefined) {
      first = row
      if (sequence === 1 && !linkFits(row, line, '')) changed(row)
    } else if (sequence <= last.sequence) {
      find('changed', sequence, `Row ${sequence} comes again after row ${last.sequence}.`)
      continue
    } else if (sequence > last.sequence + 1) {
      const from = last.sequence + 1
      find('removed', from, `${rowsText(from, sequence - 1)} removed.`)
      const before = marks.get(sequence - 1)
      if (before !== undefined && !linkFits(row, line, before)) changed(row)
    } else if (!linkFits(row, line, last.link)) {
      changed(row)
    }
    const mark = marks.get(sequence)
    if (mark !== undefined && mark !== row.link) {
      find('rewritten', sequence, `Row ${sequence} is not the one that a checkpoint signed.`)
    }
    if (sequence === parts.head?.sequence && row.link !== parts.head.link) {
      find('changed', sequence, `Row ${sequence} is not the end that the log had noted.`)
    }
    look(row, line)
    last = row
  }

  /** What a row says besides its link. */
  function look(row: AuditRow, line: Line): void {
    if (
      line === undefined ||
      line.id !== row.id ||
      line.code !== row.code ||
      Date.parse(line.at ?? '') !== row.at ||
      line.actor !== row.actorId ||
      line.target !== row.targetId
    ) {
      find('changed', row.sequence, `Row ${row.sequence} has columns that differ from its line.`)
    }
    if (row.personal !== undefined && line?.personal !== sha256(row.personal)) {
      find(
        'personal_changed',
        row.sequence,
        `The personal data of row ${row.sequence} was changed.`,
      )
    }
    if (row.personal === undefined && line?.personal !== undefined) {
      if (parts.withoutPersonal !== true) erasures.erased(row)
    }
    if (row.code === 'audit.erased' && row.targetId !== undefined)
      erasures.event(row.targetId, row.at)
    if (row.code === 'audit.pruned') {
      const { through, link } = line?.detail ?? {}
      if (typeof through === 'number' && typeof link === 'string') prunes.set(through, link)
    }
  }

  function changed(row: AuditRow): void {
    find('changed', row.sequence, `Row ${row.sequence} is not what was written, or not where.`)
  }

  if (first !== undefined && first.sequence > 1) {
    const before = first.sequence - 1
    const anchor = prunes.get(before) ?? marks.get(before)
    if (!prunes.has(before))
      find('removed', 1, `${rowsText(1, before)} removed without a record of retention.`)
    if (anchor !== undefined && !linkFits(first, lineOf(first.text), anchor)) changed(first)
  }
  const end = last?.sequence ?? 0
  const { head } = parts
  if (head !== undefined && head.sequence > end) {
    find(
      'truncated',
      end + 1,
      `${rowsText(end + 1, head.sequence)} cut off: the log counts ${head.sequence}.`,
    )
  }
  const lastMark = Math.max(0, ...marks.keys())
  if (lastMark > end) {
    find(
      'truncated',
      end + 1,
      `${rowsText(end + 1, lastMark)} cut off: a checkpoint signed row ${lastMark}.`,
    )
  }
  for (const sequence of erasures.unexplained()) {
    find(
      'personal_removed',
      sequence,
      `The personal data of row ${sequence} is gone without an erasure.`,
    )
  }
  return {
    rows: count,
    firstSequence: first?.sequence,
    lastSequence: last?.sequence,
    checkpoints: marks.size,
    lastCheckpoint: marks.size === 0 ? undefined : lastMark,
    erased: erasures.explained(),
    findings: findings.sort((a, b) => a.sequence - b.sequence),
  }
}

function rowsText(from: number, to: number): string {
  return from === to ? `Row ${from} was` : `Rows ${from} to ${to} were`
}

/** Links by sequence of those checkpoints that somebody with a known key signed. */
function goodCheckpoints(
  parts: VerifyParts,
  find: (kind: FindingKind, sequence: number, what: string) => void,
): Map<number, string> {
  const signers = new Map(parts.keys.map(keys => [keys.id, signer(keys)]))
  const good = new Map<number, string>()
  for (const checkpoint of parts.checkpoints ?? []) {
    const { sequence, link, key } = checkpoint
    const known = signers.get(key)
    if (known === undefined) {
      find(
        'unknown_key',
        sequence,
        `The checkpoint of row ${sequence} names key ${key}, which was not given.`,
      )
    } else if (!known.isMine(checkpoint)) {
      find(
        'forged_checkpoint',
        sequence,
        `The checkpoint of row ${sequence} has a wrong signature.`,
      )
    } else if (good.has(sequence) && good.get(sequence) !== link) {
      find('rewritten', sequence, `Two checkpoints of row ${sequence} disagree.`)
    } else {
      good.set(sequence, link)
    }
  }
  return good
}
