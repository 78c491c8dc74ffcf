import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testClock } from '../../kernel/clock.ts'
import { leftOut } from '../conformance/engines.ts'
import { account, fresh, NOW, session, together, token } from '../conformance/examples.ts'
import { connect, REDIS_KINDS, testRedis } from '../conformance/redis-servers.ts'
import { memoryStores } from '../memory/memory.ts'
import { redisStores } from './redis.ts'

for (const kind of REDIS_KINDS) {
  const first = await testRedis('own', [], { kind })
  if ('absent' in first || first.server === undefined) {
    leftOut(`${kind}, failover`, 'absent' in first ? first : { absent: 'no server of our own' })
    continue
  }
  const { server } = first
  const second = await testRedis('own', ['--replicaof', '127.0.0.1', `${server.port}`], { kind })
  if ('absent' in second) throw new Error(second.absent)
  const clients = [await connect(first.url), await connect(second.url)] as const
  after(async () => {
    for (const client of clients) client.destroy()
    await Promise.all([first.stop(), second.stop()])
  })
  const durable = memoryStores()
  const clock = testClock(NOW)
  const options = { durable, clock, sweepEveryMs: 0, deadlineMs: 2_000 }
  /** A node that still speaks to the old primary, and one that already speaks to the new one. */
  const [before, behind] = [
    redisStores({ ...options, client: clients[0] }),
    redisStores({ ...options, client: clients[1] }),
  ]
  const replicated = async (): Promise<void> => {
    // The link may be young: until it stands, there is no replica to wait for.
    while (Number(await clients[0].sendCommand(['WAIT', '1', '100'])) < 1) {}
  }

  test(`${kind}: a replica is promoted in the middle of redemptions: nobody redeems twice, sessions go on`, async () => {
    const kept = session()
    await before.sessions.create(kept)
    await replicated()
    const made = account()
    await before.accounts.create(made)
    const stolen = session({ accountId: made.id })
    await before.sessions.create(stolen)
    await replicated()

    const hashes = Array.from({ length: 60 }, () => fresh('token'))
    for (const hash of hashes) await before.oneTimeTokens.issue(hash, token())
    const won = new Map<string, number>()
    let answered = 0
    let promoted: Promise<unknown> | undefined
    await together(600, async index => {
      const hash = hashes[index % hashes.length] ?? ''
      const node = index % 2 === 0 ? before : behind
      const got = await node.oneTimeTokens.redeem(hash, NOW).catch(() => undefined)
      answered += 1
      if (got !== undefined) won.set(hash, (won.get(hash) ?? 0) + 1)
      if (answered === 50) promoted = clients[1].sendCommand(['REPLICAOF', 'NO', 'ONE'])
    })
    await promoted
    assert.equal(won.size, hashes.length)
    assert.ok([...won.values()].every(times => times === 1))

    // Acknowledged by the old primary when nobody follows it any more, and then it is gone.
    await before.accounts.update(made.id, 1, { passwordHash: 'new' }, { endSessions: 'all' })
    server.signal('SIGKILL')
    await server.stopped()
    assert.deepEqual(await behind.sessions.find(kept.idHash), kept)
    clock.advance(2_000)
    await behind.sweep()
    assert.equal(await behind.sessions.find(stolen.idHash), undefined)
  })
}
