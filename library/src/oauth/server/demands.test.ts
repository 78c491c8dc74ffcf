import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const read = (path: string): string =>
  readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')
const page = read('docs/oauth.md')

/** The cells of every row of the page's tables that begins with a paragraph's number or a word. */
const rows = page
  .split('\n')
  .filter(line => line.startsWith('| ') && !line.startsWith('| ---'))
  .map(line => line.split(' | ').map(cell => cell.replace(/^\| | \|$/g, '').trim()))
const files = new Map(
  rows
    .filter(cells => cells.length === 2)
    .flatMap(([word = '', file = '']) => {
      const path = /`([^`]+)`/.exec(file)?.[1]
      return path === undefined ? [] : [[word, read(path)] as const]
    }),
)
const demands = rows.filter(cells => cells.length === 4 && cells[0] !== '§')

/**
 * Whether a file has a test of this name, be it made of a template and texts of the same file: what
 * stands where the template has a value must be one of them.
 */
function hasTest(text: string, name: string): boolean {
  const quoted = (value: string): boolean =>
    [`'${value}'`, `\`${value}\``, `"${value}"`].some(one => text.includes(one))
  for (const [, template = ''] of text.matchAll(/\btest\(\s*`([^`]*)`/g)) {
    const parts = template.split(/\$\{(?:[^{}]|\{[^}]*\})*\}/).map(part => RegExp.escape(part))
    const found = new RegExp(`^${parts.join('(.*)')}$`).exec(name)
    if (found?.slice(1).every(part => text.includes(part))) return true
  }
  return quoted(name)
}

test('every test that docs/oauth.md names is there', () => {
  const missing: string[] = []
  for (const [paragraph = '', demand = '', , cell = ''] of demands) {
    for (const entry of cell.split('<br>')) {
      const [, word = '', name = ''] = /^(\w+): (.+)$/.exec(entry) ?? []
      const text = files.get(word)
      if (text === undefined || !hasTest(text, name))
        missing.push(`${paragraph} ${demand}: ${entry}`)
    }
  }
  assert.deepEqual(missing, [])
  assert.ok(demands.length >= 70, `${demands.length} demands`)
})

test('a name that no test has is noticed', () => {
  const text = files.get('oauth') ?? ''
  assert.equal(hasTest(text, 'five wrong verifiers void a code'), true)
  assert.equal(hasTest(text, 'six wrong verifiers void a code'), false)
  assert.equal(hasTest(text, 'no challenge is refused to the client, with state and iss'), true)
  assert.equal(hasTest(text, 'no colour is refused to the client, with state and iss'), false)
})
