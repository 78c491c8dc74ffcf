import type { Along } from '../port/along.ts'
import type { SessionRecord, Sessions } from '../port/sessions.ts'
import { decodeSession, encodeSession } from './session-codec.ts'
import type { SessionKeys } from './session-keys.ts'
import { ENLIST, TOUCH } from './session-scripts.ts'
import type { Wire } from './wire.ts'

/** A session stays this long after its end: judging is by the caller's clock, not the server's. */
const GRACE_MS = 600_000

/** Writes events and jobs into the durable stores. */
export type WriteAlong = (along: Along | undefined) => Promise<void>

export interface RedisSessions extends Sessions {
  /** Begins a session under a version of its account; false when its sessions ended since. */
  begin(record: SessionRecord, accountVersion: number): Promise<boolean>
  /** Ends those named; answers how many of them were there. */
  end(accountId: string, idHashes: readonly string[]): Promise<number>
}

/**
 * Decision: what goes along with the start of a session is written before it, what goes along with
 * its end after it, for two stores share no transaction.
 * Cost: when the second one fails, the log tells of a session that nobody got, or a session has
 * ended that the log does not tell of; the caller gets a StoreFault, and nobody keeps a session.
 */
export function redisSessions(
  wire: Wire,
  keys: SessionKeys,
  writeAlong: WriteAlong,
): RedisSessions {
  const start = async (record: SessionRecord, version: number): Promise<boolean> => {
    const { idHash, accountId, lastSeenAt, idleExpiresAt, expiresAt } = record
    const over = Math.min(idleExpiresAt, expiresAt)
    const ttl = (end: number): number => Math.max(1, end - lastSeenAt + GRACE_MS)
    const value = encodeSession(record)
    const life = `${ttl(over)}`
    await wire.send('sessions.create', ['SET', keys.session(idHash), value, 'PX', life])
    // Listed after it exists: what is not listed was never handed out, so it need not be revoked.
    const lists = [keys.ofAccount(accountId), keys.gate(accountId)] as const
    const entry = [idHash, expiresAt, ttl(expiresAt), version]
    const [listed] = await Promise.all([
      wire.run('sessions.create', ENLIST, lists, entry),
      wire.send('sessions.create', ['ZADD', keys.ends(idHash), `${over}`, idHash]),
    ])
    if (listed === 1) return true
    await end(accountId, [idHash])
    return false
  }

  const end = async (accountId: string, idHashes: readonly string[]): Promise<number> => {
    const gone = await Promise.all(
      idHashes.map(async idHash => {
        const ended = await wire.send('sessions.revoke', ['DEL', keys.session(idHash)])
        await wire.send('sessions.revoke', ['ZREM', keys.ends(idHash), idHash])
        return ended === 1
      }),
    )
    const [first, ...rest] = idHashes
    if (first !== undefined) {
      await wire.send('sessions.revoke', ['ZREM', keys.ofAccount(accountId), first, ...rest])
    }
    return gone.filter(Boolean).length
  }

  const load = (verb: string, idHash: string): Promise<SessionRecord | undefined> =>
    wire.ask(verb, ['GET', keys.session(idHash)], value =>
      typeof value === 'string' ? decodeSession(idHash, value) : undefined,
    )

  const listed = async (verb: string, accountId: string): Promise<readonly string[]> =>
    names(await wire.send(verb, ['ZRANGE', keys.ofAccount(accountId), '0', '-1']))

  const all = async (verb: string, accountId: string): Promise<readonly SessionRecord[]> => {
    const idHashes = await listed(verb, accountId)
    const records = await Promise.all(idHashes.map(idHash => load(verb, idHash)))
    return records.filter(record => record !== undefined)
  }

  const revoke = async (idHash: string, along: Along | undefined): Promise<boolean> => {
    const value = await wire.send('sessions.revoke', ['GETDEL', keys.session(idHash)])
    if (typeof value !== 'string') return false
    await end(decodeSession(idHash, value).accountId, [idHash])
    await writeAlong(along)
    return true
  }

  return {
    async create(record, along) {
      await writeAlong(along)
      await start(record, -1)
    },
    begin: start,
    end,
    find: idHash => load('sessions.find', idHash),
    async touch(idHash, lastSeenAt, idleExpiresAt) {
      const args = [lastSeenAt, idleExpiresAt, GRACE_MS]
      const over = await wire.run('sessions.touch', TOUCH, [keys.session(idHash)], args)
      if (over === '0') return false
      const ends = keys.ends(idHash)
      await wire.send('sessions.touch', ['ZADD', ends, 'XX', 'GT', String(over), idHash])
      return true
    },
    async replace(oldIdHash, record, along) {
      if (!(await revoke(oldIdHash, undefined))) return false
      await writeAlong(along)
      await start(record, -1)
      return true
    },
    revoke,
    async revokeById(accountId, id, along) {
      const found = (await all('sessions.revokeById', accountId)).find(one => one.id === id)
      return found === undefined ? false : revoke(found.idHash, along)
    },
    async revokeAll(accountId, except, along) {
      const idHashes = await listed('sessions.revokeAll', accountId)
      const ending = idHashes.filter(idHash => idHash !== except?.idHash)
      const ended = await end(accountId, ending)
      if (ended > 0) await writeAlong(along)
      return ended
    },
    async ofAccount(accountId, now) {
      const records = await all('sessions.ofAccount', accountId)
      return records
        .filter(one => Math.min(one.idleExpiresAt, one.expiresAt) > now)
        .sort((a, b) => b.lastSeenAt - a.lastSeenAt)
    },
    async count(now) {
      const counts = await Promise.all(
        keys.allEnds.map(key => wire.send('sessions.count', ['ZCOUNT', key, `(${now}`, '+inf'])),
      )
      return counts.reduce<number>((sum, count) => sum + Number(count), 0)
    },
    /** Redis lets sessions go by itself; this tidies the indexes, and what a clock kept too long. */
    async prune(now, limit) {
      let pruned = 0
      for (const key of keys.allEnds) {
        if (pruned >= limit) break
        const range = ['-inf', `${now}`, 'LIMIT', '0', `${limit - pruned}`]
        const ended = names(await wire.send('sessions.prune', ['ZRANGEBYSCORE', key, ...range]))
        await Promise.all(
          ended.map(async idHash => {
            const value = await wire.send('sessions.prune', ['GETDEL', keys.session(idHash)])
            const owner = typeof value === 'string' ? decodeSession(idHash, value).accountId : ''
            await wire.send('sessions.prune', ['ZREM', keys.ofAccount(owner), idHash])
            await wire.send('sessions.prune', ['ZREM', key, idHash])
          }),
        )
        pruned += ended.length
      }
      return pruned
    },
  }
}

export function names(reply: unknown): readonly string[] {
  if (!Array.isArray(reply)) throw new TypeError('the server answered no list')
  return reply.map(String)
}
