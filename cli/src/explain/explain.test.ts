import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXIT } from '../command.ts'
import { type Recorder, recorder } from '../output/terminal.test.kit.ts'
import { command } from './explain.ts'

function lines(terminal: Recorder): Record<string, unknown>[] {
  return terminal
    .stdout()
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
}

const BODIES = [
  ['{"a":1}', 'allow', 'json.allowed'],
  ['{"role":"user","role":"admin"}', 'refuse', 'json.duplicate_key'],
  ['{"__proto__":{}}', 'refuse', 'json.prototype'],
  ['[1,]', 'refuse', 'json.syntax'],
  ['{} {}', 'refuse', 'json.trailing'],
  ['\ufeff{}', 'refuse', 'json.bom'],
  ['{"a":1e400}', 'refuse', 'json.number'],
  ['', 'refuse', 'json.empty'],
] as const

test('each body in a batch is answered in its order, with the place that was refused', async () => {
  const input = BODIES.map(([text]) => JSON.stringify({ text })).join('\n')
  const terminal = recorder('/', { input })
  assert.equal(await command.run(['json', '--batch'], terminal), EXIT.clean)
  const answers = lines(terminal)
  assert.deepEqual(
    answers.map(({ verdict, code }) => [verdict, code]),
    BODIES.map(([, verdict, code]) => [verdict, code]),
  )
  assert.equal(answers[1]?.['pointer'], '/role')
  assert.equal(answers[1]?.['offset'], 15)
  assert.match(String(answers[1]?.['why']), /^\/role comes twice/)
})

test('a body on the command line or on standard input is judged alike', async () => {
  const named = recorder('/')
  assert.equal(await command.run(['json', '{"a":1,"a":2}'], named), EXIT.findings)
  assert.match(named.stdout(), /^refuse {2}json\.duplicate_key\n/)
  const piped = recorder('/', { input: '{"a":1,"a":2}' })
  assert.equal(await command.run(['json', '--json'], piped), EXIT.findings)
  assert.equal(lines(piped)[0]?.['code'], 'json.duplicate_key')
})

const PASSWORDS = [
  [{ password: 'correct horse battery staple' }, 'allow', 'password.allowed'],
  [{ password: 'short' }, 'refuse', 'password.too_short'],
  [{ password: 'aaaaaaaaaaaaaaaaaaaa' }, 'refuse', /password\.(?:predictable|common)/],
  [{ password: 'x'.repeat(2000) }, 'refuse', 'password.too_long'],
  [
    { password: 'ann.lee@shop.example', context: ['ann.lee@shop.example'] },
    'refuse',
    'password.context',
  ],
] as const

test('each password in a batch is judged by the policy of production', async () => {
  const input = PASSWORDS.map(([question]) => JSON.stringify(question)).join('\n')
  const terminal = recorder('/', { input })
  assert.equal(await command.run(['password', '--batch'], terminal), EXIT.clean)
  for (const [at, [, verdict, code]] of PASSWORDS.entries()) {
    const answer = lines(terminal)[at]
    assert.equal(answer?.['verdict'], verdict)
    assert.match(
      String(answer?.['code']),
      typeof code === 'string' ? new RegExp(`^${code}$`) : code,
    )
  }
  assert.ok(!terminal.stdout().includes('horse'), 'the password itself is not repeated')
})

test('a password is read from standard input without its line end', async () => {
  const terminal = recorder('/', { input: 'correct horse battery staple\n' })
  assert.equal(await command.run(['password'], terminal), EXIT.clean)
  const theirs = recorder('/', { input: 'staple-of-the-house\n' })
  const args = ['password', '--context', 'staple of the house']
  assert.equal(await command.run(args, theirs), EXIT.findings)
})

test('where a second factor is enforced, eight characters may do', async () => {
  const terminal = recorder('/')
  assert.equal(
    await command.run(['password', '--min-length', '8', 'q7#kfT2x'], terminal),
    EXIT.clean,
  )
  assert.equal(
    await command.run(['password', '--min-length', '4', 'q7#k'], recorder('/')),
    EXIT.usage,
  )
})

test('a line that is no question is answered, and makes the exit status 2', async () => {
  const terminal = recorder('/', { input: 'nonsense\n[1]\n{"text":7}\n\n{"text":"{}"}\n' })
  assert.equal(await command.run(['json', '--batch'], terminal), EXIT.usage)
  assert.deepEqual(
    lines(terminal).map(({ code }) => code),
    ['explain.line', 'explain.line', 'explain.line', 'json.allowed'],
  )
})

for (const args of [
  [],
  ['weather'],
  ['json', 'a', 'b'],
  ['json', '--batch', 'a'],
  ['password', '--no'],
]) {
  test(`somebody who writes explain ${args.join(' ')} is told what to write`, async () => {
    const terminal = recorder('/')
    assert.equal(await command.run(args, terminal), EXIT.usage)
    assert.match(terminal.stderr(), /^bulwark explain/)
  })
}

for (const kind of ['url', 'file', 'name', 'json', 'password']) {
  test(`explain ${kind} is loaded by its name and answers a batch`, async () => {
    const terminal = recorder('/', { input: 'no question\n' })
    assert.equal(await command.run([kind, '--batch'], terminal), EXIT.usage)
    assert.equal(lines(terminal)[0]?.['code'], 'explain.line')
    assert.ok(command.help.includes(`\n  ${kind} `))
  })
}
