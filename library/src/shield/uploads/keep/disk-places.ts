import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { DiskRecord } from './record.ts'
import type { StoredFile } from './storage.ts'

/**
 * Where everything stands below one folder:
 *
 *     files/ab/cd/<32 hex digits>      the bytes, under a name that nobody knows or chose
 *     files/ab/cd/<id>.json            the record: while it stands here, the file exists
 *     owners/<hash>/<id>.<bytes>       a claim on the owner's quota, and the way to his files
 *     quarantine/<process>/<id>.part   bytes on their way in
 *     quarantine/<process>/<id>.json   the record of a file that is being kept
 *     quarantine/<process>/<id>.gone   the record of a file that is being removed
 */
export class DiskPlaces {
  readonly root: string
  readonly files: string
  readonly owners: string
  readonly quarantine: string
  /** The quarantine of this process. */
  readonly own: string

  constructor(root: string, lodger: string) {
    this.root = root
    this.files = join(root, 'files')
    this.owners = join(root, 'owners')
    this.quarantine = join(root, 'quarantine')
    this.own = join(this.quarantine, lodger)
  }

  shard(id: string): string {
    return join(this.files, id.slice(0, 2), id.slice(2, 4))
  }

  record(id: string): string {
    return join(this.shard(id), `${id}.json`)
  }

  data(record: DiskRecord): string {
    return join(this.shard(record.file.id), record.key)
  }

  /** Owners may be called anything, so folders are called by a hash. */
  ownerFolder(owner: string): string {
    return join(this.owners, createHash('sha256').update(owner).digest('hex'))
  }

  claim(file: StoredFile): string {
    return join(this.ownerFolder(file.owner), `${file.id}.${file.bytes}`)
  }

  draft(id: string): string {
    return join(this.own, `${id}.part`)
  }

  journal(id: string): string {
    return join(this.own, `${id}.json`)
  }

  going(id: string): string {
    return join(this.own, `${id}.gone`)
  }
}
