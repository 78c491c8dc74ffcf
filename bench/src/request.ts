import { type Contender, contender } from './contender.ts'
import { load, type Shot, shot } from './load.ts'
import { shown, spread } from './statistics.ts'

/** One line of the table: the same request to two servers, in turns. */
interface Row {
  readonly name: string
  readonly goal: number
  readonly ours: readonly [server: string, ...args: string[]]
  readonly theirs: readonly [server: string, ...args: string[]]
  request(contender: Contender, ours: boolean): Shot
}

const BODY = JSON.stringify({ item: 'a book', quantity: 2, note: 'x'.repeat(200) })

const session = ({ told }: Contender): Record<string, string> => ({
  cookie: told['cookie'] ?? '',
})

const ROWS: readonly Row[] = [
  {
    name: 'GET, no session',
    goal: 0.65,
    ours: ['fastify-bulwark', 'memory'],
    theirs: ['fastify-bare'],
    request: ({ port }) => shot(port, { method: 'GET', path: '/' }),
  },
  {
    name: 'GET, session in SQLite',
    goal: 0.5,
    ours: ['fastify-bulwark', 'sqlite'],
    theirs: ['fastify-bare'],
    request: (at, ours) =>
      shot(at.port, { method: 'GET', path: '/', ...(ours ? { headers: session(at) } : {}) }),
  },
  {
    name: 'GET, session in memory',
    goal: 0.65,
    ours: ['fastify-bulwark', 'memory'],
    theirs: ['fastify-bare'],
    request: (at, ours) =>
      shot(at.port, { method: 'GET', path: '/', ...(ours ? { headers: session(at) } : {}) }),
  },
  {
    name: 'POST, session in memory, CSRF token',
    goal: 0.6,
    ours: ['fastify-bulwark', 'memory'],
    theirs: ['fastify-bare'],
    request: (at, ours) =>
      shot(at.port, {
        method: 'POST',
        path: '/echo',
        body: BODY,
        ...(ours
          ? { headers: { ...session(at), 'x-csrf-token': at.told['csrfToken'] ?? '' } }
          : {}),
      }),
  },
  {
    name: 'GET, session in memory',
    goal: 3.5,
    ours: ['fastify-bulwark', 'memory'],
    theirs: ['fastify-peers'],
    request: at => shot(at.port, { method: 'GET', path: '/', headers: session(at) }),
  },
  {
    name: 'POST, session in memory, CSRF token',
    goal: 2.5,
    ours: ['fastify-bulwark', 'memory'],
    theirs: ['fastify-peers'],
    request: at =>
      shot(at.port, {
        method: 'POST',
        path: '/echo',
        body: BODY,
        headers: {
          ...session(at),
          'x-csrf-token': at.told['csrfToken'] ?? '',
          'csrf-token': at.told['csrfToken'] ?? '',
        },
      }),
  },
]

const CONNECTIONS = 64

/** Requests per second of the server's CPU. */
async function capacity(at: Contender, one: Shot, milliseconds: number): Promise<number> {
  const before = await at.cpu()
  const { answers, statuses } = await load(at.port, [one], {
    connections: CONNECTIONS,
    milliseconds,
  })
  const used = (await at.cpu()) - before
  if (answers === 0 || statuses['2'] !== answers) {
    throw new Error(`not every answer was a good one: ${JSON.stringify(statuses)}`)
  }
  return answers / (used / 1e6)
}

async function measure(row: Row, rounds: number, milliseconds: number): Promise<string> {
  const [ourName, ...ourArgs] = row.ours
  const [theirName, ...theirArgs] = row.theirs
  const ours = await contender(ourName, ourArgs)
  const theirs = await contender(theirName, theirArgs)
  const sides = [
    { at: ours, one: row.request(ours, true) },
    { at: theirs, one: row.request(theirs, false) },
  ] as const
  const ratios: number[] = []
  const added: number[] = []
  try {
    for (const { at, one } of sides) await capacity(at, one, milliseconds)
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? [0, 1] : [1, 0]
      const results = [0, 0]
      for (const side of order as (0 | 1)[]) {
        results[side] = await capacity(sides[side].at, sides[side].one, milliseconds)
      }
      const [our = 0, their = 1] = results
      ratios.push(our / their)
      added.push(1e6 / our - 1e6 / their)
    }
  } finally {
    await ours.stop()
    await theirs.stop()
  }
  const ratio = spread(ratios)
  const verdict = ratio.median >= row.goal ? 'reached' : 'missed'
  return `| ${row.name} | ${row.theirs.join(' ')} | ${shown(ratio)} | ${spread(added).median.toFixed(1)} us | ${row.goal} ${verdict} |`
}

/** Capacity of a service with all request-level defences, as a share of the bare framework. */
export async function request(options: {
  readonly rounds: number
  readonly milliseconds: number
  readonly only?: string | undefined
}): Promise<void> {
  console.log(
    '| request | against | capacity, ratio | added CPU | goal |\n| --- | --- | --- | --- | --- |',
  )
  for (const row of ROWS) {
    if (options.only !== undefined && !row.name.includes(options.only)) continue
    console.log(await measure(row, options.rounds, options.milliseconds))
  }
}
