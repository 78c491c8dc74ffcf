// Runs the suite on whichever Node runs this file. Arguments are passed on to the test runner.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const patterns = process.argv.slice(2)
const { status } = spawnSync(
  process.execPath,
  [
    '--conditions=bulwark:source',
    '--test',
    `--test-concurrency=${availableParallelism()}`,
    '--test-reporter=./tools/reporter.mjs',
    '--test-reporter-destination=stdout',
    ...(patterns.length > 0 ? patterns : ['{library,cli,reference,bench}/src/**/*.test.ts']),
  ],
  { cwd: root, stdio: 'inherit' },
)
process.exit(status ?? 1)
