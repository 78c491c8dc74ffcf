import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigFault } from '../../kernel/fault.ts'
import { deriveKeys } from '../../kernel/keys.ts'
import { systemRandom } from '../../kernel/random.ts'
import { admission } from '../../shield/limits/admission.ts'
import { type Argon2, type Argon2Input, nativeArgon2, nodeArgon2 } from './argon2.ts'
import { calibrate, checkedCost, FLOOR } from './calibrate.ts'
import { type PasswordGround, type PasswordOptions, passwords } from './password.ts'

const bytes = (from: number) => Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7 + from))
const [oldKeys, keys] = [deriveKeys(bytes(1)), deriveKeys(bytes(2))]
const ground = (): PasswordGround => ({
  keys,
  random: systemRandom(),
  admission: admission({ permits: 2, queue: 100, queueSeconds: 60 }),
  permits: 2,
})
const hasher = (options: PasswordOptions = {}, given: Partial<PasswordGround> = {}) =>
  passwords({ cost: FLOOR, ...options }, { ...ground(), ...given })

async function made(
  maker: { hash(password: string): Promise<{ ok: boolean; value?: string }> },
  password: string,
) {
  const hashed = await maker.hash(password)
  assert.ok(hashed.ok && hashed.value !== undefined)
  return hashed.value
}

test('a password is known again, another is not', async () => {
  const own = await hasher()
  const stored = await made(own, 'purple otter walks home')
  assert.match(
    stored,
    /^\$argon2id\$v=19\$m=19456,t=2,p=1,keyid=[\w+/]{6}\$[\w+/]{22}\$[\w+/]{43}$/,
  )
  const right = await own.verify('purple otter walks home', stored)
  assert.deepEqual(right, { ok: true, value: { matches: true, outdated: false } })
  const wrong = await own.verify('purple otter walks Home', stored)
  assert.deepEqual(wrong, { ok: true, value: { matches: false, outdated: false } })
})

test('the same password typed on two keyboards is one', async () => {
  const own = await hasher()
  const stored = await made(own, 'é purple otter')
  const verdict = await own.verify('e\u0301 purple otter', stored)
  assert.ok(verdict.ok && verdict.value.matches)
})

test('without the pepper a stolen hash cannot be guessed', async () => {
  const stored = await made(await hasher(), 'purple otter walks home')
  const thief = await hasher({}, { keys: oldKeys })
  const verdict = await thief.verify('purple otter walks home', stored)
  assert.deepEqual(verdict, { ok: true, value: { matches: false, outdated: false } })
})

test('a hash under the previous pepper is known and asks to be renewed', async () => {
  const stored = await made(await hasher({}, { keys: oldKeys }), 'purple otter walks home')
  const now = await hasher({}, { previousKeys: [oldKeys] })
  const verdict = await now.verify('purple otter walks home', stored)
  assert.deepEqual(verdict, { ok: true, value: { matches: true, outdated: true } })
})

test('a hash of cheaper parameters asks to be renewed, one of dearer does not', async () => {
  const [cheap, dear] = [await hasher(), await hasher({ cost: { ...FLOOR, passes: 3 } })]
  const [old, better] = [await made(cheap, 'purple otter'), await made(dear, 'purple otter')]
  const up = await dear.verify('purple otter', old)
  assert.ok(up.ok && up.value.matches && up.value.outdated)
  const down = await cheap.verify('purple otter', better)
  assert.ok(down.ok && down.value.matches && !down.value.outdated)
})

const imported: readonly [what: string, password: string, stored: string][] = [
  ['bcrypt', 'U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  [
    'PBKDF2',
    'toomanysecrets',
    '$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk',
  ],
  [
    'argon2 without pepper',
    'password',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
]
for (const [what, password, stored] of imported) {
  test(`G36: an imported ${what} hash is known and asks to be renewed`, async () => {
    const verdict = await (await hasher()).verify(password, stored)
    assert.deepEqual(verdict, { ok: true, value: { matches: true, outdated: true } })
  })
}

test('a format of the application’s own is a row in the table', async () => {
  const own = await hasher({
    formats: [
      {
        name: 'reversed',
        read: stored =>
          stored.startsWith('rev:')
            ? {
                matches: async password =>
                  `rev:${[...password.toString()].reverse().join('')}` === stored,
              }
            : undefined,
      },
    ],
  })
  const verdict = await own.verify('abc', 'rev:cba')
  assert.deepEqual(verdict, { ok: true, value: { matches: true, outdated: true } })
})

/** Counts what is asked of the machine. */
function watched(): { argon2: Argon2; asked: Argon2Input[] } {
  const asked: Argon2Input[] = []
  const inner = nodeArgon2()
  const derive = (input: Argon2Input): Promise<Buffer> => {
    asked.push(input)
    return inner.derive(input)
  }
  return { asked, argon2: { name: 'node', derive } }
}

test('a name that nobody has costs what a wrong password costs: the same hash once', async () => {
  const { argon2, asked } = watched()
  const own = await hasher({}, { argon2 })
  const stored = await made(own, 'purple otter')
  const costs = []
  for (const hash of [stored, undefined, 'unreadable', '$2b$31$hostile']) {
    asked.length = 0
    const verdict = await own.verify('wrong', hash)
    assert.ok(verdict.ok && !verdict.value.matches)
    costs.push(asked.map(one => [one.cost, one.bytes, one.secret?.length, one.password.length]))
  }
  for (const cost of costs) assert.deepEqual(cost, costs[0])
  assert.equal(costs[0]?.length, 1)
})

test('a megabyte for a password buys no hashing time', async () => {
  const { argon2, asked } = watched()
  const own = await hasher({}, { argon2 })
  const stored = await made(own, 'purple otter')
  asked.length = 0
  const verdict = await own.verify('x'.repeat(1_000_000), stored)
  assert.ok(verdict.ok && !verdict.value.matches)
  assert.deepEqual(
    asked.map(one => one.password.length),
    [0],
  )
})

test('G20: of 200 passwords at once no more than the permits are ever hashed together', async () => {
  let [running, most] = [0, 0]
  const argon2: Argon2 = {
    name: 'node',
    async derive() {
      most = Math.max(most, ++running)
      await new Promise(resolve => setTimeout(resolve, 1))
      running--
      return Buffer.alloc(32)
    },
  }
  const own = await hasher(
    {},
    { argon2, admission: admission({ permits: 3, queue: 50, queueSeconds: 60 }) },
  )
  const all = await Promise.all(Array.from({ length: 200 }, () => own.verify('x', undefined)))
  assert.equal(most, 3)
  const refused = all.filter(one => !one.ok)
  assert.equal(refused.length, 147)
  assert.ok(
    refused.every(one => !one.ok && one.refusal.status === 503 && one.refusal.retryAfterSeconds),
  )
})

test('both engines make the same hash', async () => {
  const native = await nativeArgon2()
  assert.ok(native, 'no prebuilt @node-rs/argon2 for this machine')
  for (const secret of [undefined, Buffer.alloc(32, 7)]) {
    const input: Argon2Input = {
      variant: 'argon2id',
      password: Buffer.from('пароль'),
      salt: Buffer.alloc(16, 1),
      cost: { memoryKiB: 256, passes: 2, lanes: 2 },
      bytes: 32,
      secret,
    }
    const expected = await nodeArgon2().derive(input)
    assert.equal((await native.derive(input)).toString('hex'), expected.toString('hex'))
  }
})

for (const [what, cost] of [
  ['8 MiB', { memoryKiB: 8192, passes: 10, lanes: 1 }],
  ['19 MiB in one pass', { memoryKiB: 19_456, passes: 1, lanes: 1 }],
  ['half a pass', { memoryKiB: 65_536, passes: 1.5, lanes: 1 }],
  ['no lane', { memoryKiB: 65_536, passes: 3, lanes: 0 }],
] as const) {
  test(`stops the start for ${what}`, () => assert.throws(() => checkedCost(cost), ConfigFault))
}

test('a fast machine hashes dearer, a slow one never below the floor', async () => {
  const at = async (floorMs: number, budgetMiB: number) => {
    let now = 0
    const argon2: Argon2 = {
      name: 'node',
      async derive() {
        now += floorMs
        return Buffer.alloc(32)
      },
    }
    return calibrate(argon2, { targetMs: 40, permits: 2, budgetMiB }, () => now)
  }
  assert.deepEqual(await at(500, 1024), FLOOR)
  assert.deepEqual(await at(20, 1024), { memoryKiB: 32_768, passes: 2, lanes: 1 })
  assert.deepEqual(await at(5, 1024), { memoryKiB: 65_536, passes: 3, lanes: 1 })
  assert.deepEqual(await at(5, 64), { memoryKiB: 32_768, passes: 3, lanes: 1 })
})

test('a breach service learns five digits, and its silence keeps nobody out', async () => {
  const asked: string[] = []
  const own = await hasher({
    async breachedRange(prefix) {
      asked.push(prefix)
      if (prefix === '5BAA6') return '1E4C9B93F3F0682250B6CF8331B7EE68FD8:3\r\nFFFF:1'
      throw new Error('no network')
    },
    minLength: 8,
    blocklist: () => false,
  })
  assert.equal((await own.judge('password'))?.code, 'password.breached')
  assert.equal(await own.judge('purple otter walks home'), undefined)
  assert.ok(asked.every(prefix => /^[0-9A-F]{5}$/.test(prefix)))
})
