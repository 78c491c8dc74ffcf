import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXIT } from '../../command.ts'
import { recorder } from '../../output/terminal.test.kit.ts'
import { plant } from '../planted.test.kit.ts'
import { dice } from './planted-kinds.test.kit.ts'
import { scanSecrets } from './secrets.ts'

const FILES = 10_000

test(`${FILES} files are looked through within ten seconds`, async t => {
  const roll = dice(11)
  const words = Array.from({ length: 200 }, () =>
    roll('abcdefghijklmnopqrstuvwxyz', 4 + (roll('0123', 1).charCodeAt(0) % 4)),
  )
  const line = (at: number): string =>
    `export const ${words[at % 200]} = (token: string) => ${words[(at * 7) % 200]}(token, '${words[(at * 3) % 200]}')\n`
  const source = Array.from({ length: 30 }, (_, at) => line(at)).join('')
  const files: Record<string, string> = {}
  for (let at = 0; at < FILES; at++)
    files[`${at % 100}/${words[at % 200]}-${at}.ts`] = line(at) + source
  files['7/hidden.ts'] =
    `${source}const key = 'ghp_${roll('abcdefghijklmnopqrstuvwxyz0123456789', 36)}'\n`
  const folder = plant(t, files)
  const terminal = recorder(folder)
  const from = performance.now()
  const before = process.cpuUsage()
  const exit = await scanSecrets(['--json'], terminal, () => 0)
  const cpu = process.cpuUsage(before)
  const wall = Math.round(performance.now() - from)
  const seconds = (cpu.user + cpu.system) / 1e6
  const report = JSON.parse(terminal.stdout())
  assert.equal(exit, EXIT.findings)
  assert.equal(report.findings.length, 1)
  assert.equal(report.facts.files, FILES + 1)
  // The machine may be busy with other things; what counts is the work done here.
  assert.ok(seconds < 10, `${seconds} s of CPU, ${wall} ms`)
  t.diagnostic(
    `${seconds.toFixed(1)} s of CPU, ${wall} ms, ${Math.round(report.facts.bytes / 2 ** 20)} MiB`,
  )
})
