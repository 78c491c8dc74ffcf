import { signal } from '@preact/signals'
import type { AuditEvent } from './api.ts'

export const line = signal<'connecting' | 'live' | 'offline'>('connecting')
/** The newest events that came by the stream, newest first. */
export const latest = signal<readonly AuditEvent[]>([])

const KEPT = 200

const listeners = new Set<(events: readonly AuditEvent[]) => void>()

/** Calls `listener` with new events, oldest first; answers how to stop that. */
export function onEvents(listener: (events: readonly AuditEvent[]) => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export function listen(): void {
  const source = new EventSource('/admin/stream')
  source.addEventListener('ready', () => {
    line.value = 'live'
  })
  source.addEventListener('audit', message => {
    const events = JSON.parse(message.data) as readonly AuditEvent[]
    latest.value = [...events.toReversed(), ...latest.value].slice(0, KEPT)
    for (const listener of listeners) listener(events)
  })
  source.addEventListener('over', () => location.assign('/console'))
  source.addEventListener('error', () => {
    line.value = 'offline'
    // A refusal ends it for good; it is tried again by hand.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 10_000)
  })
}
