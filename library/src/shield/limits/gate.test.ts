import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../http/arriving.test.kit.ts'
import { testClock } from '../../kernel/clock.ts'
import { admission } from './admission.ts'
import { gate } from './gate.ts'

const waiting = <T>(answer: T | Promise<T>): Promise<T> => {
  assert.ok(answer instanceof Promise, 'has to wait')
  return answer
}

test('so many come in at once, so many wait in line, and the next is told to come back', async () => {
  const door = gate({ max: 2, queue: 2, queueSeconds: 2 })
  assert.equal(door.enter(), undefined)
  assert.equal(door.enter(), undefined)
  const third = waiting(door.enter())
  const fourth = waiting(door.enter())
  const fifth = door.enter()
  assert.ok(fifth !== undefined && !(fifth instanceof Promise))
  assert.deepEqual([fifth.code, fifth.status, fifth.retryAfterSeconds], ['limits.full', 503, 5])
  door.leave()
  assert.equal(await third, undefined)
  assert.deepEqual([door.inside, door.waiting], [2, 1])
  door.leave()
  assert.equal(await fourth, undefined)
  door.leave()
  door.leave()
  assert.deepEqual([door.inside, door.waiting], [0, 0])
  assert.equal(door.enter(), undefined)
})

test('whoever comes later cannot slip in before the line', async () => {
  const door = gate({ max: 1, queue: 5, queueSeconds: 2 })
  assert.equal(door.enter(), undefined)
  const order: number[] = []
  const line = [1, 2, 3].map(async at => {
    await door.enter()
    order.push(at)
    door.leave()
  })
  door.leave()
  await Promise.all(line)
  assert.deepEqual(order, [1, 2, 3])
})

test('nobody waits longer than told, and who gave up takes no place', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const clock = testClock(0)
  const pass = (milliseconds: number): void => {
    clock.advance(milliseconds)
    t.mock.timers.tick(milliseconds)
  }
  const door = gate({ max: 1, queue: 5, queueSeconds: 2, clock })
  assert.equal(door.enter(), undefined)
  const first = waiting(door.enter())
  pass(1500)
  const second = waiting(door.enter())
  pass(500)
  assert.equal((await first)?.code, 'limits.waited')
  assert.equal(door.waiting, 1)
  pass(1500)
  assert.equal((await second)?.code, 'limits.waited')
  door.leave()
  assert.deepEqual([door.inside, door.waiting], [0, 0])
})

test('in any order of coming and going, never more are inside than allowed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.boolean(), { maxLength: 40 }),
      async (max, comings) => {
        const door = gate({ max, queue: 3, queueSeconds: 60 })
        let inside = 0
        for (const coming of comings) {
          if (coming) {
            const answer = door.enter()
            if (answer === undefined) inside++
            else if (answer instanceof Promise) void answer.then(() => inside++)
          } else if (inside > 0) {
            inside--
            door.leave()
          }
          await Promise.resolve()
          await Promise.resolve()
          assert.ok(door.inside <= max && inside <= max && door.waiting <= 3)
          assert.equal(door.inside, inside)
        }
      },
    ),
    runs(100),
  )
})

test('dear jobs run a few at a time, and who hangs up frees no permit before the job ends', async () => {
  const hashes = admission({ permits: 2, queue: 1, queueSeconds: 5 })
  const ends: (() => void)[] = []
  let running = 0
  const job = () =>
    new Promise<string>(resolve => {
      running++
      ends.push(() => {
        running--
        resolve('hash')
      })
    })
  const first = hashes.run(job)
  const second = hashes.run(job)
  const third = hashes.run(job)
  const fourth = await hashes.run(job)
  assert.ok(!fourth.ok)
  assert.deepEqual([fourth.refusal.code, fourth.refusal.status], ['admission.full', 503])
  await Promise.resolve()
  assert.deepEqual([running, hashes.running, hashes.waiting], [2, 2, 1])
  ends[0]?.()
  assert.deepEqual(await first, { ok: true, value: 'hash' })
  await Promise.resolve()
  await Promise.resolve()
  assert.equal(running, 2)
  ends[1]?.()
  ends[2]?.()
  assert.ok((await second).ok && (await third).ok)
  assert.equal(hashes.running, 0)
})

test('a job that throws gives its permit back', async () => {
  const hashes = admission({ permits: 1, queue: 0, queueSeconds: 5 })
  await assert.rejects(
    hashes.run(() => Promise.reject(new Error('broken'))),
    /broken/,
  )
  assert.ok((await hashes.run(async () => 1)).ok)
})
