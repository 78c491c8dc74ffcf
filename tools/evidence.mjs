// What `bulwark dossier` calls met names a test; this tells whether each of them ran and passed.
import { readFileSync } from 'node:fs'
import { evidence } from '../library/src/doctor/evidence.ts'

const names = readFileSync(process.argv[2], 'utf8')
  .split('\n')
  .filter(Boolean)
  .map(line => JSON.parse(line))
const text = `\n${names.join('\n')}\n`
const escaped = words =>
  words
    .split('…')
    .map(part => RegExp.escape(part))
    .join('.*')
const missing = Object.entries(evidence).filter(([, { test, row }]) => {
  const words = row === true ? `.*${escaped(test)}.*` : escaped(test)
  return !new RegExp(`\\n${words}\\n`).test(text)
})
const count = Object.keys(evidence).length
process.stdout.write(
  `Of ${count} requirements that the dossier calls met, ${count - missing.length} were shown in this run.\n`,
)
for (const [id, { file, test }] of missing)
  process.stdout.write(`  ${id} not shown: "${test}" (${file})\n`)
process.exit(missing.length === 0 ? 0 : 1)
