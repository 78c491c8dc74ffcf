import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { fresh, job, NOW, type Opened, together } from './examples.ts'

export function jobsConform(driver: string, opened: Opened): void {
  const jobs = (): ReturnType<Opened>['jobs'] => opened().jobs

  test(`${driver}: of twenty workers, each job is held by one`, async () => {
    const kind = fresh('mail')
    const queued = Array.from({ length: 50 }, () => job({ kind }))
    await jobs().enqueue(queued)
    const claims = await together(20, () => jobs().claim(kind, NOW, 1_000, randomUUID(), 5))
    const ids = claims.flat().map(one => one.id)
    assert.equal(new Set(ids).size, ids.length)
    assert.equal(ids.length, 50)
  })

  test(`${driver}: a job waits for its moment, and the oldest goes first`, async () => {
    const kind = fresh('mail')
    const [late, early] = [job({ kind, runAt: NOW }), job({ kind, runAt: NOW - 5, payload: '"ö"' })]
    await jobs().enqueue([late, early, job({ kind, runAt: NOW + 1 })])
    assert.deepEqual(await jobs().backlog(kind), { waiting: 3, oldestRunAt: NOW - 5 })
    const lease = randomUUID()
    const claimed = await jobs().claim(kind, NOW, 1_000, lease, 9)
    assert.deepEqual(claimed, [
      { ...early, attempts: 1, lease },
      { ...late, attempts: 1, lease },
    ])
    assert.deepEqual(await jobs().claim(fresh('other'), NOW, 1_000, lease, 9), [])
  })

  test(`${driver}: a dead worker's job is claimed by somebody else, and he cannot finish it`, async () => {
    const queued = job()
    const { id, kind } = queued
    await jobs().enqueue([queued])
    await jobs().claim(kind, NOW, 1_000, 'dead', 1)
    assert.deepEqual(await jobs().claim(kind, NOW + 999, 1_000, 'other', 1), [])
    const [again] = await jobs().claim(kind, NOW + 1_000, 1_000, 'other', 1)
    assert.equal(again?.attempts, 2)
    assert.equal(await jobs().finish(id, 'dead'), false)
    assert.equal(await jobs().postpone(id, 'dead', NOW), false)
    assert.equal(await jobs().finish(id, 'other'), true)
    assert.equal(await jobs().finish(id, 'other'), false)
    assert.deepEqual(await jobs().backlog(kind), { waiting: 0, oldestRunAt: undefined })
  })

  test(`${driver}: a postponed job comes back at its new moment`, async () => {
    const queued = job()
    await jobs().enqueue([queued])
    await jobs().claim(queued.kind, NOW, 1_000, 'a', 1)
    assert.equal(await jobs().postpone(queued.id, 'a', NOW + 50), true)
    assert.deepEqual(await jobs().claim(queued.kind, NOW + 49, 1_000, 'b', 1), [])
    assert.equal((await jobs().claim(queued.kind, NOW + 50, 1_000, 'b', 1)).length, 1)
  })

  test(`${driver}: a job queued twice is done once`, async () => {
    const queued = job()
    await jobs().enqueue([queued])
    await jobs().enqueue([{ ...queued, payload: '"other"' }])
    const claimed = await jobs().claim(queued.kind, NOW, 1_000, 'a', 9)
    assert.deepEqual(
      claimed.map(one => one.payload),
      ['{}'],
    )
  })
}
