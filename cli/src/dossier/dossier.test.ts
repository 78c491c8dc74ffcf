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
  for (const { id, status, says, evidence } of requirements) {
    assert.ok(['met', 'not met', 'yours'].includes(status), id)
    assert.ok(says.length > 10, id)
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

test('what a service does not use is left to it, pages too', async () => {
  const { requirements } = JSON.parse(await written('--json'))
  const status = (wanted: string) =>
    requirements.find(({ id }: { id: string }) => id === wanted)?.status
  for (const id of ['10.4.6', '6.2.1', '5.2.1', '6.2.6']) assert.equal(status(id), 'yours', id)
  assert.equal(status('4.2.1'), 'met')
})

test('a module may hand over a whole service, which is asked as it is, and closed', async () => {
  const terminal = recorder(join(import.meta.dirname, '../../..'))
  assert.equal(await command.run(['reference/doctor.config.ts', '--json'], terminal), EXIT.clean)
  const { requirements, totals } = JSON.parse(terminal.stdout())
  const status = (wanted: string) =>
    requirements.find(({ id }: { id: string }) => id === wanted)?.status
  for (const id of ['10.4.6', '6.2.1', '5.2.1', '6.2.6']) assert.equal(status(id), 'met', id)
  assert.ok(totals.at(-1).met > 200)
})
