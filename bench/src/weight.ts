import { spawnSync } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { signedIn } from './clients.ts'
import { contender } from './contender.ts'
import { load, shot } from './load.ts'
import { installedPeers } from './peers.ts'
import { ASKED } from './request.ts'
import { type Spread, shown, spread } from './statistics.ts'

/** One process from its start to its end. */
interface Life {
  /** Milliseconds until it listened: of the clock, and of CPU in all its threads. */
  readonly wall: number
  readonly cpu: number
  /** Mebibytes of resident memory when nobody had asked anything, and after the load. */
  readonly idle: number
  readonly loaded: number
}

const MOST = { cpu: 1.15, wall: undefined, idle: 1.03, loaded: 1.15 } as const
const REQUESTS = 20_000
const MIB = 1024 * 1024

/** What runs is what is published: the sources take time and memory to have their types removed. */
function build(): void {
  const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url))
  const bench = fileURLToPath(new URL('..', import.meta.url))
  const { status } = spawnSync(tsc, ['-b', bench], { stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error('what is measured could not be built')
}

async function live(server: string): Promise<Life> {
  const [name = '', ...args] = server.split(' ')
  const start = performance.now()
  const at = await contender(name, args, { built: true })
  try {
    const wall = performance.now() - start
    const cpu = (await at.cpuOfAll()) / 1000
    await setTimeout(500)
    const idle = (await at.rss()) / MIB
    const clients = await signedIn(at.port, 64)
    for (const { request } of [ASKED.GET, ASKED.POST]) {
      const asking = clients.length === 0 ? [undefined] : clients
      const shots = asking.map(client => shot(at.port, request(client)))
      await load(at.port, shots, { connections: 64, milliseconds: 60_000, most: REQUESTS })
    }
    return { wall, cpu, idle, loaded: (await at.rss()) / MIB }
  } finally {
    await at.stop()
  }
}

/**
 * Start-up and memory of fresh processes, as built, beside the bare framework; by turns, and each
 * under the same number of requests.
 */
export async function weight(options: {
  readonly rounds: number
  /** A framework. */
  readonly only?: string | undefined
}): Promise<void> {
  installedPeers()
  build()
  console.log(
    '| server | start, CPU | start, clock | memory at rest | memory after load |\n| --- | --- | --- | --- | --- |',
  )
  for (const framework of ['fastify', 'express', 'hono']) {
    if (options.only !== undefined && options.only !== framework) continue
    const bare = `${framework}-bare`
    const others = [`${framework}-bulwark memory`, `${framework}-peers`]
    const lives = new Map<string, Life[]>([bare, ...others].map(name => [name, []]))
    for (let round = 0; round < options.rounds; round++) {
      const order = [...lives]
      for (const [name, list] of round % 2 === 0 ? order : order.toReversed()) {
        list.push(await live(name))
      }
    }
    const of = (name: string, what: keyof Life): readonly number[] =>
      (lives.get(name) ?? []).map(life => life[what])
    const median = (what: keyof Life): number => spread(of(bare, what)).median
    console.log(
      `| ${bare} | ${median('cpu').toFixed(0)} ms | ${median('wall').toFixed(0)} ms | ${median('idle').toFixed(0)} MiB | ${median('loaded').toFixed(0)} MiB |`,
    )
    for (const name of others) {
      const cell = (what: keyof Life): string => {
        const theirs = of(bare, what)
        const ratio = spread(of(name, what).map((one, round) => one / (theirs[round] ?? 1)))
        return `${shown(ratio)}${name.endsWith('-peers') ? '' : verdict(what, ratio)}`
      }
      const cells = (['cpu', 'wall', 'idle', 'loaded'] as const).map(cell)
      console.log(`| ${name} | ${cells.join(' | ')} |`)
    }
  }
}

function verdict(what: keyof Life, { median }: Spread): string {
  const most = MOST[what]
  if (most === undefined) return ''
  return `, ${most} ${median <= most ? 'reached' : 'missed'}`
}
