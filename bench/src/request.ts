import { type Client, signedIn } from './clients.ts'
import { type Contender, contender } from './contender.ts'
import { load, type Shot, shot } from './load.ts'
import { installedPeers } from './peers.ts'
import { type Spread, shown, spread } from './statistics.ts'

/** What is asked of a server, and the status that answers it. */
export interface Asked {
  readonly status: number
  request(client: Client | undefined): Parameters<typeof shot>[1]
}

const GOOD = JSON.stringify({ item: 'a book', quantity: 2, note: 'x'.repeat(200) })
const BAD = GOOD.replace(/.$/, ',')

/** The fields of somebody who is signed in; a server that knows nobody is sent none. */
function fields(client: Client | undefined): Record<string, string> {
  if (client === undefined) return {}
  const { cookie, csrfToken } = client
  return { cookie, ...(csrfToken !== '' && { 'x-csrf-token': csrfToken }) }
}

const posted = (body: string, client: Client | undefined, more: Record<string, string> = {}) => ({
  method: 'POST',
  path: '/echo',
  body,
  headers: { ...fields(client), ...more },
})

type Ask =
  | 'GET'
  | 'GET, no session'
  | 'POST'
  | 'POST from another site'
  | 'POST of bad JSON'
  | 'GET over the limit'

export const ASKED: Readonly<Record<Ask, Asked>> = {
  GET: { status: 200, request: client => ({ method: 'GET', path: '/', headers: fields(client) }) },
  'GET, no session': { status: 200, request: () => ({ method: 'GET', path: '/' }) },
  POST: { status: 200, request: client => posted(GOOD, client) },
  'POST from another site': {
    status: 403,
    request: client =>
      posted(GOOD, client, { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }),
  },
  'POST of bad JSON': { status: 400, request: client => posted(BAD, client) },
  'GET over the limit': {
    status: 429,
    request: client => ({ method: 'GET', path: '/limited', headers: fields(client) }),
  },
}

/** A server with its arguments, asked one thing. */
type Cell = readonly [server: string, ask: Ask]
type Row = readonly [ours: Cell, theirs: Cell, goal: number | undefined]

interface Goals {
  readonly peers: readonly [get: number, post: number]
  readonly bare: readonly [get: number, post: number]
}

/** Ours beside the floor, the usual stack and the bare framework; then what no goal can be above. */
function rowsOf(framework: string, goals: Goals): readonly Row[] {
  const ours = `${framework}-bulwark memory`
  const [floor, peers, bare] = ['floor', 'peers', 'bare'].map(kind => `${framework}-${kind}`) as [
    string,
    string,
    string,
  ]
  const both = (one: string, other: string, goal?: readonly [number, number]): readonly Row[] => [
    [[one, 'GET'], [other, 'GET'], goal?.[0]],
    [[one, 'POST'], [other, 'POST'], goal?.[1]],
  ]
  return [
    ...both(ours, floor, [0.95, 0.95]),
    ...both(ours, peers, goals.peers),
    ...both(ours, bare, goals.bare),
    [[ours, 'POST from another site'], [ours, 'POST'], 1],
    [[ours, 'POST of bad JSON'], [ours, 'POST'], 1],
    [[ours, 'GET over the limit'], [ours, 'GET'], 1],
    ...both(floor, bare),
    ...both(floor, peers),
    ...both(bare, peers),
  ]
}

const ALONE = 'fastify-bulwark memory session'
const ROWS: Readonly<Record<string, readonly Row[]>> = {
  fastify: [
    ...rowsOf('fastify', { peers: [3.5, 2.5], bare: [0.65, 0.6] }),
    [['fastify-bulwark memory', 'GET, no session'], ['fastify-bare', 'GET'], 0.65],
    [['fastify-bulwark sqlite', 'GET'], ['fastify-bare', 'GET'], 0.5],
    [[ALONE, 'GET'], ['fastify-better-auth memory', 'GET'], 7],
    [['fastify-bulwark sqlite session', 'GET'], ['fastify-better-auth sqlite', 'GET'], 10],
  ],
  express: rowsOf('express', { peers: [2, 2], bare: [0.7, 0.7] }),
  hono: rowsOf('hono', { peers: [2.5, 2.5], bare: [0.52, 0.52] }),
}

const CONNECTIONS = 64
const CLIENTS = 64

/** Microseconds of the main thread's CPU for one answer. */
async function cost(
  at: Contender,
  shots: readonly Shot[],
  status: number,
  milliseconds: number,
): Promise<number> {
  const before = await at.cpu()
  const { answers, statuses } = await load(at.port, shots, {
    connections: CONNECTIONS,
    milliseconds,
  })
  const used = (await at.cpu()) - before
  if (answers === 0 || statuses[status] !== answers) {
    throw new Error(`not every answer was a ${status}: ${JSON.stringify(statuses)}`)
  }
  return used / answers
}

interface Side {
  readonly name: string
  measure(milliseconds: number): Promise<number>
}

/** The costs of every cell of the rows, by its name, round by round. */
async function measured(
  rows: readonly Row[],
  rounds: number,
  milliseconds: number,
): Promise<Costs> {
  const servers = new Map<string, { readonly at: Contender; readonly clients: readonly Client[] }>()
  const sides = new Map<string, Side>()
  const costs = new Map<string, number[]>()
  try {
    for (const [server, ask] of rows.flatMap(row => row.slice(0, 2) as Cell[])) {
      let known = servers.get(server)
      if (known === undefined) {
        const [file = '', ...args] = server.split(' ')
        const at = await contender(file, args)
        known = { at, clients: await signedIn(at.port, CLIENTS) }
        servers.set(server, known)
      }
      const { at, clients } = known
      const { status, request } = ASKED[ask]
      const asking = clients.length === 0 ? [undefined] : clients
      const shots = asking.map(client => shot(at.port, request(client)))
      const name = `${server}: ${ask}`
      // The one request that a limit of one lets through is over before anything is measured.
      await load(at.port, shots, { connections: 1, milliseconds: 1_000, most: 1 })
      sides.set(name, { name, measure: ms => cost(at, shots, status, ms) })
      costs.set(name, [])
    }
    // The first round warms everything up.
    const order = [...sides.values()]
    for (let round = 0; round <= rounds; round++) {
      for (const { name, measure } of round % 2 === 0 ? order : order.toReversed()) {
        const used = await measure(milliseconds)
        if (round > 0) costs.get(name)?.push(used)
      }
    }
  } finally {
    for (const { at } of servers.values()) await at.stop()
  }
  return costs
}

type Costs = ReadonlyMap<string, readonly number[]>

const costsOf = (costs: Costs, [server, ask]: Cell): readonly number[] =>
  costs.get(`${server}: ${ask}`) ?? []

/** How often the first does what the second does once, with the same CPU. */
function capacity(costs: Costs, one: Cell, other: Cell): Spread {
  const [ours, theirs] = [costsOf(costs, one), costsOf(costs, other)]
  return spread(theirs.map((cost, round) => cost / (ours[round] ?? Number.NaN)))
}

function line([ours, theirs, goal]: Row, costs: Costs): string {
  const ratio = capacity(costs, ours, theirs)
  const [name, ask] = theirs
  const against = ours[0] === name ? `its ${ask}` : name
  const cpu = [ours, theirs].map(cell => spread(costsOf(costs, cell)).median.toFixed(1))
  const verdict = goal === undefined ? '' : verdictOf(costs, ratio, theirs, goal)
  return `| ${ours[1]} | ${ours[0]} | ${against} | ${shown(ratio)} | ${cpu.join(' · ')} us | ${verdict} |`
}

/** A missed goal stands beside what the floor reached in the same run: more than that nothing can. */
function verdictOf(costs: Costs, ratio: Spread, theirs: Cell, goal: number): string {
  if (ratio.median >= goal) return `${goal} reached`
  const [name, ask] = theirs
  const floor: Cell = [name.replace(/-(peers|bare)$/, '-floor'), ask]
  if (floor[0] === name) return `${goal} missed`
  return `${goal} missed; the floor ${capacity(costs, floor, theirs).median.toFixed(2)}`
}

/**
 * Capacity of services with all request-level defences beside the bare framework, the usual plugins
 * and the floor: every server of a framework is asked in every round, forth and back by turns.
 */
export async function request(options: {
  readonly rounds: number
  readonly milliseconds: number
  /** A framework. */
  readonly only?: string | undefined
}): Promise<void> {
  installedPeers()
  for (const [framework, rows] of Object.entries(ROWS)) {
    if (options.only !== undefined && options.only !== framework) continue
    const costs = await measured(rows, options.rounds, options.milliseconds)
    console.log(
      `\n### ${framework}\n\n| request | server | against | capacity, ratio | CPU a request | goal |\n| --- | --- | --- | --- | --- | --- |`,
    )
    for (const row of rows) console.log(line(row, costs))
  }
}
