import type { Agent } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { outboundPolicy, safeFetch } from 'bulwark/outbound'
import { contender } from './contender.ts'
import { shown, spread } from './statistics.ts'

/** The part of undici that the peers use; ours is built on the same copy. */
interface Undici {
  readonly Agent: new () => object
  fetch(url: string, init: object): Promise<{ text(): Promise<string> }>
  request(url: string, init: object): Promise<{ body: { text(): Promise<string> } }>
}

const undici = createRequire(import.meta.resolve('bulwark/outbound'))('undici') as Undici

/** Fetches `url` once and reads the body as text. */
type Client = (url: string) => Promise<unknown>

const policy = outboundPolicy({
  name: 'bench',
  purpose: 'the bench server on loopback',
  ports: [...Array(64_512).keys()].map(port => port + 1024),
  allowAddresses: ['127.0.0.1/32'],
})
const dispatcher = new undici.Agent()

const ours: Client = async url => {
  const outcome = await safeFetch(url, { policy })
  if (!outcome.ok) throw new Error(outcome.refusal.why ?? outcome.refusal.code)
  return outcome.value.text()
}

interface Peer {
  readonly client: Client
  /** The greatest share of its CPU that ours may take. */
  readonly most: number
}

const builtIn: Readonly<Record<string, Peer>> = {
  // All features on, against a client that has none of them.
  'undici fetch': {
    client: async url => (await undici.fetch(url, { dispatcher })).text(),
    most: 0.7,
  },
  // The least that undici can do: capacity of at least 0.9 is CPU of at most 1.11.
  'undici request': {
    client: async url => (await undici.request(url, { dispatcher })).body.text(),
    most: 1.11,
  },
}

interface Axios {
  get(url: string, options: object): Promise<{ data: unknown }>
}

/** How the guard of many services is built: axios, and an agent that judges addresses. */
async function installedIn(folder: string): Promise<Readonly<Record<string, Peer>>> {
  const installed = createRequire(pathToFileURL(join(folder, 'package.json')))
  const load = async (name: string): Promise<Record<string, unknown> | undefined> => {
    try {
      return await import(pathToFileURL(installed.resolve(name)).href)
    } catch {
      return undefined
    }
  }
  const axios = (await load('axios'))?.['default'] as Axios | undefined
  const filtering = await load('request-filtering-agent')
  if (axios === undefined || filtering === undefined) {
    throw new Error(`${folder} holds no axios and request-filtering-agent; npm i --prefix it`)
  }
  const FilteringAgent = filtering['RequestFilteringHttpAgent'] as new (options: object) => Agent
  // Its own filter stays on; loopback is an exception, as in our policy.
  const httpAgent = new FilteringAgent({ keepAlive: true, allowIPAddressList: ['127.0.0.1'] })
  const text = { responseType: 'text', proxy: false, maxRedirects: 5, timeout: 15_000 } as const
  const caps = { maxContentLength: 1_048_576, maxBodyLength: 1_048_576 }
  return {
    'axios + request-filtering-agent': {
      client: async url => (await axios.get(url, { ...text, ...caps, httpAgent })).data,
      most: 0.4,
    },
  }
}

/** Microseconds of this process's CPU for one request. */
async function cost(
  client: Client,
  url: string,
  inFlight: number,
  requests: number,
): Promise<number> {
  const before = process.cpuUsage()
  let left = requests
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await client(url)
    }),
  )
  const { user, system } = process.cpuUsage(before)
  return (user + system) / requests
}

/** CPU of a request that is guarded, as a share of the same request unguarded. */
export async function outbound(options: {
  readonly rounds: number
  readonly milliseconds: number
  readonly only?: string | undefined
  /** A folder in whose `node_modules` the peers are found that are no dependencies of ours. */
  readonly peers?: string | undefined
}): Promise<void> {
  const peers =
    options.peers === undefined ? builtIn : { ...builtIn, ...(await installedIn(options.peers)) }
  const server = await contender('fastify-bare')
  const url = `http://127.0.0.1:${server.port}/`
  // A block is short, so that what disturbs the machine disturbs both sides; and long enough that
  // the collector of garbage clears up within the block that made it.
  const requests = Math.max(100, Math.round(options.milliseconds * 2))
  console.log(
    '| client | in flight | CPU, ratio | CPU ours | goal |\n| --- | --- | --- | --- | --- |',
  )
  try {
    for (const [name, { client, most }] of Object.entries(peers)) {
      for (const inFlight of [1, 32]) {
        if (options.only !== undefined && !name.includes(options.only)) continue
        const ratios: number[] = []
        const costs: number[] = []
        for (const warm of [ours, client]) await cost(warm, url, inFlight, 4 * requests)
        for (let round = 0; round < options.rounds; round++) {
          const first = round % 2 === 0
          const one = await cost(first ? ours : client, url, inFlight, requests)
          const two = await cost(first ? client : ours, url, inFlight, requests)
          const [our, their] = first ? [one, two] : [two, one]
          ratios.push(our / their)
          costs.push(our)
        }
        const ratio = spread(ratios)
        const verdict = ratio.median <= most ? 'reached' : 'missed'
        const cpu = spread(costs).median.toFixed(0)
        console.log(`| ${name} | ${inFlight} | ${shown(ratio)} | ${cpu} us | ${most} ${verdict} |`)
      }
    }
  } finally {
    await policy.close()
    await server.stop()
  }
}
