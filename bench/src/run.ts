import { parseArgs } from 'node:util'
import { request } from './request.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '11' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string' },
  },
})

const BENCHES = { request } as const
const name = positionals[0] ?? 'request'
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name as keyof typeof BENCHES] : undefined
if (bench === undefined) {
  console.error(`There is no bench ${name}; there are ${Object.keys(BENCHES).join(', ')}.`)
  process.exit(2)
}
await bench({
  rounds: Number(values.rounds),
  milliseconds: Number(values.seconds) * 1000,
  only: values.only,
})
process.exit(0)
