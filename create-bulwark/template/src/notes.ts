import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Bulwark } from 'bulwark'
import { type Principal, refusals } from 'bulwark/access'
import { owned, ownedBy, type Rows } from 'bulwark/owned'
import { refuse } from 'bulwark/refuse'

export interface Note {
  readonly id: string
  readonly account_id: string
  readonly text: string
}

/** `notesOf(principal)` reaches the notes of that person and no others. */
export type NotesOf = (principal: Principal | undefined) => Rows<Note, 'owned'>

export function openNotes(at: Bulwark, db: DatabaseSync): NotesOf {
  db.exec(
    'create table if not exists notes (id text primary key, account_id text not null, text text not null)',
  )
  const notes = owned<Note>(
    { table: 'notes', columns: ['id', 'account_id', 'text'], rule: ownedBy('account_id') },
    {
      dialect: 'sqlite',
      run: async (text, values) => db.prepare(text).all(...(values as SQLInputValue[])),
      audit: { record: event => at.audit?.record(event) },
    },
  )
  return principal => notes.of(principal ?? refuse(refusals.notSignedIn))
}
