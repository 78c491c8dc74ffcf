import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { EXIT } from '../command.ts'
import { recorder } from '../output/terminal.test.kit.ts'
import { command } from './dossier.ts'

const folder = mkdtempSync(join(tmpdir(), 'bulwark-dossier-'))
after(() => rmSync(folder, { recursive: true }))
const KEY = 'q3Tq8m0JvW5nR7sYdLx2cA9uEoKf4hGzPb1iMwXl6tU'
writeFileSync(
  join(folder, 'config.mjs'),
  `export default { origin: 'https://app.example', rootKey: '${KEY}', csrf: false }`,
)

async function written(...args: string[]): Promise<string> {
  const terminal = recorder(folder)
  assert.equal(await command.run(['config.mjs', ...args], terminal), EXIT.clean)
  return terminal.stdout()
}

test('every requirement is met with a test, not met, or yours; what is switched off is not met', async () => {
  const { requirements, totals } = JSON.parse(await written('--json'))
  assert.ok(requirements.length > 290)
  for (const { id, status, evidence } of requirements) {
    assert.ok(['met', 'not met', 'yours'].includes(status), id)
    if (status === 'met') assert.ok(evidence.test, id)
  }
  const csrf = requirements.find(({ id }: { id: string }) => id === '3.5.1')
  assert.equal(csrf.status, 'not met')
  const last = totals.at(-1)
  assert.equal(last.met + last.notMet + last.yours, requirements.length)
})

test('it is a document in Markdown and in HTML, without a secret', async () => {
  for (const format of ['markdown', 'html']) {
    const text = await written('--format', format)
    assert.match(text, /Security dossier/)
    assert.ok(!text.includes(KEY))
  }
})
