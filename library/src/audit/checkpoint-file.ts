import { appendFile, open, readFile } from 'node:fs/promises'
import { type Checkpoint, type CheckpointShelf, parseCheckpoint } from './checkpoints.ts'

/** Keeps checkpoints as lines of a file that only grows; put it where the database is not. */
export function checkpointFile(path: string): CheckpointShelf {
  return {
    async keep(checkpoint) {
      const file = await open(path, 'a', 0o600)
      try {
        await appendFile(file, `${JSON.stringify(checkpoint)}\n`)
        await file.datasync()
      } finally {
        await file.close()
      }
    },
  }
}

/**
 * Reads such a file; empty when there is none. A torn last line is passed over, and so is nothing
 * else: a line that is no checkpoint is an error, since somebody wrote it.
 */
export async function readCheckpoints(path: string): Promise<readonly Checkpoint[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const lines = text.split('\n')
  lines.pop() // what follows the last line break is torn or empty
  return lines.map((line, index) => {
    const checkpoint = parseCheckpoint(line)
    if (checkpoint === undefined) throw new Error(`${path}:${index + 1} is no checkpoint`)
    return checkpoint
  })
}
