import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { PASSWORD, type Running, running } from './testing/running.ts'

/** What is not there, and is looked for so that it stays away. */

const root = join(import.meta.dirname, '..')
let now = Date.now()
let at: Running
before(async () => {
  at = await running('memory', {}, () => now)
})
after(() => at.stop())

test('no reply is wrapped in a callback that the query names', async () => {
  for (const path of ['/csrf-token', '/healthz', '/openapi.json', '/oauth/jwks.json', '/auth/me']) {
    const { headers, text } = await at.client().get(`${path}?callback=run&jsonp=run`)
    assert.doesNotMatch(text, /^\W*run\b/, path)
    assert.doesNotMatch(headers.get('content-type') ?? '', /javascript/, path)
  }
})

test('a second factor is an app or a backup code, nothing by telephone or mail', async () => {
  for (const factor of ['sms', 'voice', 'email', 'phone', 'push']) {
    const { status, json } = await at.client().post('/auth/mfa/verify', { factor, code: '123456' })
    assert.equal(status, 422, factor)
    assert.match(JSON.stringify(json.errors), /factor/)
  }
})

test('no page keeps anything in the browser’s storage', () => {
  const files = globSync('{assets,console,src}/**/*.{js,ts,tsx}', { cwd: root }).filter(
    file => !file.endsWith('absent.test.ts'),
  )
  assert.ok(files.some(file => file.includes('built')) && files.length > 60)
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8')
    assert.doesNotMatch(text, /\b(?:localStorage|sessionStorage|indexedDB)\b/, file)
  }
})

test('a password does not age: after ten years it signs in as on the first day', async () => {
  await at.signedIn('old@example.com')
  now += 10 * 366 * 24 * 60 * 60 * 1000
  const answer = await at
    .client()
    .post('/auth/login', { email: 'old@example.com', password: PASSWORD })
  assert.equal(answer.status, 200, answer.text)
})
