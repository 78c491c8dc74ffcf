import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { CATALOGUE, chosen } from './checks/catalogue.ts'
import { LEVELS, SEVERITIES } from './config/config.ts'
import { NEEDS } from './needs.ts'
import { SYSTEMS } from './systems.ts'
import { attackTwin } from './weak/matrix.ts'

const checks = CATALOGUE.flatMap(chapter => chapter.checks)

test('no two checks have the same name', () => {
  assert.equal(new Set(checks.map(({ id }) => id)).size, checks.length)
  assert.ok(checks.length >= 150)
})

for (const check of checks)
  test(`${check.id} says what, why, how to mend it, and where that stands`, () => {
    assert.match(check.id, /^[a-z]+\.[a-z-]+$/)
    assert.match(check.asvs, /^([1-9]|1[0-7])\.\d{1,2}\.\d{1,2}$/)
    assert.match(check.top10, /^A(0[1-9]|10)$/)
    assert.ok(Number.isInteger(check.cwe) && check.cwe > 0)
    assert.ok(LEVELS.includes(check.level) && SEVERITIES.includes(check.severity))
    assert.match(check.tries, /^[a-z].*[^.]$/)
    for (const sentence of [check.why, check.fix]) assert.match(sentence, /^[A-Z].*[.!]$/s)
    for (const need of check.needs ?? []) assert.ok(need in NEEDS)
  })

test('every chapter has a folder of its word, and every folder with checks is a chapter', () => {
  const folders = readdirSync(new URL('checks/', import.meta.url), { withFileTypes: true })
  const words = folders.filter(entry => entry.isDirectory()).map(({ name }) => name)
  assert.deepEqual(words.sort(), CATALOGUE.map(({ word }) => word).sort())
  for (const { system } of CATALOGUE) assert.ok(system in SYSTEMS)
})

test('checks are chosen by their name, its first word, or their folder', () => {
  const ids = (only: string[]) => chosen(CATALOGUE, only).checks.map(({ id }) => id)
  assert.deepEqual(ids(['idor.read']), ['idor.read'])
  assert.ok(ids(['idor']).every(id => id.startsWith('idor.')))
  assert.deepEqual(ids(['access']), ids(['idor']))
  assert.deepEqual(chosen(CATALOGUE, ['nope', 'csrf']).unknown, ['nope'])
})

test('all checks that may run together do so, and none spoils another', async () => {
  const together = checks.filter(({ alone, level }) => alone !== true && level !== 'full')
  const wrong = [...(await attackTwin([], together))].filter(
    ([, { verdict }]) => verdict !== 'pass',
  )
  assert.deepEqual(
    wrong.map(([id, verdict]) => `${id}: ${JSON.stringify(verdict)}`.slice(0, 200)),
    [],
  )
})
