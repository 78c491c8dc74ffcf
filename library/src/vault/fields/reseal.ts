import type { Audit } from '../../audit/audit.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import type { Field } from './fields.ts'

/** A value as it stands in the database. */
export interface SealedValue {
  readonly rowId: string
  readonly sealed: string
}

/** A value sealed anew, and what it replaces. */
export interface Resealed {
  readonly rowId: string
  readonly before: string
  readonly sealed: string
  /** The index under today's key, for a column that has one. */
  readonly index: string
}

/** Where the values are; `sqlColumn` makes one from any SQL client. */
export interface SealedSource {
  /** How many values there are, for the progress. */
  count(): Promise<number>
  /** Values in order of the row's id, beyond `afterId`. */
  page(afterId: string | undefined, limit: number): Promise<readonly SealedValue[]>
  /**
   * Puts each in place if the row still holds `before`; answers how many it did. What somebody
   * changed meanwhile was sealed under today's key anyway.
   */
  replace(changes: readonly Resealed[]): Promise<number>
}

/** How far it has come. Plain data: keep it, and pass it as `from` to go on after a restart. */
export interface ResealProgress {
  readonly afterId: string | undefined
  readonly seen: number
  readonly total: number
  readonly resealed: number
  /** Values that do not open: changed, moved, or under a key that is not in the ring. Left alone. */
  readonly unopened: readonly { readonly rowId: string; readonly code: string }[]
}

export interface ResealOptions {
  /** Rows at a time; 500. */
  readonly batch?: number
  /** Share of the time it may work, so that the service stays quick; 0.5. */
  readonly share?: number
  /** Where an earlier run had come to. */
  readonly from?: ResealProgress
  /** After every batch; keep what it tells to be able to go on. */
  readonly onProgress?: (progress: ResealProgress) => void | Promise<void>
  readonly signal?: AbortSignal
  /** Hears when it begins and when every value was seen. */
  readonly audit?: Pick<Audit, 'record'>
  /** Waits between batches; a timer unless told. */
  readonly wait?: (milliseconds: number) => Promise<void>
}

/** A run that can be paused. */
export interface Resealing {
  /** Resolves when it is through, was aborted, or cannot go on. @throws what the source throws */
  readonly done: Promise<ResealProgress>
  pause(): void
  resume(): void
  progress(): ResealProgress
}

const MOST_TOLD = 1000

/**
 * Seals every value of a column anew under today's key, while the service goes on. A batch at a
 * time, each value only if it is still what was read, so that no change is lost; nothing is locked
 * between batches.
 *
 * @throws {ConfigFault} when batch or share are out of bounds
 */
export function reseal(field: Field, source: SealedSource, options: ResealOptions = {}): Resealing {
  const { batch = 500, share = 0.5, signal } = options
  if (!Number.isSafeInteger(batch) || batch < 1 || batch > 10_000) {
    throw new ConfigFault('reseal.batch', 'write a whole number from 1 to 10,000')
  }
  if (!(share > 0 && share <= 1)) throw new ConfigFault('reseal.share', 'above 0, at most 1')
  const wait = options.wait ?? (ms => new Promise(resolve => void setTimeout(resolve, ms)))
  let progress: ResealProgress = options.from ?? {
    afterId: undefined,
    seen: 0,
    total: 0,
    resealed: 0,
    unopened: [],
  }
  let paused: { readonly until: Promise<void>; readonly resume: () => void } | undefined

  async function one(): Promise<boolean> {
    const values = await source.page(progress.afterId, batch)
    const last = values.at(-1)
    if (last === undefined) return false
    const changes: Resealed[] = []
    const unopened = [...progress.unopened]
    for (const { rowId, sealed } of values) {
      if (field.isCurrent(sealed)) continue
      const opened = field.open(rowId, sealed)
      if (!opened.ok) {
        if (unopened.length < MOST_TOLD) unopened.push({ rowId, code: opened.refusal.code })
        continue
      }
      const text = opened.value
      const fresh = { sealed: field.seal(rowId, text), index: field.index(text) }
      changes.push({ rowId, before: sealed, ...fresh })
    }
    const replaced = changes.length === 0 ? 0 : await source.replace(changes)
    progress = {
      afterId: last.rowId,
      seen: progress.seen + values.length,
      total: progress.total,
      resealed: progress.resealed + replaced,
      unopened,
    }
    return true
  }

  function tell(code: 'fields.reseal_started' | 'fields.reseal_finished'): void {
    const { table, column } = field
    const { seen, resealed, unopened } = progress
    const counts = { seen, resealed, unopened: unopened.length }
    const outcome = unopened.length === 0 ? 'success' : 'failure'
    options.audit?.record({ code, outcome, detail: { table, column, ...counts } })
  }

  async function run(): Promise<ResealProgress> {
    progress = { ...progress, total: await source.count() }
    tell('fields.reseal_started')
    while (signal?.aborted !== true) {
      await paused?.until
      const start = performance.now()
      if (!(await one())) {
        tell('fields.reseal_finished')
        break
      }
      await options.onProgress?.(progress)
      const worked = performance.now() - start
      await wait((worked * (1 - share)) / share)
    }
    return progress
  }

  return {
    done: run(),
    progress: () => progress,
    pause() {
      if (paused !== undefined) return
      let resume = (): void => {}
      const until = new Promise<void>(resolve => {
        resume = resolve
      })
      paused = { until, resume }
    },
    resume() {
      paused?.resume()
      paused = undefined
    },
  }
}

/** `[##########··········]  50 %  500,000 of 1,000,000` */
export function progressBar({ seen, total }: ResealProgress, width = 20): string {
  const part = total === 0 ? 1 : Math.min(1, seen / total)
  const full = Math.round(part * width)
  const percent = String(Math.floor(part * 100)).padStart(3)
  const counts = `${seen.toLocaleString('en')} of ${total.toLocaleString('en')}`
  return `[${'#'.repeat(full)}${'·'.repeat(width - full)}] ${percent} %  ${counts}`
}
