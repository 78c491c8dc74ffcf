import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SPECIAL_IPV4, SPECIAL_IPV6 } from './special-purpose.ts'

const here = import.meta.dirname

function rebuilt(folder: string): { status: number | null; stdout: string; stderr: string } {
  const script = join(here, 'rebuild.mjs')
  return spawnSync(process.execPath, [script, '--print', folder], { encoding: 'utf8' })
}

test('the table is what the registries beside it say', () => {
  assert.equal(rebuilt(here).stdout, readFileSync(join(here, 'special-purpose.ts'), 'utf8'))
  assert.equal(SPECIAL_IPV4.length, 26)
  assert.equal(SPECIAL_IPV6.length, 25)
})

test('a registry with other columns, quotes and footnotes is read by its header', t => {
  const folder = mkdtempSync(join(tmpdir(), 'registry-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const csv = [
    'Name,Globally Reachable,Address Block',
    `"It's, ""new""\r\n        here [3]",True [1],"10.0.0.0/8 [2], 11.0.0.0/8"`,
    'Blank,,12.0.0.0/8',
    'Not said,N/A [2],13.0.0.0/8',
  ].join('\r\n')
  writeFileSync(join(folder, 'iana-ipv4-special-registry-1.csv'), csv)
  writeFileSync(join(folder, 'iana-ipv6-special-registry-1.csv'), csv)
  const { stdout } = rebuilt(folder)
  assert.match(stdout, /\['10\.0\.0\.0\/8', true, 'It\\'s, "new" here'\],/)
  assert.match(stdout, /\['11\.0\.0\.0\/8', true, /)
  assert.match(stdout, /\['12\.0\.0\.0\/8', false, 'Blank'\],/)
  assert.match(stdout, /\['13\.0\.0\.0\/8', false, 'Not said'\],/)
  writeFileSync(join(folder, 'iana-ipv6-special-registry-1.csv'), 'Name,Block\nx,::/0\n')
  const { status, stderr } = rebuilt(folder)
  assert.equal(status, 1)
  assert.match(stderr, /has no column Address Block/)
})
