// Passing tests are silence: failures in full, then what was skipped and why, then the servers that the
// stores were tested on, then the counts.
import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'
import { inspect } from 'node:util'

const isCount = ({ type, data }) =>
  type === 'test:diagnostic' &&
  data.nesting === 0 &&
  /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(data.message)

const messageOf = error => inspect(error?.cause ?? error, { depth: 4 })

export default async function* reporter(source) {
  const skipped = []
  const passed = []
  const failures = []
  const engines = new Set()
  let announced = false
  let files = 0
  const times = []
  for await (const event of source) {
    const { type, data } = event
    if (type === 'test:fail' && data.details?.error?.failureType !== 'subtestsFailed') {
      const where = data.file === undefined ? '' : ` (${relative(process.cwd(), data.file)})`
      failures.push(`✖ ${data.name}${where}\n${messageOf(data.details?.error)}\n`)
      yield `✖ ${data.name}${where}\n`
    }
    if (type === 'test:stderr') yield data.message
    if (type === 'test:pass' && data.skip === undefined) passed.push(data.name)
    if (type === 'test:pass' && data.skip !== undefined)
      skipped.push(`  ${data.name}: ${data.skip === true ? 'no reason given' : data.skip}\n`)
    if (type === 'test:summary' && data.file !== undefined) {
      files += 1
      times.push([data.duration_ms, relative(process.cwd(), data.file)])
      if (files % 25 === 0) yield `… ${files} files\n`
    }
    if (type === 'test:diagnostic' && data.message.startsWith('engine '))
      engines.add(data.message.slice('engine '.length))
    if (!isCount(event)) continue
    if (!announced) {
      announced = true
      const slowest = times.sort((a, b) => b[0] - a[0]).slice(0, 8)
      yield `\nSlowest files:\n${slowest.map(([ms, file]) => `  ${(ms / 1000).toFixed(1)} s ${file}\n`).join('')}`
      if (failures.length > 0) yield `\nFailed:\n\n${failures.join('\n')}`
      yield skipped.length === 0
        ? '\nNothing was skipped.\n'
        : `\nSkipped:\n${[...new Set(skipped)].join('')}`
      if (engines.size > 0) yield `Engines: ${[...engines].sort().join(', ')}.\n`
    }
    yield `ℹ ${data.message}\n`
  } // Names of what ran, for whoever has to know, one a line.
  const log = process.env.TESTS_RAN
  if (log !== undefined)
    appendFileSync(log, passed.map(name => `${JSON.stringify(name)}\n`).join(''))
}
