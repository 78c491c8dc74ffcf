import { signal } from '@preact/signals'
import type { AuditEvent } from './api.ts'

export const line = signal<'connecting' | 'live' | 'offline'>('connecting')
/** The newest events that came by the stream, newest first. */
export const latest = signal<readonly AuditEvent[]>([])

/** Turns up by one whenever the line is back: what is shown may be old, and is read again. */
export const returned = signal(0)
/** When the line was lost, while it is. */
export const lostAt = signal<Date | undefined>(undefined)

const KEPT = 200
const AGAIN_MS = 10_000

const listeners = new Set<(events: readonly AuditEvent[]) => void>()

/** Calls `listener` with new events, oldest first; answers how to stop that. */
export function onEvents(listener: (events: readonly AuditEvent[]) => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

let source: EventSource | undefined
let waiting: ReturnType<typeof setTimeout> | undefined

function lose(): void {
  line.value = 'offline'
  lostAt.value ??= new Date()
}

/** Opens the stream, or opens it again. */
export function listen(): void {
  clearTimeout(waiting)
  source?.close()
  const opened = new EventSource('/admin/stream')
  source = opened
  source.addEventListener('ready', () => {
    line.value = 'live'
    if (lostAt.value !== undefined) returned.value++
    lostAt.value = undefined
  })
  source.addEventListener('audit', message => {
    const events = JSON.parse(message.data) as readonly AuditEvent[]
    latest.value = [...events.toReversed(), ...latest.value].slice(0, KEPT)
    for (const listener of listeners) listener(events)
  })
  source.addEventListener('over', () => location.assign('/console'))
  source.addEventListener('error', () => {
    if (opened !== source) return
    lose()
    // A refusal ends it for good; it is tried again by hand.
    if (opened.readyState === EventSource.CLOSED) waiting = setTimeout(listen, AGAIN_MS)
  })
}

addEventListener('offline', lose)
addEventListener('online', listen)
