import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { recorder } from '../output/terminal.test.kit.ts'
import { explainUrl } from './url.ts'

const folder = mkdtempSync(join(tmpdir(), 'explain-url-'))
after(() => rmSync(folder, { recursive: true }))

async function told(
  args: readonly string[],
  input = '',
): Promise<{ exit: number; lines: string[]; err: string }> {
  const terminal = recorder(folder, { input })
  const exit = await explainUrl(args, terminal)
  return { exit, lines: terminal.stdout().split('\n').slice(0, -1), err: terminal.stderr() }
}

interface Verdict {
  verdict: string
  code: string
  why: string
}

for (const corpus of ['ssrf-cases', 'own-cases']) {
  test(`every case of ${corpus} gets its verdict, in order`, async () => {
    const file = new URL(`../../../library/src/outbound/${corpus}.corpus.json`, import.meta.url)
    const { cases } = JSON.parse(readFileSync(file, 'utf8')) as {
      cases: { id: string; expect: string }[]
    }
    const input = cases.map(one => `${JSON.stringify(one)}\n`).join('')
    const { exit, lines } = await told(['--batch'], input)
    assert.equal(lines.length, cases.length)
    const wrong = cases.flatMap(({ id, expect }, at) => {
      const { verdict, code, why } = JSON.parse(lines[at] ?? '') as Verdict
      const right = verdict === (expect === 'allow' ? 'allow' : 'refuse')
      return right && code.startsWith('outbound.') && why !== '' ? [] : [`${id} ${lines[at]}`]
    })
    assert.deepEqual(wrong, [])
    assert.equal(exit, 0)
  })
}

test('a name that turns private is refused, and the lookup is named', async () => {
  const one = {
    url: 'http://a.example.net/',
    resolves: { 'a.example.net': [['8.8.8.8'], ['10.0.0.1']] },
  }
  const { lines } = await told(['--batch'], JSON.stringify(one))
  const { verdict, code, why } = JSON.parse(lines[0] ?? '') as Verdict
  assert.deepEqual([verdict, code], ['refuse', 'outbound.private_address'])
  assert.match(why, /^lookup 2: /)
})

test('a line that is no case is answered in its place, and the run ends with 2', async () => {
  const good = '{"url":"http://8.8.8.8/"}'
  const bad = ['{', '[]', '{"url":1}', '{"url":"http://8.8.8.8/","options":{"port":[80]}}']
  const { exit, lines } = await told(['--batch'], [good, ...bad, good, ''].join('\n'))
  const verdicts = lines.map(line => (JSON.parse(line) as Verdict).code)
  const refused = bad.map(() => 'explain.line')
  assert.deepEqual(verdicts, ['outbound.allowed', ...refused, 'outbound.allowed'])
  assert.equal(exit, 2)
})

test('a line separator inside a URL does not end the line', async () => {
  const { lines } = await told(['--batch'], '{"url":"http://10.0.0.1/\u2028x"}\n')
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /private_address/)
})

test('one URL is told to a person, with the reason', async () => {
  const { exit, lines } = await told(['http://0x7f.1/'])
  assert.deepEqual(lines, [
    'refuse  outbound.private_address',
    '        127.0.0.1 in 127.0.0.0/8 Loopback',
  ])
  assert.equal(exit, 1)
})

test('a name nobody resolved is judged as far as it goes', async () => {
  const { exit, lines } = await told(['https://shop.example.org/', '--json'])
  const { verdict, why } = JSON.parse(lines[0] ?? '') as Verdict
  assert.equal(verdict, 'allow')
  assert.match(why, /--resolve shop\.example\.org=/)
  assert.equal(exit, 0)
  assert.match((await told(['https://db.internal/'])).lines[0] ?? '', /outbound\.local_name/)
})

test('--resolve gives a name its addresses', async () => {
  const to = (answer: string) =>
    told(['http://a.example.net/', '--resolve', `a.example.net=${answer}`])
  assert.equal((await to('8.8.8.8')).exit, 0)
  assert.match((await to('8.8.8.8')).lines[1] ?? '', /at 8\.8\.8\.8/)
  assert.equal((await to('8.8.8.8,::1')).exit, 1)
})

test('--policy sets the options, and a case may set more', async () => {
  writeFileSync(join(folder, 'policy.json'), '{"schemes":["https"],"ports":[443]}')
  const policy = ['--policy', 'policy.json']
  assert.match((await told(['http://8.8.8.8/', ...policy])).lines[0] ?? '', /outbound\.scheme/)
  assert.equal((await told(['https://8.8.8.8/', ...policy])).exit, 0)
  const wider = '{"url":"https://8.8.8.8:8443/","options":{"ports":[8443]}}'
  assert.match((await told(['--batch', ...policy], wider)).lines[0] ?? '', /"allow"/)
})

writeFileSync(join(folder, 'misspelt.json'), '{"port":[443]}')

for (const [what, args] of [
  ['a policy with a misspelt option', ['http://8.8.8.8/', '--policy', 'misspelt.json']],
  ['no URL', []],
  ['two URLs', ['http://8.8.8.8/', 'http://1.1.1.1/']],
  ['a URL with --batch', ['--batch', 'http://8.8.8.8/']],
  ['an unknown option', ['--polcy', 'x']],
  ['a policy file that is not there', ['http://8.8.8.8/', '--policy', 'nowhere.json']],
  ['a --resolve without addresses', ['http://8.8.8.8/', '--resolve', 'a.example.net']],
] as const) {
  test(`${what} is wrong usage`, async () => {
    const { exit, lines, err } = await told(args)
    assert.equal(exit, 2)
    assert.deepEqual(lines, [])
    assert.match(err, /^bulwark explain url: /)
  })
}
