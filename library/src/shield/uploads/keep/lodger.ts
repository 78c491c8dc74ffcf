import { readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'

/** A quarantine folder's name says whose it is: host, process, and when that process began. */
const NAME = /^([0-9A-Za-z.-]{1,64})~(\d{1,10})~(\d{1,20})~[0-9a-f]{16}$/
/** An upload that stands still is ended long before (see `idleSeconds`). */
const FOREIGN_IDLE_MS = 60 * 60 * 1000

/** The name of a folder for this process; `salt` is 16 hex digits. */
export function lodgerName(salt: string): string {
  return `${thisHost()}~${process.pid}~${beganAt(process.pid) ?? '0'}~${salt}`
}

/**
 * Whether the process that `name` belongs to is gone. Process numbers come again, above all in
 * containers, so the moment it began must be the same too. Of another host's processes only their
 * silence can be judged: an hour without a change to `path`.
 */
export function isAbandoned(name: string, path: string, now: number): boolean {
  const match = NAME.exec(name)
  if (!match) return false
  const [, host, pid, began] = match
  if (host !== thisHost()) return now - statSync(path).mtimeMs > FOREIGN_IDLE_MS
  if (!isAlive(Number(pid))) return true
  const since = beganAt(Number(pid))
  return since !== undefined && since !== began
}

function thisHost(): string {
  return (
    hostname()
      .replace(/[^0-9A-Za-z.-]/g, '-')
      .slice(0, 64) || 'host'
  )
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Clock ticks after boot when a process began (proc(5), field 22); `undefined` where there is no /proc. */
function beganAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
