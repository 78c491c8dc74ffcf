import { execFile, spawn } from 'node:child_process'

const MAX_BYTES = 512 * 1024 * 1024

/** A repository may come from anybody: no program that its configuration names is started. */
const SAFELY = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'] as const

/** Runs git and answers its output; `undefined` when it fails or is not there. */
export function git(folder: string, ...args: string[]): Promise<string | undefined> {
  const options = { cwd: folder, maxBuffer: MAX_BYTES, encoding: 'utf8' } as const
  return new Promise(resolve => {
    execFile('git', [...SAFELY, ...args], options, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    )
  })
}

/** What belongs to a repository and can therefore be named in `git cat-file`. */
export interface Blob {
  readonly name: string
  readonly bytes: Buffer
}

/**
 * Reads many objects through one process. `names` are object ids, or `:path` for the index. What is
 * no file, or larger than `maxBytes`, is left out and counted by `onSkip`.
 */
export async function* blobs(
  folder: string,
  names: readonly string[],
  maxBytes: number,
  onSkip: (name: string) => void,
): AsyncGenerator<Blob> {
  const child = spawn('git', [...SAFELY, 'cat-file', '--batch'], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  // A broken pipe shows as an early end of the output, which is told below.
  child.stdin.on('error', () => undefined)
  child.stdin.end(names.map(name => `${name}\n`).join(''))
  const reader = chunked(child.stdout)
  for (const name of names) {
    const header = (await reader.line()).split(' ')
    if (header.at(-1) === 'missing' || header.length < 3) continue
    const size = Number(header[2])
    if (header[1] !== 'blob' || size > maxBytes) {
      if (header[1] === 'blob') onSkip(name)
      await reader.skip(size + 1)
      continue
    }
    const bytes = await reader.take(size)
    await reader.skip(1)
    yield { name, bytes }
  }
}

interface Reader {
  line(): Promise<string>
  take(length: number): Promise<Buffer>
  skip(length: number): Promise<void>
}

function chunked(stream: AsyncIterable<Buffer>): Reader {
  const chunks = stream[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  const more = async (): Promise<void> => {
    const next = await chunks.next()
    if (next.done === true) throw new Error('git ended before it had told everything')
    held = held.length === 0 ? next.value : Buffer.concat([held, next.value])
  }
  const take = async (length: number): Promise<Buffer> => {
    if (held.length < length) {
      const parts = [held]
      let have = held.length
      while (have < length) {
        const next = await chunks.next()
        if (next.done === true) throw new Error('git ended before it had told everything')
        parts.push(next.value)
        have += next.value.length
      }
      held = Buffer.concat(parts)
    }
    const taken = held.subarray(0, length)
    held = held.subarray(length)
    return taken
  }
  return {
    take,
    async line() {
      while (!held.includes(10)) await more()
      const end = held.indexOf(10)
      return (await take(end + 1)).toString('utf8', 0, end)
    },
    async skip(length) {
      for (let left = length; left > 0; ) {
        if (held.length === 0) await more()
        const step = Math.min(left, held.length)
        held = held.subarray(step)
        left -= step
      }
    },
  }
}
