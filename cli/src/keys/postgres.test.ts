import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fields } from 'bulwark/fields'
import { deriveKeys } from 'bulwark/keys'
import { systemRandom } from 'bulwark/random'
import { keyRing } from 'bulwark/secrets'
import { EXIT } from '../command.ts'
import { recorder } from '../output/terminal.test.kit.ts'
import { plant } from '../scan/planted.test.kit.ts'
import { keysReport } from './report.ts'

interface Engine {
  readonly url: string
  stop(): Promise<void>
}
interface Absent {
  readonly absent: string
}
interface Engines {
  leftOut(what: string, why: Absent): void
  testPostgres(own: 'own'): Promise<Engine | Absent>
  query(url: string, sql: string): Promise<unknown>
}

/** The library's own test engines; no published face of it, so they are not imported by a name. */
const engines = new URL('../../../library/src/store/conformance/engines.ts', import.meta.url)
const { leftOut, testPostgres, query }: Engines = await import(engines.href)
// Of its own: it makes a role, and roles are the server's.
const postgres = await testPostgres('own')
const random = systemRandom()
const [current, older, strange] = [random.token(), random.token(), random.token()]
const idOf = (root: string): string => deriveKeys(root).id
const phones = (root: string) =>
  fields({ ring: keyRing(root, []), random }).field('people', 'phone')

const TABLES = `
  CREATE TABLE people (id text, phone text, data jsonb, lists varchar(200)[], age integer);
  CREATE SCHEMA "Other one";
  CREATE TABLE "Other one"."A ""table""" (id text, "it's" text) PARTITION BY LIST (id);
  CREATE TABLE "Other one".part PARTITION OF "Other one"."A ""table""" DEFAULT;
  CREATE TABLE hidden (id text, owner text, phone text);
  ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON hidden USING (owner = current_user);
  CREATE TABLE foreign_ones (id text, phone text);
  CREATE ROLE reader LOGIN;
  GRANT USAGE ON SCHEMA "Other one" TO reader;
  GRANT SELECT ON people, hidden, "Other one".part TO reader;`

async function report(url: string, args: readonly string[] = []) {
  const folder = plant({ after }, {})
  const BULWARK_PREVIOUS_ROOT_KEYS = `${older} until 2027-01-01`
  const env = { BULWARK_ROOT_KEY: current, BULWARK_PREVIOUS_ROOT_KEYS, DATABASE_URL: url }
  const terminal = recorder(folder, { env })
  const exit = await keysReport(args, terminal, { now: Date.UTC(2026, 10, 23) })
  return { exit, text: terminal.stdout() }
}

if ('absent' in postgres) leftOut('the count of what is sealed, on PostgreSQL', postgres)
else {
  after(() => postgres.stop())
  const { url } = postgres
  const asReader = url.replace('//bulwark@', '//reader@')

  test('what is sealed in PostgreSQL is counted by key, also where rows are hidden or only some tables may be read', async () => {
    await query(url, TABLES)
    for (const [id, root] of [
      ['1', current],
      ['2', older],
      ['3', older],
    ] as const) {
      const sealed = phones(root).seal(id, '+49 30 1234567')
      const data = JSON.stringify({ sealed, note: 'b1.is-no-sealed-value', in: `x${sealed}` })
      await query(
        url,
        `INSERT INTO people VALUES ('${id}', '${sealed}', '${data}', ARRAY['${sealed}', '${sealed}'], 7)`,
      )
      await query(url, `INSERT INTO "Other one"."A ""table""" VALUES ('${id}', '${sealed}')`)
      await query(url, `INSERT INTO hidden VALUES ('${id}', 'bulwark', '${sealed}')`)
    }
    const whole = await report(url)
    const places = (rows: number): string =>
      `${rows} in Other one.part.it's, ${rows} in hidden.phone, ${rows} in people.data, ` +
      `${rows * 2} in people.lists, ${rows} in people.phone`
    assert.ok(whole.text.includes(`sealed under it: ${places(1)}\n`), whole.text)
    assert.ok(whole.text.includes(`sealed under it: ${places(2)}\n`), whole.text)
    assert.equal(whole.exit, EXIT.clean)

    const partly = await report(asReader, ['--json'])
    const { rows, findings } = JSON.parse(partly.text)
    assert.ok(rows.some((row: { place: string }) => row.place === 'people.phone'))
    assert.deepEqual(findings, [
      'foreign_ones may not be read whole, so it was not counted',
      'hidden may not be read whole, so it was not counted',
    ])
    assert.equal(partly.exit, EXIT.findings)

    await query(
      url,
      `INSERT INTO foreign_ones VALUES ('4', '${phones(strange).seal('4', '+49 30 1234567')}')`,
    )
    const lost = await report(url)
    assert.equal(lost.exit, EXIT.findings)
    const finding = `1 sealed in foreign_ones.phone under ${idOf(strange)}, which is not listed`
    assert.ok(lost.text.includes(finding), lost.text)
  })

  test('where the database cannot be reached the keys are told, and that nothing was counted', async () => {
    const { exit, text } = await report('postgres://ann:secret@127.0.0.1:1/none')
    assert.equal(exit, EXIT.findings)
    assert.match(text, new RegExp(`^${idOf(current)} {2}current`))
    assert.match(text, /DATABASE_URL cannot be read, so what is sealed was not counted/)
    assert.doesNotMatch(text, /secret|sealed under it/)
  })
}
