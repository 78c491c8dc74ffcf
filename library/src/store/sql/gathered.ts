import type { AuditEntry, AuditLog } from '../port/audit-log.ts'

interface Waiting {
  readonly entries: readonly AuditEntry[]
  readonly how: 'durable' | 'quick'
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Appends in groups: while one transaction holds the head of the log, what arrives gathers and goes
 * together in the next. When a group fails, each call is tried on its own and learns its own fate.
 */
export function gatherAppends(append: AuditLog['append']): AuditLog['append'] {
  let waiting: Waiting[] = []
  let busy = false

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      const how = group.some(one => one.how === 'durable') ? 'durable' : 'quick'
      const done = await append(
        group.flatMap(one => one.entries),
        how,
      ).then(
        () => true,
        (error: unknown) => {
          if (group.length === 1) group[0]?.reject(error)
          return false
        },
      )
      if (done) for (const one of group) one.resolve()
      else if (group.length > 1) {
        await Promise.all(
          group.map(one => append(one.entries, one.how).then(one.resolve, one.reject)),
        )
      }
    }
    busy = false
  }

  return (entries, how = 'quick') =>
    new Promise((resolve, reject) => {
      waiting.push({ entries, how, resolve, reject })
      if (busy) return
      busy = true
      void flush()
    })
}
