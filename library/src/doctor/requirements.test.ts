import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { asvs } from './asvs.ts'
import { checks } from './doctor.ts'
import { duties } from './duties.ts'
import { evidence } from './evidence.ts'
import { gaps } from './gaps.ts'
import { judged } from './requirements.ts'
import { testNames } from './test-names.test.kit.ts'

const root = join(import.meta.dirname, '../../..')
const ids = new Set(asvs.map(({ id }) => id))
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8')
const attacks = new Set(
  globSync('cli/src/attack/checks/**/*.ts', { cwd: root })
    .filter(file => !file.includes('.test.'))
    .flatMap(file => [...textOf(file).matchAll(/\bid: '([\w.-]+)'/g)].map(([, id]) => id)),
)

for (const [id, { file, test: name, check, row, attack }] of Object.entries(evidence)) {
  test(`what shows ${id} is there: "${attack ?? name}"`, () => {
    assert.ok(ids.has(id))
    if (row === true) assert.ok(textOf(file).includes(`'${name}'`), file)
    else assert.ok(testNames(textOf(file)).has(name), `${file}: ${name}`)
    assert.ok(check === undefined || checks.some(one => one.id === check), check)
    assert.ok(attack === undefined || attacks.has(attack), attack)
  })
}

test('every requirement is shown, somebody’s duty, or a gap with a reason: one of the three', () => {
  for (const { id } of asvs) {
    const places = [evidence, duties, gaps].filter(one => Object.hasOwn(one, id))
    assert.equal(places.length, 1, id)
  }
  for (const id of [...Object.keys(duties), ...Object.keys(gaps)]) assert.ok(ids.has(id), id)
})

test('a requirement whose defence is undone is not called met', () => {
  const status = (found: string[]) =>
    judged({ found: new Set(found) }).find(({ id }) => id === '3.5.1')?.status
  assert.equal(status([]), 'met')
  assert.equal(status(['csrf.off']), 'not met')
})

test('what is not in use is not called met', () => {
  const status = (off: string[]) =>
    judged({ found: new Set(), off: new Set(off) }).find(({ id }) => id === '10.4.6')?.status
  assert.equal(status([]), 'met')
  assert.equal(status(['oauth']), 'yours')
})

test('what only the pages of the reference service show is a duty elsewhere', () => {
  const status = (isReference: boolean) =>
    judged({ found: new Set(), isReference }).find(({ id }) => id === '6.2.6')?.status
  assert.equal(status(true), 'met')
  assert.equal(status(false), 'yours')
})

test('nothing is met without evidence', () => {
  for (const { id, status } of judged({ found: new Set(), isReference: true })) {
    assert.equal(status === 'met', evidence[id] !== undefined, id)
  }
})

test('every id of the standard in a docstring is one', () => {
  const wrong: string[] = []
  for (const file of globSync('library/src/**/*.ts', { cwd: root })) {
    if (file.includes('.test.')) continue
    for (const [, list = ''] of textOf(file).matchAll(
      /@see [^\n]*?ASVS ((?:\d+\.\d+\.\d+(?:, | to )?)+)/g,
    )) {
      for (const id of list.match(/\d+\.\d+\.\d+/g) ?? []) {
        if (!ids.has(id)) wrong.push(`${file}: ${id}`)
      }
    }
  }
  assert.deepEqual(wrong, [])
})
