import type { FileStorage, Quota } from '../keep/storage.ts'

/** One owner's place while something of his is on its way in. */
interface Page {
  bytes: number
  files: number
  uploads: number
}

/** A running upload's part of its owner's quota. */
export interface Account {
  /** Takes places before they are filled; `false` when they are not there. */
  reserve(bytes: number, files: number): boolean
  /** Everything reserved and not kept is free again. */
  close(): void
  /** So much of what was reserved has become a file. */
  kept(bytes: number): void
}

/**
 * Counts what owners have and what is on its way, so that uploads at the same time cannot together
 * exceed what each alone may. Other processes are counted when a file is kept.
 *
 * @see ASVS 5.2.4
 */
export class Ledger {
  readonly #storage: FileStorage
  readonly #quota: Quota
  readonly #pages = new Map<string, Page>()

  constructor(storage: FileStorage, quota: Quota) {
    this.#storage = storage
    this.#quota = quota
  }

  async open(owner: string): Promise<Account> {
    let page = this.#pages.get(owner)
    if (page === undefined) {
      const usage = await this.#storage.usage(owner)
      page = this.#pages.get(owner) ?? { ...usage, uploads: 0 }
      this.#pages.set(owner, page)
    }
    page.uploads += 1
    return this.#account(owner, page)
  }

  /** A file of the owner is gone. */
  freed(owner: string, bytes: number): void {
    const page = this.#pages.get(owner)
    if (page === undefined) return
    page.bytes -= bytes
    page.files -= 1
  }

  #account(owner: string, page: Page): Account {
    let reserved = { bytes: 0, files: 0 }
    return {
      reserve: (bytes, files) => {
        const fits =
          page.bytes + bytes <= this.#quota.maxBytes && page.files + files <= this.#quota.maxFiles
        if (!fits) return false
        page.bytes += bytes
        page.files += files
        reserved = { bytes: reserved.bytes + bytes, files: reserved.files + files }
        return true
      },
      kept: bytes => {
        reserved = { bytes: reserved.bytes - bytes, files: reserved.files - 1 }
      },
      close: () => {
        page.bytes -= reserved.bytes
        page.files -= reserved.files
        reserved = { bytes: 0, files: 0 }
        page.uploads -= 1
        if (page.uploads === 0) this.#pages.delete(owner)
      },
    }
  }
}
