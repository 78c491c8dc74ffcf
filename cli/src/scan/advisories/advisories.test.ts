import assert from 'node:assert/strict'
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { EXIT } from '../../command.ts'
import { recorder } from '../../output/terminal.test.kit.ts'
import { plant } from '../planted.test.kit.ts'
import { type Advisory, type Asked, affects, deduplicated, fixFor } from './advisory.ts'
import { cvss3, rated } from './cvss.ts'
import { registriesOf } from './npmrc.ts'
import { osvSource } from './osv.ts'
import { advisoriesOf } from './osv-record.ts'
import { updateDatabase } from './update.ts'
import { zipOf } from './zip.test.kit.ts'
import { openZip, zipIn } from './zip.ts'

const RUNS = process.env['THOROUGH'] === '1' ? 5000 : 300

/** A document as OSV publishes it for one package. */
function osv(id: string, name: string, events: object[], more: object = {}): object {
  return {
    id,
    summary: `hole in ${name}`,
    affected: [{ package: { ecosystem: 'npm', name }, ranges: [{ type: 'SEMVER', events }] }],
    ...more,
  }
}

const asked: Asked = new Map([['parser', new Set(['1.5.0'])]])
const OPEN = [{ introduced: '1.0.0' }, { fixed: '1.6.0' }]
const DOCUMENTS: Readonly<Record<string, string>> = {
  'GHSA-1.json': JSON.stringify(osv('GHSA-1', 'parser', OPEN, { aliases: ['CVE-2026-1'] })),
  'MAL-2.json': JSON.stringify(osv('MAL-2', 'evil', [{ introduced: '0' }])),
  'GHSA-3.json': JSON.stringify(
    osv('GHSA-3', 'parser', OPEN, { withdrawn: '2026-01-01T00:00:00Z' }),
  ),
}

/** Scores published by FIRST and NVD for these vectors. */
for (const [vector, score, severity] of [
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8, 'critical'],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H', 10, 'critical'],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N', 6.1, 'medium'],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H', 7.5, 'high'],
  ['CVSS:3.0/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N', 1.8, 'low'],
  ['CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H', 9.9, 'critical'],
  ['CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N', 0, 'info'],
  ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', undefined, undefined],
  ['CVSS:3.1/AV:N/AC:L', undefined, undefined],
  ['', undefined, undefined],
] as const) {
  test(`the vector ${vector || 'of nothing'} scores ${score ?? 'nothing'}`, () => {
    assert.equal(cvss3(vector), score)
    if (score !== undefined) assert.equal(rated(score), severity)
  })
}

function advisory(given: Partial<Advisory>): Advisory {
  const empty = { ids: ['A'], title: '', malicious: false, vulnerable: [], versions: [], fixed: [] }
  return { ...empty, name: 'parser', severity: 'high', ...given }
}

for (const [vulnerable, version, isAffected] of [
  ['<2.0.0', '1.9.9', true],
  ['<2.0.0', '2.0.0', false],
  ['<2.0.0', '2.0.0-rc.1', true],
  ['>=1.0.0 <1.2.0 || >=2.0.0 <2.1.0', '1.5.0', false],
  ['*', '0.0.1', true],
  ['', '0.0.1', true],
  ['no range at all', '1.0.0', true],
  ['<2.0.0', 'no version', true],
] as const) {
  test(`${version} is ${isAffected ? '' : 'not '}in ${JSON.stringify(vulnerable)}`, () => {
    assert.equal(affects(advisory({ vulnerable: [vulnerable] }), version), isAffected)
  })
}

test('the fix is the lowest safe version above, by the word of the source or by the range', () => {
  const lines = advisory({ vulnerable: ['>=1.0.0 <1.4.0 || >=2.0.0 <2.1.0'] })
  assert.equal(fixFor(lines, '1.1.0'), '1.4.0')
  assert.equal(fixFor(lines, '2.0.5'), '2.1.0')
  assert.equal(fixFor(advisory({ vulnerable: ['>=1.0.0'], fixed: [] }), '1.1.0'), undefined)
  assert.equal(fixFor(advisory({ vulnerable: ['<=1.2.0'], fixed: ['1.2.1'] }), '1.1.0'), '1.2.1')
})

test('two sources that name one hole differently speak of one hole', () => {
  const [one, ...more] = deduplicated([
    advisory({ ids: ['GHSA-1', 'CVE-1'], fixed: ['1.1.0'] }),
    advisory({ ids: ['CVE-1', 'OSV-9'], malicious: true, severity: 'critical', score: 9.8 }),
    advisory({ ids: ['GHSA-2'], name: 'other' }),
  ])
  assert.equal(more.length, 1)
  assert.deepEqual(one?.ids, ['GHSA-1', 'CVE-1', 'OSV-9'])
  assert.equal(one?.malicious, true)
  assert.equal(one?.severity, 'critical')
  assert.equal(one?.score, 9.8)
})

test('events of a document become ranges, whatever their order', () => {
  const events = [
    { introduced: '2.0.0' },
    { fixed: '1.2.0' },
    { introduced: '0' },
    { last_affected: '2.3.0' },
  ]
  const [one] = advisoriesOf(osv('GHSA-9', 'parser', events))
  assert.deepEqual(one?.vulnerable, ['>=0.0.0-0 <1.2.0', '>=2.0.0 <=2.3.0'])
  assert.deepEqual(one?.fixed, ['1.2.0'])
})

test('a document of another ecosystem, or a withdrawn one, says nothing here', () => {
  const other = { id: 'X', affected: [{ package: { ecosystem: 'PyPI', name: 'parser' } }] }
  assert.deepEqual(advisoriesOf(other), [])
  assert.deepEqual(advisoriesOf({ ...osv('X', 'parser', OPEN), withdrawn: '2026' }), [])
})

test('a document that names a package and no range speaks of all its versions', () => {
  const [one] = advisoriesOf({
    id: 'X',
    affected: [{ package: { ecosystem: 'npm', name: 'parser' } }],
  })
  assert.equal(affects(one ?? advisory({}), '99.0.0'), true)
})

test('the severity is the word of the source, then the vector, then high', () => {
  const vector = {
    severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N' }],
  }
  const word = { database_specific: { severity: 'MODERATE' } }
  const four = { severity: [{ type: 'CVSS_V4', score: 'CVSS:4.0/AV:N' }] }
  const of = (more: object) => advisoriesOf(osv('X', 'parser', OPEN, more))[0]?.severity
  assert.deepEqual([of(word), of(vector), of(four), of({})], ['medium', 'medium', 'high', 'high'])
  assert.equal(advisoriesOf(osv('MAL-1', 'parser', OPEN, word))[0]?.severity, 'critical')
})

test('whatever a document holds, reading it ends without a fault', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (affected, severity) => {
      advisoriesOf({ id: 'X', affected, severity })
      advisoriesOf({
        id: 'X',
        affected: [{ package: { ecosystem: 'npm', name: 'a' }, ranges: affected }],
      })
      advisoriesOf(affected)
    }),
    { numRuns: RUNS },
  )
})

test('a folder of documents and the zip of the same give the same advisories', async t => {
  const folder = plant(t, DOCUMENTS)
  const zipped = plant(t, { 'npm/all.zip': zipOf(DOCUMENTS) })
  const fromFolder = await osvSource(folder).advisories(asked)
  const fromZip = await osvSource(zipped).advisories(asked)
  const fromFile = await osvSource(join(zipped, 'npm/all.zip')).advisories(asked)
  assert.deepEqual(
    fromFolder.known.map(({ ids }) => ids),
    [['GHSA-1', 'CVE-2026-1']],
  )
  assert.deepEqual(fromZip, fromFolder)
  assert.deepEqual(fromFile, fromFolder)
})

test('the index beside a zip is made once, and not believed when the zip changes', async t => {
  const folder = plant(t, { 'all.zip': zipOf(DOCUMENTS) })
  const path = join(folder, 'all.zip')
  await osvSource(path).advisories(asked)
  assert.ok(existsSync(`${path}.index`))
  const poisoned = readFileSync(`${path}.index`, 'utf8').replace('parser', 'nobody')
  writeFileSync(`${path}.index`, poisoned)
  assert.equal((await osvSource(path).advisories(asked)).known.length, 0, 'the index is read')
  writeFileSync(path, zipOf(DOCUMENTS, false))
  utimesSync(path, 1, 1)
  assert.equal((await osvSource(path).advisories(asked)).known.length, 1)
  writeFileSync(`${path}.index`, poisoned.slice(0, -4))
  assert.equal((await osvSource(path).advisories(asked)).known.length, 1, 'half an index is none')
})

for (const [what, files, path] of [
  ['an empty folder', { 'readme.txt': '' }, '.'],
  ['no such file', {}, 'missing.zip'],
  ['a zip that is none', { 'all.zip': 'no zip' }, 'all.zip'],
  ['a zip that was cut off', { 'all.zip': zipOf(DOCUMENTS).subarray(0, -60) }, 'all.zip'],
  ['a document that is not JSON', { 'GHSA-1.json': '{' }, '.'],
] as const) {
  test(`${what} is no answer`, async t => {
    const folder = plant(t, files)
    const answer = await osvSource(join(folder, path)).advisories(asked)
    assert.equal(answer.known.length, 0)
    assert.match(answer.unanswered[0] ?? '', /^no advisories could be read: /)
  })
}

test('a zip gives back what was put in, packed or not', t => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string(), { maxKeys: 5 }),
      fc.boolean(),
      (files, packed) => {
        const zip = zipIn(zipOf(files, packed), 'x.zip')
        const back = Object.fromEntries(
          zip.entries.map(entry => [entry.name, zip.read(entry).toString()]),
        )
        assert.deepEqual(back, { ...files })
      },
    ),
    { numRuns: RUNS },
  )
  const folder = plant(t, { 'a.zip': zipOf({ a: 'text' }) })
  const zip = openZip(join(folder, 'a.zip'))
  assert.equal(zip.read(zip.entries[0] ?? assert.fail()).toString(), 'text')
  zip.close()
})

test('a zip that lies about the size of a file is refused', () => {
  const bytes = zipOf({ 'a.json': '{"a":1}' })
  const entry = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]))
  bytes.writeUInt32LE(3, entry + 24)
  const zip = zipIn(bytes, 'x.zip')
  assert.throws(() => zip.read(zip.entries[0] ?? assert.fail()), /x\.zip lies about 0/)
})

test('a zip with any byte changed is read or refused, and nothing else breaks', () => {
  const whole = zipOf({ 'a.json': '{"a":1}', 'b.json': '{"b":2}' })
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
      const bytes = Buffer.from(whole)
      bytes[at] = byte
      try {
        const zip = zipIn(bytes, 'x.zip')
        for (const entry of zip.entries) zip.read(entry)
      } catch (error) {
        assert.ok(error instanceof Error)
      }
    }),
    { numRuns: RUNS },
  )
})

async function serving(
  t: { after(hook: () => void): void },
  status: number,
  body: Buffer,
): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(status)
    response.end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/npm/all.zip`
}

test('the database is downloaded, indexed, and then answers without a network', async t => {
  const folder = plant(t, {})
  const terminal = recorder(folder)
  const url = await serving(t, 200, zipOf(DOCUMENTS))
  assert.equal(await updateDatabase(url, folder, terminal), EXIT.clean)
  assert.match(terminal.stdout(), /3 advisories for 2 packages/)
  assert.equal((await osvSource(folder).advisories(asked)).known.length, 1)
})

for (const [what, status, body] of [
  ['answers 500', 500, Buffer.alloc(0)],
  ['sends half a zip', 200, zipOf(DOCUMENTS).subarray(0, 100)],
  ['sends a document that is not JSON', 200, zipOf({ 'GHSA-1.json': '{' })],
] as const) {
  test(`when the source ${what}, the old database stays`, async t => {
    const folder = plant(t, { 'npm/all.zip': zipOf(DOCUMENTS) })
    const terminal = recorder(folder)
    assert.equal(
      await updateDatabase(await serving(t, status, body), folder, terminal),
      EXIT.failed,
    )
    assert.match(terminal.stderr(), /--db-update/)
    assert.equal((await osvSource(folder).advisories(asked)).known.length, 1)
    assert.equal(existsSync(join(folder, 'npm/all.zip.new')), false)
  })
}

test('a token goes to the registry it was written for, and to no other', t => {
  const folder = plant(t, {
    '.npmrc': [
      'registry=https://npm.shop.test/main',
      '@acme:registry=https://npm.acme.test/',
      `//npm.acme.test/:_authToken=$${'{'}ACME_TOKEN}`,
      '//npm.shop.test/main/:_auth=dXNlcjpwYXNz',
      '; a comment=1',
    ].join('\n'),
  })
  const registries = registriesOf(folder, { HOME: '/nowhere', ACME_TOKEN: 'word' })
  assert.equal(registries.of('left'), 'https://npm.shop.test/main/')
  assert.equal(registries.of('@acme/left'), 'https://npm.acme.test/')
  assert.equal(registries.authorization('https://npm.acme.test/@acme%2fleft'), 'Bearer word')
  assert.equal(registries.authorization('https://npm.shop.test/main/left'), 'Basic dXNlcjpwYXNz')
  assert.equal(registries.authorization('https://npm.shop.test/other/left'), undefined)
  assert.equal(registries.authorization('https://npm.evil.test/left'), undefined)
  assert.equal(registriesOf(folder, {}, 'http://127.0.0.1:1').of('left'), 'http://127.0.0.1:1/')
})
