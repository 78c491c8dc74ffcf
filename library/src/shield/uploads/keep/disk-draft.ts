import { constants } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { StoreFault } from '../../../kernel/fault.ts'
import type { Draft } from './storage.ts'

const { O_WRONLY, O_RDWR, O_CREAT, O_EXCL } = constants
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0
const FILE_MODE = 0o600

/** A draft in a quarantine folder of the local disk. */
export class DiskDraft implements Draft {
  readonly id: string
  readonly path: string
  /** The random name that the file will have when it is kept. */
  readonly key: string
  readonly isDoneWithPieces = true
  #handle: FileHandle | undefined

  constructor(id: string, key: string, path: string, handle: FileHandle) {
    this.id = id
    this.key = key
    this.path = path
    this.#handle = handle
  }

  static async begin(id: string, key: string, path: string): Promise<DiskDraft> {
    try {
      const handle = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE)
      return new DiskDraft(id, key, path, handle)
    } catch (error) {
      throw new StoreFault('files.begin', error)
    }
  }

  async write(pieces: readonly Buffer[]): Promise<void> {
    try {
      const handle = this.#opened()
      let wanted = 0
      for (const piece of pieces) wanted += piece.length
      const { bytesWritten } = await handle.writev(pieces as Buffer[])
      if (bytesWritten < wanted) await this.#rest(handle, pieces, bytesWritten)
    } catch (error) {
      throw new StoreFault('files.write', error)
    }
  }

  /** A disk that is nearly full writes a part, and fails on the next. */
  async #rest(handle: FileHandle, pieces: readonly Buffer[], written: number): Promise<void> {
    const rest = Buffer.concat(pieces).subarray(written)
    for (let at = 0; at < rest.length; ) {
      at += (await handle.write(rest, at)).bytesWritten
    }
  }

  async read(at: number, length: number): Promise<Buffer> {
    try {
      const bytes = Buffer.allocUnsafe(length)
      const { bytesRead } = await this.#opened().read(bytes, 0, length, at)
      return bytes.subarray(0, bytesRead)
    } catch (error) {
      throw new StoreFault('files.read', error)
    }
  }

  async seal(): Promise<void> {
    try {
      await this.#opened().sync()
    } catch (error) {
      throw new StoreFault('files.seal', error)
    }
  }

  /** Closes without deleting; the storage has linked the file elsewhere. */
  async release(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }

  async discard(): Promise<void> {
    await this.release()
    await unlink(this.path).catch(() => undefined)
  }

  #opened(): FileHandle {
    if (this.#handle === undefined) throw new Error('the draft is closed')
    return this.#handle
  }
}

/** Writes a small new file, durably. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const handle = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
