import { content } from 'bulwark/content'
import { csrf } from 'bulwark/csrf'
import { headers, nonce } from 'bulwark/headers'
import type { Incoming } from 'bulwark/incoming'
import { parseJson } from 'bulwark/json'
import { deriveKeys } from 'bulwark/keys'
import { memoryStores } from 'bulwark/memory'
import { systemRandom } from 'bulwark/random'
import { throttle } from 'bulwark/throttle'
import { shown, spread } from './statistics.ts'

const random = systemRandom()
const keys = deriveKeys(random.bytes(32))
const guard = csrf({ key: keys.for('csrf'), random, trustedOrigins: ['https://partner.example'] })
const policies = headers({ reportsTo: '/reports/csp' })
const judgeContent = content().route({ produces: ['application/json'] })
const limiter = throttle({
  counters: memoryStores().counters,
  clock: Date.now,
  policies: {
    both: [
      { by: 'address', limit: 1e9, windowSeconds: 60 },
      { by: 'account', limit: 1e9, windowSeconds: 60 },
    ],
  },
})

const FIELDS: Readonly<Record<string, string>> = {
  host: 'app.example',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36',
  accept: 'application/json',
  'content-type': 'application/json',
  'content-length': '379',
  origin: 'https://app.example',
  'sec-fetch-site': 'same-origin',
  cookie: '__Host-session=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
  'x-csrf-token': guard.issue('session'),
}

function posting(fields: Readonly<Record<string, string>>): Incoming {
  return {
    method: 'POST',
    target: '/api/orders',
    path: '/api/orders',
    query: '',
    rawHeaders: Object.entries(fields).flat(),
    origin: 'https://app.example',
    address: '192.0.2.1',
    secure: true,
    header: name => fields[name],
  }
}

const friend = posting(FIELDS)
const foe = posting({ ...FIELDS, origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' })
const signedIn = { secure: true, signedIn: true }
const text = JSON.stringify({
  item: 'Garden chair',
  quantity: 3,
  note: 'please leave at the door, thank you',
  address: { street: 'Elm 5', city: 'Bern', zip: '3000' },
  tags: ['a', 'b', 'c'],
  price: 12.5,
  gift: false,
  more: 'x'.repeat(170),
})
const bytes = Buffer.from(text)
const asker = { address: '192.0.2.1', accountId: '0b3c1c0e-7c52-4b43-9a57-2f1e7d6b5a11' }
const BOTH = ['both'] as const
let fresh = ''

/** What is measured, and the microseconds it may cost on the machine of the baseline. */
const works: readonly (readonly [string, number, () => unknown])[] = [
  ['csrf: judge a friend', 1, () => guard.judge(friend)],
  ['csrf: judge a foe', 1, () => guard.judge(foe)],
  ['csrf: verify a token (HMAC)', 2.5, () => guard.verify(friend, 'session')],
  ['csrf: issue a token', 3, () => guard.issue('session')],
  ['content: judge', 1, () => judgeContent(friend)],
  ['headers: JSON', 0.1, () => policies.api(signedIn)],
  ['headers: page with a nonce', 1.5, () => policies.page(fresh, signedIn)],
  ['headers: a nonce', 0.5, () => nonce(random)],
  [`json: ${bytes.length} bytes`, 7, () => parseJson(bytes)],
  [`JSON.parse of the same, unguarded`, 7, () => JSON.parse(text)],
]

const BLOCK = 20_000

/** Cost of each guard in microseconds a call. */
export async function shield(options: {
  readonly rounds: number
  readonly only?: string | undefined
}): Promise<void> {
  fresh = nonce(random)
  console.log('| work | us a call | goal |\n| --- | --- | --- |')
  const wanted = (name: string): boolean =>
    options.only === undefined || name.includes(options.only)
  for (const [name, most, work] of works) {
    if (!wanted(name)) continue
    for (let warm = 0; warm < BLOCK; warm++) work()
    const costs = Array.from({ length: options.rounds }, () => {
      const start = performance.now()
      for (let at = 0; at < BLOCK; at++) work()
      return ((performance.now() - start) * 1000) / BLOCK
    })
    console.log(`| ${name} | ${shown(spread(costs))} | ${most} |`)
  }
  if (!wanted('throttle')) return
  const costs: number[] = []
  for (let round = 0; round < options.rounds; round++) {
    const start = performance.now()
    for (let at = 0; at < BLOCK; at++) await limiter.take(BOTH, asker)
    costs.push(((performance.now() - start) * 1000) / BLOCK)
  }
  console.log(`| throttle: two rates in memory, with fields | ${shown(spread(costs))} | 2 |`)
}
