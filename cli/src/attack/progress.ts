import type { Terminal } from '../command.ts'

export interface Progress {
  show(done: number, total: number, what: string): void
  clear(): void
}

/** One line that a person can watch; nothing at all where nobody looks. */
export function progressLine(terminal: Terminal): Progress {
  if (!terminal.interactive) return { show: () => {}, clear: () => {} }
  return {
    show(done, total, what) {
      const width = 24
      const full = Math.round((done / Math.max(1, total)) * width)
      const bar = `${'█'.repeat(full)}${'░'.repeat(width - full)}`
      terminal.err(`\r\x1b[K${bar} ${done}/${total} ${what}`)
    },
    clear: () => terminal.err('\r\x1b[K'),
  }
}
