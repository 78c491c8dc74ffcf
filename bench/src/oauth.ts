import { type Contender, contender } from './contender.ts'
import { type FlowTarget, flow } from './oauth-flow.ts'
import { shown, spread } from './statistics.ts'

interface Measured {
  /** Flows a second of the server's CPU, all threads. */
  readonly byCpu: number
  /** Flows a second of the wall. */
  readonly byWall: number
}

const AT_ONCE = 16
const ABOUT = `
A flow is authorize, redeem with PKCE, refresh, by somebody who is signed in: ES256 and the same kinds of tokens from both, ours with all defences but a throttle, the peer bare. Its \`memory\` is a map of live objects, ours the memory store; on SQLite both write durably before they answer. The goal is fewer calls and a ratio of 2.`
const KINDS = [
  ['memory', 'jwt'],
  ['memory', 'opaque'],
  ['sqlite', 'jwt'],
  ['sqlite', 'opaque'],
] as const

async function measured(
  server: Contender,
  of: FlowTarget,
  milliseconds: number,
): Promise<Measured> {
  const cpu = await server.cpuOfAll()
  const start = performance.now()
  let flows = 0
  const lane = async (): Promise<void> => {
    while (performance.now() - start < milliseconds) {
      await flow(of)
      flows++
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  const wall = performance.now() - start
  return {
    byCpu: (flows * 1_000_000) / ((await server.cpuOfAll()) - cpu),
    byWall: (flows * 1000) / wall,
  }
}

async function started(
  name: string,
  args: readonly string[],
): Promise<{ readonly server: Contender; readonly of: FlowTarget }> {
  const server = await contender(name, args)
  const { cookie = '', authorize = '', token = '' } = server.told
  return {
    server,
    of: { origin: `http://localhost:${server.port}`, authorize, token, cookie },
  }
}

/** How often one flow calls the store; and that both answer the same kinds of tokens. */
async function trips(name: string, kind: readonly string[]): Promise<number> {
  const { server, of } = await started(name, [...kind, 'count'])
  await flow(of)
  const before = await server.ask('trips')
  const tokens = await flow(of)
  const after = await server.ask('trips')
  await server.stop()
  const isJwt = tokens.access_token.split('.').length === 3
  if (isJwt !== kind.includes('jwt') || tokens.id_token.split('.').length !== 3) {
    throw new Error(`${name} answers other tokens than ${kind.join(', ')}`)
  }
  return after - before
}

/**
 * Whole flows of somebody who is signed in (authorize, redeem a code with PKCE, refresh; three
 * requests) beside oidc-provider: the same algorithm, the same tokens, each in a process of its own,
 * by turns. The CPU is the server's alone, its crypto threads included.
 */
export async function oauthBench(options: {
  readonly rounds: number
  readonly milliseconds: number
  readonly only: string | undefined
}): Promise<void> {
  const line = (text: string): void => void process.stdout.write(`${text}\n`)
  line(
    '| store, access token | store calls a flow, ours · theirs | flows a CPU second, ours | theirs | ratio | ratio of flows a second |',
  )
  line('| --- | --- | --- | --- | --- | --- |')
  for (const kind of KINDS) {
    if (options.only !== undefined && options.only !== kind.join('-')) continue
    const calls = [await trips('oauth-bulwark', kind), await trips('oauth-peer', kind)]
    const ours = await started('oauth-bulwark', kind)
    const theirs = await started('oauth-peer', kind)
    const rows: (readonly [Measured, Measured])[] = []
    // The first round warms both up.
    for (let round = 0; round <= options.rounds; round++) {
      const mine = () => measured(ours.server, ours.of, options.milliseconds)
      const other = () => measured(theirs.server, theirs.of, options.milliseconds)
      const first = round % 2 === 0 ? undefined : await other()
      const own = await mine()
      const row = [own, first ?? (await other())] as const
      if (round > 0) rows.push(row)
    }
    const of = (pick: (row: readonly [Measured, Measured]) => number): string =>
      shown(spread(rows.map(pick)))
    line(
      `| ${kind.join(', ')} | ${calls.join(' · ')} | ${of(([own]) => own.byCpu)} | ${of(([, other]) => other.byCpu)} | ${of(([own, other]) => own.byCpu / other.byCpu)} | ${of(([own, other]) => own.byWall / other.byWall)} |`,
    )
    await ours.server.stop()
    await theirs.server.stop()
  }
  line(ABOUT)
}
