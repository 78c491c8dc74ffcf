import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { type TestClock, testClock } from '../../../kernel/clock.ts'
import { StoreFault } from '../../../kernel/fault.ts'
import { filePart, form } from '../multipart/form.test.kit.ts'
import { type Draft, diskStorage, uploads } from '../uploads.ts'
import { allFiles, CONTENT_TYPE, headersOf, verbsOf, type World, world } from './world.test.kit.ts'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const words = (bytes: number): Buffer => Buffer.alloc(bytes, 'words and more words\n')
const body = (): Readable => new Readable({ read: () => undefined })
const one = (bytes: number): Buffer => form(filePart('file', 'a.txt', words(bytes), ''))

/** What can happen to an upload of which 150,000 of 200,000 bytes have come. */
const EVENTS = ['limit', 'gone', 'signal', 'disk', 'end', 'scanner', 'nonsense'] as const
type Event = (typeof EVENTS)[number]

interface Running {
  readonly at: World
  readonly outcome: Promise<string>
  fire(event: Event): void
}

async function running(): Promise<Running> {
  const at = world()
  let full = false
  let scanned: (clean: boolean) => void = () => undefined
  const breaking = (draft: Draft): Draft => {
    const write = draft.write.bind(draft)
    draft.write = pieces =>
      full ? Promise.reject(new StoreFault('files.write', new Error('full'))) : write(pieces)
    return draft
  }
  const files = uploads({
    storage: { ...verbsOf(at.storage), begin: async () => breaking(await at.storage.begin()) },
    allow: ['text/*'],
    maxBytes: 1_000_000,
    scan: () =>
      new Promise((resolve, reject) => {
        scanned = clean => (clean ? resolve({ clean }) : reject(new Error('down')))
        setTimeout(() => scanned(true), 20)
      }),
  })
  const input = body()
  const controller = new AbortController()
  const whole = one(200_000)
  const received = files.receive({
    header: headersOf({ 'content-type': CONTENT_TYPE }),
    body: input,
    owner: 'ann',
    signal: controller.signal,
  })
  const outcome = received
    .then(
      it => (it.ok ? 'kept' : it.refusal.code),
      (error: unknown) => (error instanceof StoreFault ? 'fault' : String(error)),
    )
    .then(async told => {
      await files.settled()
      return told
    })
  input.push(whole.subarray(0, 150_000))
  while (at.quarantine().length === 0) await turn()
  const fire: Readonly<Record<Event, () => void>> = {
    limit: () => void input.push(words(1_000_000)),
    gone: () => void input.destroy(new Error('reset')),
    signal: () => controller.abort(),
    disk: () => {
      full = true
      if (!input.destroyed && !input.readableEnded) input.push(words(10))
    },
    end: () => {
      input.push(whole.subarray(150_000))
      input.push(null)
    },
    scanner: () => scanned(false),
    nonsense: () => void input.push(`\r\n--${CONTENT_TYPE.slice(30)}xx`),
  }
  return {
    at,
    outcome,
    fire(event) {
      try {
        fire[event]()
      } catch (error) {
        // A stream that has ended takes no more; the sender would not have sent it either.
        assert.match(String(error), /after EOF|destroyed/)
      }
    },
  }
}

for (const first of EVENTS) {
  for (const second of EVENTS) {
    if (first === second) continue
    test(`${first}, then ${second}: one answer, and a whole file or nothing`, async () => {
      for (const between of [async () => undefined, Promise.resolve.bind(Promise), turn]) {
        const { at, outcome, fire } = await running()
        fire(first)
        await between()
        fire(second)
        if (!['limit', 'gone', 'signal', 'nonsense'].some(it => it === first || it === second))
          fire('end')
        const told = await outcome
        const kept = await at.storage.list('ann')
        assert.equal(kept.length, told === 'kept' ? 1 : 0, told)
        assert.equal(allFiles(at.folder).length, told === 'kept' ? 3 : 0, told)
        assert.notEqual(told, 'uploads.no_file')
      }
    })
  }
}

function slow(
  clock: TestClock,
  request: object,
): { input: Readable; outcome: Promise<string>; at: World } {
  const at = world({ clock, request })
  const input = body()
  input.push(one(200_000).subarray(0, 1000))
  return {
    at,
    input,
    outcome: at.receive(input).then(it => (it.ok ? 'kept' : (it.refusal.why ?? it.refusal.code))),
  }
}

test('who says nothing for too long is sent away', async t => {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] })
  const clock = testClock()
  const { outcome, at, input } = slow(clock, { idleSeconds: 15, minBytesPerSecond: 1 })
  while (input.listenerCount('data') === 0) await turn()
  for (let second = 0; second < 16; second++) {
    clock.advance(1000)
    t.mock.timers.tick(1000)
  }
  assert.equal(await outcome, 'nothing came for 15 s')
  await at.files.settled()
  assert.deepEqual(at.quarantine(), [])
})

test('who sends a byte now and then is sent away too', async t => {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] })
  const clock = testClock()
  const { outcome, input } = slow(clock, { minBytesPerSecond: 1000, graceSeconds: 10 })
  while (input.listenerCount('data') === 0) await turn()
  let told = ''
  void outcome.then(it => {
    told = it
  })
  let seconds = 0
  for (; told === '' && seconds < 60; seconds++) {
    clock.advance(1000)
    input.push('x')
    await turn()
    t.mock.timers.tick(1000)
    await turn()
  }
  assert.equal(told, 'less than 1000 bytes a second')
  assert.ok(seconds > 10 && seconds < 14, `after ${seconds} s`)
})

test('time in which the disk is slow is not the sender’s', async t => {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] })
  const at = world()
  const clock = testClock()
  let go: () => void = () => undefined
  const waits = new Promise<void>(resolve => {
    go = resolve
  })
  const begin = async (): Promise<Draft> => {
    await waits
    return at.storage.begin()
  }
  const files = uploads({ storage: { ...verbsOf(at.storage), begin }, allow: ['text/*'], clock })
  const input = body()
  const outcome = files.receive({
    header: headersOf({ 'content-type': CONTENT_TYPE }),
    body: input,
    owner: 'ann',
  })
  const whole = one(3_000_000)
  input.push(whole.subarray(0, 2_500_000))
  while (!input.isPaused()) await turn()
  for (let second = 0; second < 60; second++) {
    clock.advance(1000)
    t.mock.timers.tick(1000)
  }
  go()
  input.push(whole.subarray(2_500_000))
  input.push(null)
  assert.ok((await outcome).ok)
})

test('no more is read than the disk takes, but for a megabyte', async () => {
  const at = world()
  let read = 0
  let written = 0
  let most = 0
  const slowly = (draft: Draft): Draft => {
    const write = draft.write.bind(draft)
    draft.write = async pieces => {
      for (let i = 0; i < 20; i++) await turn()
      await write(pieces)
      written += pieces.reduce((sum, piece) => sum + piece.length, 0)
    }
    return draft
  }
  const files = uploads({
    storage: { ...verbsOf(at.storage), begin: async () => slowly(await at.storage.begin()) },
    allow: ['text/*'],
    maxBytes: 40_000_000,
    request: { maxRequestBytes: 50_000_000 },
  })
  const pieces = function* (): Generator<Buffer> {
    yield filePart('file', 'a.txt', '', '').subarray(0, -2)
    for (let i = 0; i < 500; i++) {
      read += 65_536
      most = Math.max(most, read - written)
      yield words(65_536)
    }
    yield Buffer.concat([Buffer.from('\r\n'), form()])
  }
  const input = Readable.from(pieces(), { objectMode: false })
  const outcome = await files.receive({
    header: headersOf({ 'content-type': CONTENT_TYPE }),
    body: input,
    owner: 'ann',
  })
  assert.ok(outcome.ok, JSON.stringify(outcome))
  assert.equal(outcome.value.files[0]?.bytes, 500 * 65_536)
  assert.ok(most < 2.5 * 1024 * 1024, `${most} bytes between the sender and the disk`)
})

test('a body that breaks before it is listened to breaks nothing else', async () => {
  const at = world()
  const input = body()
  const outcome = at.receive(input)
  input.destroy(new Error('reset'))
  const told = await outcome
  assert.equal(told.ok ? '' : told.refusal.code, 'uploads.aborted')
})

test('of a hundred uploads at once none takes more than the quota, to the byte', async () => {
  const at = world({ quota: { maxBytes: 10_000, maxFiles: 1000 } })
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => at.receive([one(300)])))
  const kept = outcomes.filter(outcome => outcome.ok).length
  assert.equal(kept, 33)
  assert.ok(outcomes.every(it => it.ok || it.refusal.code === 'uploads.quota'))
  await at.files.settled()
  assert.deepEqual(await at.storage.usage('ann'), { bytes: 9900, files: 33 })
  assert.ok((await at.receive([one(100)])).ok, 'exactly the rest fits')
  assert.ok(!(await at.receive([one(1)])).ok)
  assert.ok((await at.receive([one(1)], 'bob')).ok, 'another owner has a quota of his own')
})

test('what is removed may be filled again', async () => {
  const at = world({ quota: { maxFiles: 2 } })
  const [first] = [await at.receive([one(10)]), await at.receive([one(10)])]
  assert.equal((await at.receive([one(10)])).ok, false)
  assert.ok(first?.ok)
  await at.files.remove('ann', first.value.files[0]?.id ?? '')
  assert.ok((await at.receive([one(10)])).ok)
})

test('processes that share a disk together do not exceed the quota', async () => {
  const at = world()
  const quota = { maxBytes: 5000, maxFiles: 100 }
  // Each has a ledger of its own and knows nothing of the others, as separate processes would.
  const services = Array.from({ length: 8 }, () =>
    uploads({ storage: diskStorage({ folder: at.folder }), allow: ['text/*'], quota }),
  )
  const request = { header: headersOf({ 'content-type': CONTENT_TYPE }), owner: 'ann' }
  await Promise.all(
    services.flatMap(files =>
      Array.from({ length: 5 }, () =>
        files.receive({ ...request, body: Readable.from([one(400)], { objectMode: false }) }),
      ),
    ),
  )
  await Promise.all(services.map(files => files.settled()))
  const usage = await at.storage.usage('ann')
  assert.ok(usage.bytes <= 5000 && usage.bytes > 0, `${usage.bytes} bytes`)
  assert.equal((await at.storage.list('ann')).length, usage.files)
})
