import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, beforeEach, test } from 'node:test'
import { audit, checkpointFile } from 'bulwark/audit'
import { deriveKeys } from 'bulwark/keys'
import { systemRandom } from 'bulwark/random'
import { sqliteStores } from 'bulwark/sqlite'
import type { Terminal } from '../command.ts'
import { command } from './audit.ts'

const ROOT = Buffer.from('a root key for the audit command, 32+').toString('base64url')
let folder = ''
let data = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulwark-cli-audit-'))
})
after(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  data = await mkdtemp(join(folder, 'data-'))
  const stores = sqliteStores({ path: join(data, 'bulwark.db') })
  const heard = audit(
    {},
    {
      log: stores.auditLog,
      keys: deriveKeys(ROOT),
      clock: Date.now,
      random: systemRandom(),
      checkpoints: checkpointFile(join(data, 'audit-checkpoints.jsonl')),
    },
  )
  const request = {
    id: 'r',
    method: 'POST',
    route: '/auth/login',
    address: '192.0.2.1',
    device: '',
  }
  for (let i = 0; i < 10; i++) {
    heard.record({ code: 'login.succeeded', actorId: 'ann', outcome: 'success', request })
  }
  heard.record({
    code: 'login.refused',
    reason: 'login.wrong_password',
    targetId: 'bob',
    outcome: 'failure',
    request,
    detail: { typed: '\u001b[2Jcleared\u202e' },
  })
  await heard.close()
  await stores.close()
})

async function run(args: readonly string[], env: Terminal['env'] = { BULWARK_ROOT_KEY: ROOT }) {
  const said = { out: '', err: '' }
  const status = await command.run(args, {
    out(text) {
      said.out += text
    },
    err(text) {
      said.err += text
    },
    input: (async function* () {})(),
    env,
    cwd: folder,
    interactive: false,
    signal: new AbortController().signal,
  })
  return { status, ...said }
}

const tamper = (sql: string): void => {
  const db = new DatabaseSync(join(data, 'bulwark.db'))
  db.exec(sql)
  db.close()
}

test('a log that nobody touched is whole', async () => {
  const { status, out } = await run(['verify', '--data', data])
  assert.equal(status, 0)
  assert.match(out, /11 rows, 1 to 11; 1 checkpoints, the last at row 11\nThe chain is whole/)
})

const tamperings: [string, string, RegExp][] = [
  [
    'one row removed',
    'delete from bulwark_audit_log where sequence = 5',
    /removed +Row 5 was removed/,
  ],
  [
    'one row given to somebody else',
    `update bulwark_audit_log set text = replace(text, 'ann', 'eve') where sequence = 3`,
    /changed +Row 3 is not what was written/,
  ],
  [
    'the last row cut off, and the count mended',
    `delete from bulwark_audit_log where sequence = 11;
     update bulwark_audit_head set sequence = 10, link = (select link from bulwark_audit_log where sequence = 10)`,
    /truncated +Row 11 was cut off: a checkpoint/,
  ],
]
for (const [what, sql, says] of tamperings) {
  test(`${what} is told, with exit status 1`, async () => {
    tamper(sql)
    const { status, out } = await run(['verify', '--data', data])
    assert.match(out, says)
    assert.match(out, /tampered with/)
    assert.equal(status, 1)
    const json = JSON.parse((await run(['verify', '--data', data, '--json'])).out)
    assert.equal(json.findings.length, 1)
  })
}

test('with another key nothing is simply believed', async () => {
  const other = Buffer.from('quite another key; jumps over 32 bytes').toString('base64url')
  const { status } = await run(['verify', '--data', data], { BULWARK_ROOT_KEY: other })
  assert.equal(status, 1)
  const both = {
    BULWARK_ROOT_KEY: other,
    BULWARK_PREVIOUS_ROOT_KEYS: `${ROOT} until 2020-01-01`,
  }
  assert.equal((await run(['verify', '--data', data], both)).status, 0)
})

test('the key may come from a file, or from beside a development service’s data', async () => {
  const path = join(data, 'elsewhere.key')
  await writeFile(path, `${ROOT}\n`)
  assert.equal((await run(['verify', '--data', data], { BULWARK_ROOT_KEY_FILE: path })).status, 0)
  await writeFile(join(data, 'root.key'), `${ROOT}\n`)
  assert.equal((await run(['verify', '--data', data], {})).status, 0)
})

test('the newest rows are shown with every character in sight', async () => {
  const { status, out } = await run(['tail', '--data', data, '-n', '2'])
  assert.equal(status, 0)
  const lines = out.trimEnd().split('\n')
  assert.equal(lines.length, 2)
  assert.match(
    lines[1] ?? '',
    / 11 .* login\.refused +bob|→ bob \(login\.wrong_password\) {2}POST \/auth\/login {2}192\.0\.2\.1/,
  )
  assert.match(lines[1] ?? '', /typed=\\u001b\[2Jcleared\\u202e/)
  assert.doesNotMatch(out.replaceAll('\n', ''), /\p{C}/u)
})

test('rows can be narrowed by code, person and time', async () => {
  const count = async (...args: string[]) =>
    (await run(['tail', '--data', data, '--json', ...args])).out.split('\n').length - 1
  assert.equal(await count('--code', 'login.'), 11)
  assert.equal(await count('--code', 'login.refused'), 1)
  assert.equal(await count('--actor', 'ann'), 10)
  assert.equal(await count('--target', 'bob'), 1)
  assert.equal(await count('--since', '1h'), 11)
  assert.equal(await count('--until', '2020-01-01'), 0)
})

test('an export can be verified again, and is for its owner only', async () => {
  const out = join(data, 'out.jsonl')
  assert.equal((await run(['export', '--data', data, '--out', out])).status, 0)
  assert.equal((await stat(out)).mode & 0o777, 0o600)
  assert.doesNotMatch(await readFile(out, 'utf8'), /192\.0\.2\.1/)
  assert.equal((await run(['verify', '--file', out])).status, 0)
  const lines = (await readFile(out, 'utf8')).split('\n')
  await writeFile(out, lines.toSpliced(3, 1).join('\n'))
  assert.match((await run(['verify', '--file', out])).out, /Row 4 was removed/)
  await assert.rejects(run(['export', '--data', data, '--out', out]), /EEXIST/)
})

test('who takes the log away leaves a line in it, if the key is there', async () => {
  await run(['export', '--data', data, '--format', 'csv'])
  const [last = ''] = (await run(['tail', '--data', data, '-n', '1', '--json'])).out.split('\n')
  const record = JSON.parse(last)
  assert.equal(record.code, 'audit.exported')
  assert.equal(record.detail.format, 'csv')
  assert.equal((await run(['verify', '--data', data])).status, 0)
  assert.match((await run(['export', '--data', data], {})).err, /not noted in the log/)
})

test('an export for collectors and for spreadsheets has the rows asked for', async () => {
  const { out } = await run([
    'export',
    '--data',
    data,
    '--format',
    'ocsf',
    '--code',
    'login.refused',
  ])
  assert.equal(JSON.parse(out).class_uid, 3002)
  const csv = await run(['export', '--data', data, '--format', 'csv', '--personal'])
  assert.equal(csv.out.trimEnd().split('\r\n').length, 13, 'the first export is in the second')
})

const mistakes: [string[], RegExp][] = [
  [[], /say verify, tail or export/],
  [['look'], /say verify, tail or export/],
  [['tail', 'more'], /say verify, tail or export/],
  [['verify', '--speed'], /--speed/],
  [['export', '--format', 'xml'], /jsonl, csv or ocsf/],
  [['tail', '-n', '0'], /1 to 1000/],
  [['tail', '--since', 'yesterday'], /a date such as/],
  [['tail', '--file', 'x'], /stands alone/],
]
for (const [args, says] of mistakes) {
  test(`"audit ${args.join(' ')}" is wrong usage`, async () => {
    const { status, err } = await run(args)
    assert.equal(status, 2)
    assert.match(err, says)
  })
}

test('without a store or a key it says what is missing', async () => {
  await assert.rejects(
    run(['tail', '--data', join(folder, 'nowhere')]),
    /there is no .*bulwark\.db/,
  )
  await assert.rejects(run(['verify', '--data', data], {}), /set BULWARK_ROOT_KEY/)
})
