import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { StoreFault } from '../../../kernel/fault.ts'
import type { StoredFile } from './storage.ts'

/** What the disk remembers of a file, as JSON. */
export interface DiskRecord {
  readonly version: 1
  /** The name of its bytes. */
  readonly key: string
  readonly file: StoredFile
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const KEY = /^[0-9a-f]{32}$/

export function isId(text: string): boolean {
  return ID.test(text)
}

/** The record at `path`, or `undefined` when there is none. */
export async function readRecord(path: string): Promise<DiskRecord | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new StoreFault('files.find', error)
  }
  const record = parseRecord(text)
  if (record === undefined) throw new StoreFault('files.find', new Error('a record that is none'))
  return record
}

/** As `readRecord`, for the sweep; a record cut short by a crash is none. */
export function readRecordNow(path: string): DiskRecord | undefined {
  try {
    return parseRecord(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function parseRecord(text: string): DiskRecord | undefined {
  try {
    const record: DiskRecord = JSON.parse(text)
    return record.version === 1 && KEY.test(record.key) && isId(record.file.id) ? record : undefined
  } catch {
    return undefined
  }
}
