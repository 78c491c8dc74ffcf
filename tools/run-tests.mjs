// Runs the suite on whichever Node runs this file. Arguments are passed on to the test runner.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const patterns = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'bulwark-tests-'))
const ran = join(folder, 'ran.jsonl')
const node = (args, env = {}) =>
  spawnSync(process.execPath, ['--conditions=bulwark:source', ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  }).status ?? 1

let status = node(
  [
    '--test',
    `--test-concurrency=${availableParallelism()}`,
    '--test-reporter=./tools/reporter.mjs',
    '--test-reporter-destination=stdout',
    ...(patterns.length > 0 ? patterns : ['{library,cli,reference,bench}/src/**/*.test.ts']),
  ],
  { TESTS_RAN: ran },
)
// Only a whole run can tell that everything the dossier names did run.
if (patterns.length === 0) status = node(['tools/evidence.mjs', ran]) || status
rmSync(folder, { recursive: true, force: true })
process.exit(status)
