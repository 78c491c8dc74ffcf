import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigFault } from '../kernel/fault.ts'
import { bareOrigin } from './origin.ts'

for (const [given, origin] of [
  ['https://app.example', 'https://app.example'],
  ['https://app.example/', 'https://app.example'],
  ['https://App.Example:443', 'https://app.example'],
  ['http://localhost:3000', 'http://localhost:3000'],
  ['https://[2001:db8::1]:8443', 'https://[2001:db8::1]:8443'],
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
] as const) {
  test(`${given} is the origin ${origin}`, () => assert.equal(bareOrigin(given), origin))
}

for (const given of [
  'app.example',
  'https://app.example/path',
  'https://app.example?',
  'https://app.example/#',
  'https://ann@app.example',
  'ftp://app.example',
  'null',
  '',
  'https://',
  'https:app.example',
  'https:\\\\app.example',
  ' https://app.example',
  'https://app.example\n',
  'javascript:alert(1)',
]) {
  test(`${JSON.stringify(given)} is no origin, and the fault names the option`, () => {
    assert.throws(
      () => bareOrigin(given, 'csrf.trustedOrigins'),
      error => {
        assert.ok(error instanceof ConfigFault)
        assert.equal(error.option, 'csrf.trustedOrigins')
        return true
      },
    )
  })
}

test('a whole address is told which part of it to write', () => {
  assert.throws(() => bareOrigin('https://app.example/login'), /write https:\/\/app\.example$/)
})
