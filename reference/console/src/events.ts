import { type AuditEvent, read } from './api.ts'

export type Filter = Readonly<
  Record<'code' | 'actor' | 'target' | 'since' | 'until' | 'contains', string>
>

export const EMPTY: Filter = { code: '', actor: '', target: '', since: '', until: '', contains: '' }

export function isEmpty(filter: Filter): boolean {
  return Object.values(filter).every(value => value === '')
}

/** Events by their place in a list, newest first, fetched a page at a time as they are needed. */
export interface EventPages {
  /** As many as are known of; grows while a filtered list is read on. */
  readonly total: number
  /** Whether there may be more than that. */
  readonly more: boolean
  at(index: number): AuditEvent | undefined
  /** Fetches what is missing between two places; answers whether anything came. */
  need(from: number, to: number): Promise<boolean>
}

const PAGE = 200

/** Without a filter places and sequence numbers go in step, so that any place can be jumped to. */
function wholeLog(head: number): EventPages {
  const known = new Map<number, AuditEvent>()
  const asked = new Set<number>()
  return {
    total: head,
    more: false,
    at: index => known.get(head - index),
    async need(from, to) {
      const pages = []
      for (let page = Math.floor(from / PAGE); page * PAGE < Math.min(to, head); page++) {
        if (asked.has(page)) continue
        asked.add(page)
        pages.push(page)
      }
      await Promise.all(
        pages.map(async page => {
          try {
            const before = String(head - page * PAGE + 1)
            const query = { limit: String(PAGE), before }
            for (const event of await read<AuditEvent[]>('/admin/audit', query)) {
              known.set(event.sequence, event)
            }
          } catch (error) {
            asked.delete(page)
            throw error
          }
        }),
      )
      return pages.length > 0
    },
  }
}

/** With a filter only reading on tells how long the list is. */
function narrowedLog(filter: Filter): EventPages {
  const known: AuditEvent[] = []
  let over = false
  let reading = false
  const pages = {
    total: 0,
    more: false,
    at: (index: number) => known[index],
    async need(_from: number, to: number) {
      if (over || reading || to < known.length) return false
      reading = true
      try {
        const last = known.at(-1)
        const page = await read<AuditEvent[]>('/admin/audit', {
          ...filter,
          limit: String(PAGE),
          before: last === undefined ? '' : String(last.sequence),
        })
        known.push(...page)
        over = page.length < PAGE
        pages.more = !over
        pages.total = known.length
        return true
      } finally {
        reading = false
      }
    },
  }
  return pages
}

export async function openEvents(filter: Filter): Promise<EventPages> {
  if (isEmpty(filter)) {
    const { sequence } = await read<{ sequence: number }>('/admin/audit/head')
    return wholeLog(sequence)
  }
  const pages = narrowedLog(filter)
  await pages.need(0, 1)
  return pages
}
