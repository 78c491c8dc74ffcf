import type { Credential, Credentials } from '../port/credentials.ts'
import { join, leave, membersOf, type Room, writeAlong } from './room.ts'

export function memoryCredentials(room: Room): Credentials {
  const { credentials, credentialIdByHandle } = room
  return {
    async add(added, how, along) {
      const leaving = new Set(added.flatMap(one => idsOf(room, one.accountId, how?.replaceKind)))
      const handles = added.map(handleKey)
      const foreign = handles.some(key => {
        const id = credentialIdByHandle.get(key)
        return id !== undefined && !leaving.has(id)
      })
      const known = added.some(one => credentials.has(one.id) && !leaving.has(one.id))
      if (foreign || known || new Set(handles).size < handles.length) return 'taken'
      const most = how?.most ?? Number.POSITIVE_INFINITY
      const isFull = added.some(({ accountId, kind }) => {
        const staying = kind === how?.replaceKind ? 0 : idsOf(room, accountId, kind).length
        const more = added.filter(one => one.accountId === accountId && one.kind === kind)
        return staying + more.length > most
      })
      if (isFull) return 'full'
      writeAlong(room, along)
      for (const id of leaving) dropCredential(room, id)
      for (const credential of added) keep(room, credential)
      return 'done'
    },
    async ofAccount(accountId, kind) {
      return membersOf(room.credentialIdsOf, accountId)
        .flatMap(id => credentials.get(id) ?? [])
        .filter(credential => kind === undefined || credential.kind === kind)
        .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
    },
    async byHandle(kind, handle) {
      const id = credentialIdByHandle.get(handleKey({ kind, handle }))
      return id === undefined ? undefined : credentials.get(id)
    },
    async advance(id, mark, usedAt, change, along) {
      const credential = credentials.get(id)
      if (credential === undefined || credential.mark >= mark) return false
      writeAlong(room, along)
      keep(room, { ...credential, ...change, mark, lastUsedAt: usedAt })
      return true
    },
    async update(id, change, along) {
      const credential = credentials.get(id)
      if (credential === undefined) return false
      writeAlong(room, along)
      const { usedAt = credential.lastUsedAt, data = credential.data } = change
      keep(room, { ...credential, data, lastUsedAt: usedAt })
      return true
    },
    async spend(accountId, kind, handle, along) {
      const id = credentialIdByHandle.get(handleKey({ kind, handle }))
      if (id === undefined || credentials.get(id)?.accountId !== accountId) return undefined
      writeAlong(room, along)
      dropCredential(room, id)
      return { remaining: idsOf(room, accountId, kind).length }
    },
    async remove(accountId, id, along) {
      if (credentials.get(id)?.accountId !== accountId) return false
      writeAlong(room, along)
      dropCredential(room, id)
      return true
    },
    async removeKind(accountId, kind, along) {
      const leaving = idsOf(room, accountId, kind)
      if (leaving.length === 0) return 0
      writeAlong(room, along)
      for (const id of leaving) dropCredential(room, id)
      return leaving.length
    },
  }
}

/** Removes the account's credentials of these kinds, or all of them. */
export function dropCredentialsOf(room: Room, accountId: string, kinds?: readonly string[]): void {
  for (const id of membersOf(room.credentialIdsOf, accountId)) {
    const credential = room.credentials.get(id)
    if (credential === undefined) continue
    if (kinds === undefined || kinds.includes(credential.kind)) dropCredential(room, id)
  }
}

/** Drops one, if it is the account's. */
export function dropOwnCredential(room: Room, accountId: string, id: string): void {
  if (room.credentials.get(id)?.accountId === accountId) dropCredential(room, id)
}

function keep(room: Room, given: Credential): void {
  const credential = Object.freeze({ ...given })
  room.credentials.set(credential.id, credential)
  room.credentialIdByHandle.set(handleKey(credential), credential.id)
  join(room.credentialIdsOf, credential.accountId, credential.id)
}

function dropCredential(room: Room, id: string): void {
  const credential = room.credentials.get(id)
  if (credential === undefined) return
  room.credentials.delete(id)
  room.credentialIdByHandle.delete(handleKey(credential))
  leave(room.credentialIdsOf, credential.accountId, id)
}

function idsOf(room: Room, accountId: string, kind: string | undefined): readonly string[] {
  if (kind === undefined) return []
  const isOfKind = (id: string): boolean => room.credentials.get(id)?.kind === kind
  return membersOf(room.credentialIdsOf, accountId).filter(isOfKind)
}

/** Kinds are words without a line break, so the two parts cannot be read another way. */
function handleKey(one: { readonly kind: string; readonly handle: string }): string {
  return `${one.kind}\n${one.handle}`
}
