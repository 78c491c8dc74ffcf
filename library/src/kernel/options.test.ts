import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigFault } from './fault.ts'
import { onlyKnown } from './options.ts'

for (const [given, sentence] of [
  [{ crsf: {} }, 'crsf: is no option; did you mean `csrf`?'],
  [{ Headers: {} }, 'Headers: is no option; did you mean `headers`?'],
  [{ unicorns: 1 }, 'unicorns: is no option here; there are csrf, headers'],
] as const) {
  test(`a misspelt option stops the start and is told the right spelling: ${sentence}`, () => {
    assert.throws(
      () => onlyKnown('', given, ['csrf', 'headers']),
      (fault: unknown) => fault instanceof ConfigFault && fault.message === sentence,
    )
  })
}

test('known options pass, anything but an object does not', () => {
  onlyKnown('csrf', { path: '/x' }, ['path'])
  assert.throws(() => onlyKnown('csrf', null, ['path']), /csrf: is null; write an object/)
})
