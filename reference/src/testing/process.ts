import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './running.ts'

/** The service in a process of its own, as `npm start` runs it. */
export interface ServiceProcess {
  readonly child: ChildProcess
  readonly origin: string
  /** What it has printed so far. */
  printed(): string
}

/** Starts it on a free port and waits until it listens. */
export async function startedProcess(
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess> {
  const port = await freePort()
  const child = spawn(
    process.execPath,
    ['--conditions=bulwark:source', join(import.meta.dirname, '../main.ts')],
    {
      env: {
        ...process.env,
        NODE_ENV: '',
        PORT: String(port),
        BULWARK_DATA: folder,
        ...environment,
      },
      stdio: 'pipe',
    },
  )
  let printed = ''
  const ready = Promise.withResolvers<void>()
  child.stderr?.on('data', chunk => {
    printed += chunk
  })
  child.stdout?.on('data', chunk => {
    printed += chunk
    if (printed.includes('Data:')) ready.resolve()
  })
  child.once('exit', code => ready.reject(new Error(`it ended with ${code}: ${printed}`)))
  await ready.promise
  return { child, origin: `http://localhost:${port}`, printed: () => printed }
}

/** Why memory of another process cannot be read here, or false. */
export const noMemoryReading: string | false = existsSync('/proc/self/status')
  ? false
  : 'no /proc here to read the memory of another process from'

/** Resident bytes of a process: now, and the most it ever had. */
export function memoryOf({ child }: ServiceProcess): {
  readonly now: number
  readonly most: number
} {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1])
  return { now: kilobytes('VmRSS') * 1024, most: kilobytes('VmHWM') * 1024 }
}
