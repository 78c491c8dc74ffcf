import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linkIn } from './mailbox.ts'

const mail = (text: string) => ({ to: 'a@example.com', subject: 's', text })

for (const [what, text, token] of [
  ['in the fragment', 'Open https://x.example/reset#token=abcDEF123456 now', 'abcDEF123456'],
  ['in the query', '<a href="https://x.example/r?x=1&code=abcdef123456">', 'abcdef123456'],
  ['in the path', 'https://x.example/reset/0123456789abcdef0123/go', '0123456789abcdef0123'],
  ['alone', 'Your code:\nabcdefghij-klmnopqrst\n', 'abcdefghij-klmnopqrst'],
  ['percent-encoded', 'https://x.example/#token=abcdefgh%2D12', 'abcdefgh-12'],
] as const)
  test(`a secret ${what} is found`, () => assert.equal(linkIn(mail(text))?.token, token))

test('a mail without a secret has none', () => {
  assert.equal(
    linkIn(mail('Somebody tried to sign up again. See https://x.example/help')),
    undefined,
  )
})
