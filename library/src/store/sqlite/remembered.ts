import type { SessionRecord, Sessions } from '../port/sessions.ts'
import type { Param } from '../sql/engine.ts'
import type { Connection } from './connection.ts'

/** Sessions remembered at most, some 500 bytes each; the longest known go first. */
const MOST = 10_000

/**
 * Sessions that were found are remembered until somebody writes: this process by whatever statement,
 * or another one, which SQLite tells by its data version.
 *
 * Decision: the version is read once in a turn of the event loop, and everything is forgotten when
 * it moved. A request is served in a turn that began after its bytes had come, so it sees what any
 * process had committed by then; nothing is believed for a time.
 * Cost: a file that several processes write is read anew after each of their commits; and of bytes
 * that arrive while their turn is being served, a commit of that very moment may be missed.
 */
export function remembered(sessions: Sessions, connection: Connection): Sessions {
  const known = new Map<string, SessionRecord>()
  let version = connection.dataVersion()
  let looked = false

  connection.onWrite('bulwark_sessions', (sql: string, params: readonly Param[]) => {
    if (!sql.includes('id_hash = ?')) {
      known.clear()
      return
    }
    for (const param of params) if (typeof param === 'string') known.delete(param)
  })

  const forgetWhatOthersWrote = (): void => {
    looked = true
    setImmediate(() => {
      looked = false
    })
    const now = connection.dataVersion()
    if (now === version) return
    version = now
    known.clear()
  }

  const keep = (idHash: string, record: SessionRecord): void => {
    known.set(idHash, Object.freeze(record))
    if (known.size <= MOST) return
    const [first] = known.keys()
    if (first !== undefined) known.delete(first)
  }

  return {
    ...sessions,
    find(idHash) {
      if (!looked) {
        try {
          forgetWhatOthersWrote()
        } catch {
          // The file is out of reach; the statement below says so in the store's own words.
          known.clear()
        }
      }
      const record = known.get(idHash)
      if (record !== undefined) return record
      const found = sessions.find(idHash)
      // What had to wait for a lock is old news by now.
      if (found !== undefined && !(found instanceof Promise)) keep(idHash, found)
      return found
    },
  }
}
