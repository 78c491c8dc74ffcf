import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { auditBench } from './audit.ts'
import { fieldsBench } from './fields.ts'
import { oauthBench } from './oauth.ts'
import { outbound } from './outbound.ts'
import { installedPeers } from './peers.ts'
import { request } from './request.ts'
import { shield } from './shield.ts'
import { storeBench } from './store.ts'
import { uploadsBench } from './uploads.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '11' },
    seconds: { type: 'string', default: '1' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const milliseconds = Number(values.seconds) * 1000
const { only } = values

/** Name, title and work of each bench; those of `all` run in a process of their own. */
const BENCHES: Readonly<Record<string, readonly [title: string, run: () => Promise<void>]>> = {
  request: [
    'A request with all defences on, against the bare framework and the usual plugins',
    () => request({ rounds, milliseconds, only }),
  ],
  shield: ['The parts of the shield alone', () => shield({ rounds, only })],
  fields: ['Sealed columns', () => fieldsBench({ rounds, rows: 10_000 })],
  audit: ['The audit log', () => auditBench({ rounds })],
  outbound: [
    'Outgoing requests',
    () => outbound({ rounds, milliseconds, only, peers: installedPeers() }),
  ],
  oauth: [
    'Whole OAuth flows, beside oidc-provider',
    () => oauthBench({ rounds, milliseconds, only }),
  ],
  uploads: ['Uploads', () => uploadsBench({ rounds, mebibytes: 64, parts: 1000 })],
  store: [
    'Stores, beside their peers',
    () => storeBench({ rounds, most: 100_000, peers: installedPeers() }),
  ],
}
const PAGE = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url))
const NEXT = /^## /m

function measured(name: string): string {
  const given = process.argv.slice(2).filter(word => word !== name && word !== 'all')
  const args = given.filter(word => word !== '--write')
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--conditions=bulwark:source', fileURLToPath(import.meta.url), name, ...args],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )
  if (status !== 0) throw new Error(`the bench ${name} ended with ${status}`)
  const [model] = cpus()
  const load = loadavg()[0]?.toFixed(1)
  const where = `Node ${process.versions.node}, ${availableParallelism()} × ${model?.model.trim()}`
  return `## ${BENCHES[name]?.[0]}\n\n\`npm run bench -w bench -- ${name}\`; ${rounds} rounds, ${where}, load ${load}.\n\n${stdout.trim()}\n`
}

/** Puts a bench's section in place of its last one, and leaves the others as they are. */
function keep(name: string, section: string): void {
  const [intro = '', ...sections] = readFileSync(PAGE, 'utf8').split(NEXT)
  const title = BENCHES[name]?.[0] ?? ''
  const others = sections.map(one => `## ${one.trim()}\n`).filter(one => !one.includes(title))
  writeFileSync(PAGE, [`${intro.trim()}\n`, ...others, section].join('\n'))
}

const name = positionals[0] ?? 'request'
const chosen = name === 'all' ? Object.keys(BENCHES) : [name]
const unknown = chosen.find(one => !Object.hasOwn(BENCHES, one))
if (unknown !== undefined) {
  console.error(`There is no bench ${unknown}; there are all, ${Object.keys(BENCHES).join(', ')}.`)
  process.exit(2)
}
if (name !== 'all' && !values.write) await BENCHES[name]?.[1]()
else {
  for (const one of chosen) {
    const section = measured(one)
    console.log(section)
    if (values.write) keep(one, section)
  }
}
process.exit(0)
