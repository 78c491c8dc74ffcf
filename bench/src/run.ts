import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { auditBench } from './audit.ts'
import { fieldsBench } from './fields.ts'
import { loginBench } from './login.ts'
import { oauthBench } from './oauth.ts'
import { outbound } from './outbound.ts'
import { installedPeers } from './peers.ts'
import { request } from './request.ts'
import { shield } from './shield.ts'
import { storeBench } from './store.ts'
import { uploadsBench } from './uploads.ts'
import { weight } from './weight.ts'

const PAGE = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url))
const INTRO = fileURLToPath(new URL('../intro.md', import.meta.url))

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '11' },
    seconds: { type: 'string', default: '0.75' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
    page: { type: 'string', default: PAGE },
  },
})
const milliseconds = Number(values.seconds) * 1000
const { only } = values

type Bench = readonly [title: string, run: (rounds: number) => Promise<void>, mostRounds?: number]

/**
 * Name, title and work of each bench, and how many rounds it makes at most; those of `all` run in a
 * process of their own.
 */
const BENCHES: Readonly<Record<string, Bench>> = {
  request: [
    'A request with all defences on, against the bare framework and the usual plugins',
    rounds => request({ rounds, milliseconds, only }),
  ],
  weight: [
    'Start-up and memory, against the bare framework',
    rounds => weight({ rounds, only }),
    5,
  ],
  shield: ['The parts of the shield alone', rounds => shield({ rounds, only })],
  fields: ['Sealed columns', rounds => fieldsBench({ rounds, rows: 10_000 })],
  audit: ['The audit log', rounds => auditBench({ rounds })],
  outbound: [
    'Outgoing requests',
    rounds => outbound({ rounds, milliseconds, only, peers: installedPeers() }),
  ],
  oauth: [
    'Whole OAuth flows, beside oidc-provider',
    rounds => oauthBench({ rounds, milliseconds, only }),
  ],
  login: ['Signing in', rounds => loginBench({ rounds, milliseconds: 2 * milliseconds })],
  uploads: ['Uploads', rounds => uploadsBench({ rounds, mebibytes: 64, parts: 1000 }), 7],
  store: [
    'Stores, beside their peers',
    rounds => storeBench({ rounds, most: 1_000_000, peers: installedPeers() }),
  ],
}

const roundsOf = (name: string): number =>
  Math.min(Number(values.rounds), BENCHES[name]?.[2] ?? Number.POSITIVE_INFINITY)

const NEXT = /^## /m

function measured(name: string): string {
  const args = ['--rounds', values.rounds, '--seconds', values.seconds]
  if (only !== undefined) args.push('--only', only)
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--conditions=bulwark:source', fileURLToPath(import.meta.url), name, ...args],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )
  if (status !== 0) throw new Error(`the bench ${name} ended with ${status}`)
  // What is no table was set out in columns by spaces.
  const text = stdout.trim()
  const body = /^\|/m.test(text) ? text : `\`\`\`text\n${text}\n\`\`\``
  const [model] = cpus()
  const load = loadavg()[0]?.toFixed(1)
  const where = `Node ${process.versions.node}, ${availableParallelism()} × ${model?.model.trim()}`
  return `## ${BENCHES[name]?.[0]}\n\n\`npm run bench -w bench -- ${name}\`; ${roundsOf(name)} rounds, ${where}, load ${load}.\n\n${body}\n`
}

/** Puts a bench's section in place of its last one, in the order of the table, and leaves the others. */
function keep(name: string, section: string): void {
  const page = existsSync(values.page) ? readFileSync(values.page, 'utf8') : ''
  const kept = new Map([[titleOf(name), section]])
  for (const one of page.split(NEXT).slice(1)) {
    const [title = ''] = one.split('\n', 1)
    if (!kept.has(title)) kept.set(title, `## ${one.trim()}\n`)
  }
  const sections = Object.keys(BENCHES).map(each => kept.get(titleOf(each)) ?? '')
  const parts = [readFileSync(INTRO, 'utf8'), ...sections].map(part => part.trim())
  writeFileSync(values.page, `${parts.filter(part => part !== '').join('\n\n')}\n`)
}

function titleOf(name: string): string {
  return BENCHES[name]?.[0] ?? ''
}

const name = positionals[0] ?? 'request'
const chosen = name === 'all' ? Object.keys(BENCHES) : [name]
const unknown = chosen.find(one => !Object.hasOwn(BENCHES, one))
if (unknown !== undefined) {
  console.error(`There is no bench ${unknown}; there are all, ${Object.keys(BENCHES).join(', ')}.`)
  process.exit(2)
}
if (name !== 'all' && !values.write) await BENCHES[name]?.[1](roundsOf(name))
else {
  for (const one of chosen) {
    const section = measured(one)
    console.log(section)
    if (values.write) keep(one, section)
  }
}
process.exit(0)
