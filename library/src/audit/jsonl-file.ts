import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { AuditRow } from '../store/port/audit-log.ts'
import { jsonLine } from './line.ts'
import type { AuditSink } from './sink.ts'

/** How the file is written. */
export interface JsonlFileOptions {
  /**
   * Also writes addresses, devices and the like. They cannot be erased from the file later, so they
   * are left out unless told.
   */
  readonly personal?: boolean
}

const NEWLINE = 0x0a
const BLOCK = 65_536

/** A row as one line of the file; `rowOfJsonl` reads it back. */
export function jsonlOf(row: AuditRow, personal: boolean): string {
  const beside = personal && row.personal !== undefined ? `,"personal":${row.personal}` : ''
  return `{"sequence":${row.sequence},"link":${jsonLine(row.link)},"event":${row.text}${beside}}\n`
}

/** Reads a line back into the row it was; `undefined` when it is none. */
export function rowOfJsonl(line: string): AuditRow | undefined {
  try {
    const { sequence, link, event, personal } = JSON.parse(line)
    if (!Number.isSafeInteger(sequence) || typeof link !== 'string') return undefined
    if (typeof event?.id !== 'string' || typeof event.code !== 'string') return undefined
    return {
      sequence,
      link,
      id: event.id,
      at: Date.parse(event.at),
      code: event.code,
      actorId: event.actor,
      targetId: event.target,
      text: jsonLine(event),
      personal: personal === undefined ? undefined : jsonLine(personal),
    }
  } catch {
    return undefined
  }
}

/**
 * A sink that appends to one file, a line a row, each group made safe by one fdatasync on the thread
 * pool. A line torn by a crash is cut off at start and written again. One process, one file.
 */
export function jsonlFile(path: string, options: JsonlFileOptions = {}): AuditSink {
  let handle: FileHandle | undefined
  let end = 0
  let sequence = 0

  async function ready(): Promise<FileHandle> {
    if (handle !== undefined) return handle
    const opened = await open(path, 'a+', 0o600)
    try {
      const tail = await lastWholeLine(opened)
      end = tail.end
      sequence = tail.sequence
      await opened.truncate(end)
      await syncFolder(dirname(path))
    } catch (error) {
      await opened.close()
      throw error
    }
    handle = opened
    return opened
  }

  async function release(): Promise<void> {
    const opened = handle
    handle = undefined
    await opened?.close()
  }

  return {
    name: `jsonl:${path}`,
    async position() {
      await ready()
      return sequence
    },
    async write(rows) {
      const file = await ready()
      const text = Buffer.from(rows.map(row => jsonlOf(row, options.personal === true)).join(''))
      try {
        await file.appendFile(text)
        await file.datasync()
      } catch (error) {
        await release() // half a group may be there: look again before the next
        throw error
      }
      end += text.length
      sequence = rows.at(-1)?.sequence ?? sequence
    },
    close: release,
  }
}

/** Where the last whole line ends and which row it is. */
async function lastWholeLine(file: FileHandle): Promise<{ end: number; sequence: number }> {
  const { size } = await file.stat()
  let tail = Buffer.alloc(0)
  for (let from = size; ; ) {
    const cut = tail.lastIndexOf(NEWLINE)
    const before = cut < 1 ? -1 : tail.lastIndexOf(NEWLINE, cut - 1)
    if (from === 0 || before >= 0) {
      if (cut < 0) return { end: 0, sequence: 0 }
      const row = rowOfJsonl(tail.subarray(before + 1, cut).toString('utf8'))
      if (row === undefined) throw new Error('the file ends in a line that is no audit row')
      return { end: from + cut + 1, sequence: row.sequence }
    }
    const start = Math.max(0, from - BLOCK)
    const block = Buffer.alloc(from - start)
    await file.read(block, 0, block.length, start)
    tail = Buffer.concat([block, tail])
    from = start
  }
}

/** A new file is safe only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
