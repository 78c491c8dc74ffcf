import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { asvs } from './asvs.ts'
import { checks } from './doctor.ts'
import { evidence } from './evidence.ts'
import { judged } from './requirements.ts'

const root = join(import.meta.dirname, '../../..')
const ids = new Set(asvs.map(({ id }) => id))

for (const [id, { file, test: name, check }] of Object.entries(evidence)) {
  test(`what shows ${id} is there: "${name}"`, () => {
    assert.ok(ids.has(id))
    assert.ok(readFileSync(join(root, file), 'utf8').includes(`'${name}'`), file)
    assert.ok(check === undefined || checks.some(one => one.id === check), check)
  })
}

test('a requirement whose defence is undone is not called met', () => {
  const status = (found: string[]) =>
    judged(new Set(found)).find(({ id }) => id === '3.5.1')?.status
  assert.equal(status([]), 'met')
  assert.equal(status(['csrf.off']), 'not met')
})

test('nothing is met without evidence', () => {
  for (const { id, status } of judged(new Set())) {
    assert.equal(status === 'met', evidence[id] !== undefined, id)
  }
})

test('every id of the standard in a docstring is one', () => {
  const wrong: string[] = []
  for (const file of globSync('library/src/**/*.ts', { cwd: root })) {
    if (file.includes('.test.')) continue
    for (const [, list = ''] of readFileSync(join(root, file), 'utf8').matchAll(
      /@see [^\n]*?ASVS ((?:\d+\.\d+\.\d+(?:, | to )?)+)/g,
    )) {
      for (const id of list.match(/\d+\.\d+\.\d+/g) ?? []) {
        if (!ids.has(id)) wrong.push(`${file}: ${id}`)
      }
    }
  }
  assert.deepEqual(wrong, [])
})
