import { setTimeout as pause } from 'node:timers/promises'
import { type Contender, contender } from './contender.ts'
import { load, type Shot, shot } from './load.ts'
import { shown, spread } from './statistics.ts'

/** What a hash costs: what the service chose for this machine, or the floor of its ladder. */
export interface Cost {
  readonly memoryKiB: number
  readonly passes: number
  readonly lanes: number
}
export const FLOOR: Cost = { memoryKiB: 19_456, passes: 2, lanes: 1 }
export const PASSWORD = 'correct horse battery staple'
export const PEOPLE = 256
export const accountOf = (at: number): string => `person-${at}@example.com`

const GOAL = 0.95
const AT_ONCE = 16

/** Everybody signs in once from a browser that is then known; answers what it sends the next time. */
async function browsers(at: Contender): Promise<readonly Shot[]> {
  const shots: Shot[] = []
  for (let one = 0; one < PEOPLE; one++) {
    const body = JSON.stringify({ email: accountOf(one), password: PASSWORD })
    const answer = await fetch(`http://localhost:${at.port}/auth/login`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    if (answer.status !== 200) throw new Error(`signing in answered ${answer.status}`)
    await answer.text()
    const device = answer.headers.getSetCookie().find(text => text.includes('device='))
    const cookie = device?.split(';')[0] ?? ''
    shots.push(shot(at.port, { method: 'POST', path: '/auth/login', body, headers: { cookie } }))
  }
  return shots
}

/** Answers a second over HTTP: of sign-ins each with its session and its events kept. */
async function answered(
  at: Contender,
  shots: readonly Shot[],
  milliseconds: number,
): Promise<number> {
  const started = performance.now()
  const { answers, statuses } = await load(at.port, shots, { connections: AT_ONCE, milliseconds })
  if (statuses['200'] !== answers)
    throw new Error(`not all answered 200: ${JSON.stringify(statuses)}`)
  return (answers * 1000) / (performance.now() - started)
}

async function bareHashes(at: Contender, milliseconds: number): Promise<number> {
  await at.ask('begin')
  const started = performance.now()
  await pause(milliseconds)
  return ((await at.ask('end')) * 1000) / (performance.now() - started)
}

/** Waits of `/healthz`, asked every 5 ms while 200 people sign in again and again; in milliseconds. */
async function waits(
  at: Contender,
  shots: readonly Shot[],
  milliseconds: number,
): Promise<readonly number[]> {
  const flood = load(at.port, shots, { connections: 200, milliseconds })
  const all: number[] = []
  const until = performance.now() + milliseconds
  while (performance.now() < until) {
    const asked = performance.now()
    const answer = await fetch(`http://localhost:${at.port}/healthz`)
    await answer.text()
    all.push(performance.now() - asked)
    await pause(5)
  }
  await flood
  return all.sort((a, b) => a - b)
}

const ROWS = ['chosen', 'floor'] as const

/**
 * How many can sign in, as a share of the hashes that this machine computes at all with the same
 * parameters; how long others wait meanwhile; and what memory it takes.
 */
export async function loginBench(options: {
  readonly rounds: number
  readonly milliseconds: number
}): Promise<void> {
  console.log('| parameters | what | figure | goal |\n| --- | --- | --- | --- |')
  for (const cost of ROWS) await measured(cost, options)
}

async function measured(
  which: (typeof ROWS)[number],
  { rounds, milliseconds }: { readonly rounds: number; readonly milliseconds: number },
): Promise<void> {
  const ours = await contender('login', [which], { pinned: false })
  const cost = ours.told['cost'] ?? ''
  const bare = await contender('hashes', [cost], { pinned: false })
  try {
    const shots = await browsers(ours)
    await answered(ours, shots, milliseconds)
    const idle = await ours.rss()
    const body = JSON.stringify({ email: accountOf(0), password: PASSWORD })
    const plain = [shot(bare.port, { method: 'POST', path: '/', body })]
    const ofAll: number[] = []
    const ofServed: number[] = []
    const rates: number[] = []
    for (let round = 0; round < rounds; round++) {
      const first = round % 2 === 0 ? await answered(ours, shots, milliseconds) : 0
      const hashes = await bareHashes(bare, milliseconds)
      const served = await answered(bare, plain, milliseconds)
      const logins = first || (await answered(ours, shots, milliseconds))
      rates.push(logins)
      ofAll.push(logins / hashes)
      ofServed.push(logins / served)
    }
    const ratio = spread(ofAll)
    const sorted = await waits(ours, shots, milliseconds * 3)
    const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
    const grown = ((await ours.rss()) - idle) / 2 ** 20
    const { memoryKiB, passes, lanes } = JSON.parse(cost) as Cost
    const name = `m=${memoryKiB} t=${passes} p=${lanes} (${which})`
    const row = (what: string, figure: string, goal = ''): void =>
      console.log(`| ${name} | ${what} | ${figure} | ${goal} |`)
    const verdict = (reached: boolean): string => (reached ? 'reached' : 'missed')
    row(
      'sign-ins, share of the bare hashes of all cores',
      shown(ratio),
      `${GOAL} ${verdict(ratio.median >= GOAL)}`,
    )
    row('sign-ins, share of the same hashes asked of bare node:http', shown(spread(ofServed)))
    row('sign-ins a second', spread(rates).median.toFixed(0))
    row(
      '/healthz while 200 sign in at once, p99',
      `${p99.toFixed(1)} ms`,
      `50 ms ${verdict(p99 < 50)}`,
    )
    row(
      `resident memory, more than when busy with ${AT_ONCE}`,
      `${grown.toFixed(0)} MiB`,
      `64 MiB ${verdict(grown < 64)}`,
    )
  } finally {
    await ours.stop()
    await bare.stop()
  }
}
