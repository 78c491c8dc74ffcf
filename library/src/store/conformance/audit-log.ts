import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { AuditRow } from '../port/audit-log.ts'
import {
  account,
  entry,
  fresh,
  HOUR,
  linkOf,
  NOW,
  type Opened,
  together,
  token,
} from './examples.ts'

export function auditLogConform(driver: string, opened: Opened): void {
  const log = (): ReturnType<Opened>['auditLog'] => opened().auditLog
  const after = async (): Promise<number> => (await log().head())?.sequence ?? 0

  test(`${driver}: entries from a hundred appenders make one chain without a gap`, async () => {
    const from = await after()
    await together(100, index =>
      log().append([entry(), entry()], index % 2 === 0 ? 'durable' : 'quick'),
    )
    const rows = await log().read({ limit: 1_000, oldestFirst: true, beyond: from })
    assert.equal(rows.length, 200)
    const before = (await log().read({ limit: 1, beyond: from + 1 }))[0]
    assertChain(rows, from, before?.link ?? '')
    const last = rows.at(-1)
    assert.deepEqual(await log().head(), { sequence: last?.sequence, link: last?.link })
  })

  test(`${driver}: the entries of one call stand together, in their order`, async () => {
    const from = await after()
    const batch = Array.from({ length: 120 }, () => entry())
    await Promise.all([log().append(batch), log().append([entry()]), log().append([])])
    const rows = await log().read({ limit: 1_000, oldestFirst: true, beyond: from })
    const start = rows.findIndex(row => row.id === batch[0]?.id)
    const ids = rows.slice(start, start + batch.length).map(row => row.id)
    assert.deepEqual(
      ids,
      batch.map(one => one.id),
    )
  })

  test(`${driver}: events of other verbs take their place in the same chain`, async () => {
    const from = await after()
    const hash = fresh('token')
    await Promise.all([
      log().append([entry()]),
      opened().oneTimeTokens.issue(hash, token(), {}, { events: [entry(), entry()] }),
      log().append([entry()]),
    ])
    const rows = await log().read({ limit: 10, oldestFirst: true, beyond: from })
    assert.equal(rows.length, 4)
    const before = (await log().read({ limit: 1, beyond: from + 1 }))[0]
    assertChain(rows, from, before?.link ?? '')
  })

  test(`${driver}: a hundred changes at once take their places in one chain`, async () => {
    const from = await after()
    await together(100, () =>
      opened().oneTimeTokens.issue(fresh('token'), token(), {}, { events: [entry()] }),
    )
    const rows = await log().read({ limit: 1_000, oldestFirst: true, beyond: from })
    assert.equal(rows.length, 100)
    const before = (await log().read({ limit: 1, beyond: from + 1 }))[0]
    assertChain(rows, from, before?.link ?? '')
  })

  test(`${driver}: a change whose event cannot be written does not happen`, async () => {
    const failing = {
      ...entry(),
      link(): string {
        throw new Error('no key')
      },
    }
    const hash = fresh('token')
    const made = account()
    await opened().oneTimeTokens.issue(hash, token())
    await opened().accounts.create(made)
    const along = { events: [failing] }
    const [redeemed, updated, removed, neighbour] = await Promise.allSettled([
      opened().oneTimeTokens.redeem(hash, NOW, along),
      opened().accounts.update(made.id, 1, { name: 'new' }, along),
      opened().accounts.remove(made.id, 1, along),
      opened().accounts.create(account()),
    ])
    assert.equal(redeemed.status, 'rejected')
    assert.equal(updated.status, 'rejected')
    assert.equal(removed.status, 'rejected')
    assert.equal(neighbour.status, 'fulfilled')
    assert.ok(await opened().oneTimeTokens.peek(hash, NOW))
    assert.deepEqual(await opened().accounts.byId(made.id), made)
  })

  test(`${driver}: an entry whose link cannot be made leaves no trace`, async () => {
    const from = await after()
    const broken = entry()
    const failing = {
      ...broken,
      link(): string {
        throw new Error('no key')
      },
    }
    await assert.rejects(log().append([entry(), failing]))
    await Promise.all([
      assert.rejects(log().append([failing])),
      log().append([entry()]),
      log().append([entry()]),
    ])
    assert.equal(await after(), from + 2)
  })

  test(`${driver}: a row comes back as it was written`, async () => {
    const written = entry({
      actorId: randomUUID(),
      targetId: randomUUID(),
      text: '{"reason":"ä \\u001b \\" %_"}',
      personal: '{"salt":"x"}',
    })
    await log().append([written])
    const [row] = await log().read({ limit: 1 })
    const { link: _, ...plain } = written
    assert.partialDeepStrictEqual(row, plain)
  })

  test(`${driver}: every filter narrows, newest first unless told`, async () => {
    const [actorId, targetId, mark] = [randomUUID(), randomUUID(), randomUUID()]
    const word = `w${mark.slice(0, 8)}`
    await log().append([
      entry({ code: `${word}.one`, actorId, at: NOW }),
      entry({ code: `${word}.two`, targetId, at: NOW + HOUR }),
      entry({ code: `${word}x.one`, at: NOW + 2 * HOUR, text: `{"%":"${mark}_"}` }),
    ])
    const codes = async (query: Omit<Parameters<ReturnType<typeof log>['read']>[0], 'limit'>) =>
      (await log().read({ limit: 10, ...query })).map(row => row.code)
    assert.deepEqual(await codes({ code: `${word}.` }), [`${word}.two`, `${word}.one`])
    assert.deepEqual(await codes({ code: `${word}.one` }), [`${word}.one`])
    assert.deepEqual(await codes({ code: word }), [])
    assert.deepEqual(await codes({ actorId }), [`${word}.one`])
    assert.deepEqual(await codes({ targetId, oldestFirst: true }), [`${word}.two`])
    assert.deepEqual(await codes({ code: `${word}.`, since: NOW + 1 }), [`${word}.two`])
    assert.deepEqual(await codes({ code: `${word}.`, until: NOW }), [`${word}.one`])
    assert.deepEqual(await codes({ contains: `${mark}_` }), [`${word}x.one`])
    assert.deepEqual(await codes({ contains: `${mark}%` }), [])
    const [newest] = await log().read({ limit: 1, code: `${word}.` })
    const older = await codes({ code: `${word}.`, beyond: newest?.sequence ?? 0 })
    assert.deepEqual(older, [`${word}.one`])
  })

  test(`${driver}: forgetting a person leaves the chain as it was`, async () => {
    const from = await after()
    const person = randomUUID()
    await log().append([
      entry({ actorId: person, personal: '{"address":"192.0.2.1"}' }),
      entry({ targetId: person, personal: '{"address":"192.0.2.2"}' }),
      entry({ targetId: person }),
      entry({ personal: '{"address":"192.0.2.3"}' }),
    ])
    const before = await log().read({ limit: 4, oldestFirst: true, beyond: from })
    assert.equal(await log().erase(person), 2)
    assert.equal(await log().erase(person), 0)
    const rows = await log().read({ limit: 4, oldestFirst: true, beyond: from })
    assert.deepEqual(
      rows.map(row => row.personal),
      [undefined, undefined, undefined, '{"address":"192.0.2.3"}'],
    )
    assert.deepEqual(
      rows.map(row => row.link),
      before.map(row => row.link),
    )
  })

  test(`${driver}: a log that was pruned goes on where it stood`, async () => {
    await log().append([entry(), entry()])
    const head = await log().head()
    assert.ok(head)
    await log().prune(head.sequence - 1)
    assert.equal((await log().read({ limit: 10 })).length, 1)
    assert.equal(await log().prune(head.sequence), 1)
    assert.deepEqual(await log().head(), head)
    const next = entry()
    await log().append([next])
    const [row] = await log().read({ limit: 1 })
    assert.equal(row?.sequence, head.sequence + 1)
    assert.equal(row?.link, linkOf(head.sequence + 1, head.link, next.id))
  })
}

/** Each row follows the one before it, and its link was made from it. */
export function assertChain(rows: readonly AuditRow[], from: number, link: string): void {
  let previous = link
  for (const [index, row] of rows.entries()) {
    assert.equal(row.sequence, from + index + 1)
    assert.equal(row.link, linkOf(row.sequence, previous, row.id))
    previous = row.link
  }
}
