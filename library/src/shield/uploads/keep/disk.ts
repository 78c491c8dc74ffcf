import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { link, mkdir, open, readdir, rename, rmdir, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { ConfigFault, StoreFault } from '../../../kernel/fault.ts'
import { type Random, systemRandom } from '../../../kernel/random.ts'
import { DiskDraft, writeWhole } from './disk-draft.ts'
import { DiskPlaces } from './disk-places.ts'
import { sweep } from './disk-sweep.ts'
import { lodgerName } from './lodger.ts'
import { type DiskRecord, isId, readRecord } from './record.ts'
import type { Draft, FileStorage, Quota, StoredFile, Usage } from './storage.ts'

export interface DiskOptions {
  /** A folder of our own, outside everything that a web server serves. Made when absent. */
  readonly folder: string
  readonly random?: Random
}

const FOLDER_MODE = 0o700

/**
 * Keeps files on the local disk, and clears away what uploads of dead processes left there.
 *
 * Every change is one link or rename of a record. What stands in quarantine is the journal: after a
 * crash it says what was begun, and the sweep at the next start undoes it or brings it to its end.
 *
 * @throws {ConfigFault} when the folder cannot be made, or others may write in it
 * @see ASVS 5.3.1, 5.3.2
 */
export function diskStorage(options: DiskOptions): FileStorage {
  const random = options.random ?? systemRandom()
  const places = new DiskPlaces(options.folder, lodgerName(random.bytes(8).toString('hex')))
  prepare(places)
  return new DiskStorage(places, random)
}

function prepare(places: DiskPlaces): void {
  try {
    for (const folder of [places.files, places.owners, places.quarantine, places.own]) {
      mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
    }
  } catch (error) {
    throw new ConfigFault('uploads.storage.folder', `cannot be made: ${String(error)}`)
  }
  const { mode } = statSync(places.root)
  if (process.platform !== 'win32' && (mode & 0o022) !== 0) {
    throw new ConfigFault(
      'uploads.storage.folder',
      `others may write in ${places.root}; write \`chmod 700\`, or name a folder of our own`,
    )
  }
  sweep(places, Date.now())
}

class DiskStorage implements FileStorage {
  readonly kind = 'disk'
  readonly #places: DiskPlaces
  readonly #random: Random

  constructor(places: DiskPlaces, random: Random) {
    this.#places = places
    this.#random = random
  }

  begin(): Promise<Draft> {
    const id = this.#random.uuid()
    const key = this.#random.bytes(16).toString('hex')
    return DiskDraft.begin(id, key, this.#places.draft(id))
  }

  async keep(draft: Draft, file: StoredFile, quota?: Quota): Promise<boolean> {
    if (!(draft instanceof DiskDraft)) throw new TypeError('a draft of another storage')
    const places = this.#places
    const record: DiskRecord = { version: 1, key: draft.key, file }
    const journal = places.journal(draft.id)
    const claim = places.claim(file)
    try {
      await writeWhole(journal, JSON.stringify(record))
      await linked(draft.path, places.data(record))
      await linked(journal, claim)
      if (quota !== undefined && !(await this.#fits(file.owner, quota))) {
        await this.#undo(record, journal)
        return false
      }
      await linked(journal, places.record(file.id)) // from here on it is kept
      await synced(places.shard(file.id))
      await draft.release()
      await unlink(draft.path)
      await unlink(journal)
      return true
    } catch (error) {
      await this.#undo(record, journal)
      throw new StoreFault('files.keep', error)
    }
  }

  async #undo(record: DiskRecord, journal: string): Promise<void> {
    const places = this.#places
    const { file } = record
    for (const path of [places.record(file.id), places.claim(file), places.data(record), journal]) {
      await unlink(path).catch(() => undefined)
    }
  }

  /**
   * Counts everybody's claims, one's own included. Decision: two processes that claim the last place
   * at once may both see too many and both give way. Cost: one of them could have stayed.
   */
  async #fits(owner: string, quota: Quota): Promise<boolean> {
    const { bytes, files } = await this.usage(owner)
    return bytes <= quota.maxBytes && files <= quota.maxFiles
  }

  async find(id: string): Promise<StoredFile | undefined> {
    if (!isId(id)) return undefined
    return (await readRecord(this.#places.record(id)))?.file
  }

  async open(file: StoredFile, start: number, end: number): Promise<Readable> {
    const record = await readRecord(this.#places.record(file.id))
    if (record === undefined) throw new StoreFault('files.open', new Error('the file is gone'))
    try {
      const handle = await open(this.#places.data(record))
      const { size } = await handle.stat()
      if (size !== file.bytes) {
        await handle.close()
        throw new Error(`${size} bytes where ${file.bytes} were kept`)
      }
      if (end > start) return handle.createReadStream({ start, end: end - 1 })
      await handle.close()
      return Readable.from([])
    } catch (error) {
      throw new StoreFault('files.open', error)
    }
  }

  async list(owner: string): Promise<readonly StoredFile[]> {
    const files: StoredFile[] = []
    for (const { id } of await this.#claims(owner)) {
      const record = await readRecord(this.#places.record(id))
      if (record?.file.owner === owner) files.push(record.file)
    }
    return files.toSorted((a, b) => b.storedAt - a.storedAt)
  }

  async usage(owner: string): Promise<Usage> {
    const claims = await this.#claims(owner)
    return { files: claims.length, bytes: claims.reduce((sum, claim) => sum + claim.bytes, 0) }
  }

  async #claims(
    owner: string,
  ): Promise<readonly { readonly id: string; readonly bytes: number }[]> {
    const names = await readdir(this.#places.ownerFolder(owner)).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return []
      throw new StoreFault('files.usage', error)
    })
    return names.map(name => {
      const [id = '', bytes = '0'] = name.split('.')
      return { id, bytes: Number(bytes) }
    })
  }

  async remove(file: StoredFile): Promise<boolean> {
    const places = this.#places
    const record = await readRecord(places.record(file.id))
    if (record === undefined) return false
    const going = places.going(file.id)
    try {
      await rename(places.record(file.id), going) // from here on it is gone
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false
      throw new StoreFault('files.remove', error)
    }
    for (const path of [places.claim(record.file), places.data(record), going]) {
      await unlink(path).catch(() => undefined)
    }
    return true
  }

  async close(): Promise<void> {
    for (const name of readdirSync(this.#places.own)) {
      await unlink(join(this.#places.own, name)).catch(() => undefined)
    }
    await rmdir(this.#places.own)
  }
}

/** Hard-links without overwriting, making the folder when it is not there yet. */
async function linked(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    const folder = dirname(to)
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
    for (const above of [dirname(folder), dirname(dirname(folder))]) await synced(above)
    await link(from, to)
  }
}

/** Makes new names in a folder outlive a loss of power. */
async function synced(folder: string): Promise<void> {
  if (process.platform === 'win32') return // folders cannot be opened there
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
