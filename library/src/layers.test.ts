import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const here = import.meta.dirname

/** The floors of docs/house.md §4, from the ground up. */
const FLOORS: readonly (readonly string[])[] = [
  ['kernel'],
  ['http', 'store'],
  ['audit'],
  ['vault', 'outbound'],
  ['shield', 'session', 'access'],
  ['account', 'oauth'],
  ['doctor'],
  ['bulwark', 'options', 'reception', 'people', 'routes', 'pipeline'],
  ['adapters', 'testing'],
]
const floorOf = new Map(FLOORS.flatMap((rooms, floor) => rooms.map(room => [room, floor] as const)))

const roomOf = (file: string): string => file.split('/')[0]?.replace(/\.ts$/, '') ?? ''

const files = globSync('**/*.ts', { cwd: here }).filter(file => !file.includes('.test.'))

function importsOf(file: string): string[] {
  const text = readFileSync(join(here, file), 'utf8')
  return [
    ...text.matchAll(/^\s*(?:import|export)\b[^'"]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)/gm),
  ]
    .map(match => match[1] ?? match[2] ?? '')
    .filter(specifier => specifier.startsWith('.'))
    .map(specifier => relative(here, join(here, dirname(file), specifier)))
}

test('every room of the library stands on a floor', () => {
  const homeless = [...new Set(files.map(roomOf))].filter(room => !floorOf.has(room))
  assert.deepEqual(homeless, [], 'give the new room a floor in docs/house.md §4 and here')
})

test('imports go down, and rooms on one floor do not know each other', () => {
  const bad: string[] = []
  for (const file of files) {
    const from = roomOf(file)
    for (const target of importsOf(file)) {
      const to = roomOf(target)
      if (from === to) continue
      const [above, below] = [floorOf.get(from) ?? -1, floorOf.get(to) ?? -1]
      const top = FLOORS[7]?.includes(from) === true
      if (below > above || (below === above && !top)) bad.push(`${file} imports ${target}`)
    }
  }
  assert.deepEqual(bad, [])
})

test('adapters see what is put together, the neutral request and the kernel, never a defence', () => {
  const allowed = new Set(['adapters', 'bulwark', 'routes', 'pipeline', 'http', 'kernel'])
  const bad = files
    .filter(file => roomOf(file) === 'adapters')
    .flatMap(file => importsOf(file).filter(target => !allowed.has(roomOf(target))))
  assert.deepEqual(bad, [])
})

test('the environment is read in one place only', () => {
  const readers = files.filter(file =>
    /\bprocess\.env\b/.test(readFileSync(join(here, file), 'utf8')),
  )
  assert.deepEqual(
    readers.filter(file => file !== 'bulwark.ts' && !file.startsWith('store/conformance/')),
    [],
  )
})
