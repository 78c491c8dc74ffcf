import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { became } from '../checks/injection/injection.ts'
import { tags, tokenize } from './html.ts'

const MARK = 'bwqx1'
const injected = `${MARK}'"><${MARK} ${MARK}=1>`

for (const [where, page, expected] of [
  ['between tags', `<p>${injected}</p>`, 'an element'],
  ['in a quoted attribute', `<input value="${injected}">`, 'an element'],
  ['in a single-quoted attribute', `<input value='${injected}'>`, 'an element'],
  ['in an unquoted attribute', `<input value=${injected}>`, 'an element'],
  ['in a script', `<script>var a = ${injected}</script>`, 'part of a script'],
  ['in a comment', `<!-- ${injected} -->`, undefined],
  ['in a title, which is text', `<title>${injected}</title>`, undefined],
  ['in a textarea, which is text', `<textarea>${injected}</textarea>`, undefined],
  ['escaped between tags', `<p>${MARK}&#39;&quot;&gt;&lt;${MARK} ${MARK}=1&gt;</p>`, undefined],
  ['escaped in an attribute', `<input value="${MARK}&#39;&quot;&gt;&lt;${MARK}&gt;">`, undefined],
] as const)
  test(`text ${where} becomes ${expected ?? 'nothing'}`, () =>
    assert.equal(became(page, MARK), expected))

test('a script ends at its own end tag and nowhere before', () => {
  const tokens = tokenize('<script>"<b></b><!--"</script><i>')
  assert.deepEqual(
    tokens.filter(({ kind }) => kind === 'start').map(token => 'name' in token && token.name),
    ['script', 'i'],
  )
})

test('attributes are read in all their spellings', () => {
  const [input] = tags(
    `<INPUT Type=password name='a' disabled data-x = "1&amp;2" type=text>`,
    'input',
  )
  assert.deepEqual(
    [...(input ?? [])],
    [
      ['type', 'password'],
      ['name', 'a'],
      ['disabled', ''],
      ['data-x', '1&2'],
    ],
  )
})

test('no text makes the tokenizer throw or hang', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '/',
    '"',
    "'",
    '=',
    '!',
    '--',
    'script',
    '</script',
    'a',
    ' ',
    '&',
    '\0',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), pieces => void tokenize(pieces.join(''))),
    { numRuns: process.env['THOROUGH'] === '1' ? 5000 : 500 },
  )
})
