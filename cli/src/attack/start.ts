import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import type { StartConfig } from './config/config.ts'
import { prepare } from './wire/ask.ts'
import { exchange } from './wire/exchange.ts'
import type { Place } from './wire/place.ts'

export interface Started {
  /** Ends the process and everything that it started. */
  stop(): Promise<void>
}

/**
 * Starts the service as a child of its own and waits until it answers.
 *
 * @throws when it ends or does not answer in time; the message holds its last words
 */
export async function start(
  { command, wait = '/', withinSeconds = 60, env = {}, prepare: before, cleanUp }: StartConfig,
  place: Place,
  { cwd, signal }: { cwd: string; signal: AbortSignal },
): Promise<Started> {
  await before?.()
  const filled = Object.entries(env).map(([name, value]) => [
    name,
    value.replaceAll('{port}', String(place.port)),
  ])
  const child = spawn(command, {
    cwd,
    shell: true,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...Object.fromEntries(filled) },
  })
  let words = ''
  const hear = (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2000)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  let ended: string | undefined
  child.on('exit', (code, by) => {
    ended = `it ended with ${code ?? by}`
  })
  const until = performance.now() + withinSeconds * 1000
  const stop = async () => {
    await end(child)
    await cleanUp?.()
  }
  while (performance.now() < until && !signal.aborted) {
    if (ended !== undefined) {
      await stop()
      throw new Error(`${JSON.stringify(command)} did not start: ${ended}\n${words}`)
    }
    if (await answers(place, wait)) return { stop }
    await pause(200)
  }
  await stop()
  throw new Error(
    `${JSON.stringify(command)} does not answer at ${wait} after ${withinSeconds} s\n${words}`,
  )
}

/** Whether the service is up: it answers `path` with anything but a failure of its own. */
export async function answers(place: Place, path: string): Promise<boolean> {
  const sent = prepare({ path }, [
    ['Host', place.host],
    ['Connection', 'close'],
  ])
  const { status } = await exchange(place, sent, { withinMs: 2000, lane: undefined })
  return status > 0 && status < 500
}

const GRACE_MS = 5000

/** The shell, and whatever it started: they are one process group, and all of it must go. */
async function end(child: ChildProcess): Promise<void> {
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    if (!isAlive(child)) return
    signalAll(child, name)
    const until = performance.now() + GRACE_MS
    while (isAlive(child) && performance.now() < until) await pause(50)
  }
}

function signalAll(child: ChildProcess, name: NodeJS.Signals | 0): void {
  if (process.platform === 'win32' || child.pid === undefined) child.kill(name)
  else process.kill(-child.pid, name)
}

function isAlive(child: ChildProcess): boolean {
  try {
    signalAll(child, 0)
    return child.exitCode === null || process.platform !== 'win32'
  } catch {
    return false
  }
}
