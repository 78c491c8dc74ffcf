import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { PASSWORD, type Running, running } from './testing/running.ts'

for (const store of ['memory', 'sqlite'] as const) {
  describe(`tokens instead of a cookie, ${store}`, () => {
    let of: Running
    before(async () => {
      of = await running(store)
      await of.signedIn('ann@example.com')
    })
    after(() => of.stop())

    const signIn = async () => {
      const body = { email: 'ann@example.com', password: PASSWORD, transport: 'token' }
      const { status, json, headers } = await of.client().post('/auth/login', body)
      assert.equal(status, 200)
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.deepEqual(Object.keys(json), ['accessToken', 'refreshToken', 'tokenType', 'expiresIn'])
      return json as { accessToken: string; refreshToken: string }
    }
    const me = (token: string) =>
      of.client().send('GET', '/auth/me', undefined, { authorization: `Bearer ${token}` })
    const renew = (refreshToken: string) => of.client().post('/auth/refresh', { refreshToken })

    test('a program signs in for tokens, and gets no session cookie', async () => {
      const { accessToken } = await signIn()
      const seen = await me(accessToken)
      assert.equal(seen.status, 200)
      assert.equal(seen.json.user.email, 'ann@example.com')
      assert.deepEqual(seen.json.session.amr, ['pwd'])
    })

    test('a bearer needs no CSRF token and sees its own orders', async () => {
      const { accessToken } = await signIn()
      const authorization = { authorization: `Bearer ${accessToken}` }
      const order = { item: 'tea', quantity: 1 }
      const made = await of.client().send('POST', '/api/orders', order, authorization)
      assert.equal(made.status, 201)
      const list = await of.client().send('GET', '/api/orders', undefined, authorization)
      assert.equal(list.json.length, 1)
    })

    test('a renewal answers new tokens, and a spent one ends them all and tells the owner', async () => {
      const first = await signIn()
      const second = await renew(first.refreshToken)
      assert.equal(second.status, 200)
      assert.notEqual(second.json.refreshToken, first.refreshToken)
      assert.equal((await me(second.json.accessToken)).status, 200)
      assert.equal((await renew(first.refreshToken)).status, 401)
      assert.equal((await renew(second.json.refreshToken)).status, 401)
      assert.equal((await me(second.json.accessToken)).status, 401)
      assert.equal((await me(first.accessToken)).status, 401)
      const outbox = await of.client().get('/dev/outbox')
      assert.ok(outbox.json.some(({ subject }: { subject: string }) => /signed out/.test(subject)))
    })

    test('of ten who use one refresh token at once, one wins, and none lives on', async () => {
      const { refreshToken } = await signIn()
      const all = await Promise.all(Array.from({ length: 10 }, () => renew(refreshToken)))
      const won = all.filter(({ status }) => status === 200)
      assert.equal(won.length, 1)
      assert.equal((await renew(won[0]?.json.refreshToken)).status, 401)
    })

    test('signing out ends the family, and its access token with it', async () => {
      const { accessToken, refreshToken } = await signIn()
      const authorization = { authorization: `Bearer ${accessToken}` }
      assert.equal(
        (await of.client().send('POST', '/auth/logout', undefined, authorization)).status,
        204,
      )
      assert.equal((await me(accessToken)).status, 401)
      assert.equal((await renew(refreshToken)).status, 401)
    })

    test('a change of password ends every family', async () => {
      const person = await of.signedIn('carol@example.com')
      const body = { email: 'carol@example.com', password: PASSWORD, transport: 'token' }
      const all = await Promise.all([1, 2].map(() => of.client().post('/auth/login', body)))
      const changed = await person.post('/auth/change-password', {
        currentPassword: PASSWORD,
        newPassword: 'five other unlikely words here',
      })
      assert.equal(changed.status, 204, changed.text)
      for (const { json } of all) {
        assert.equal((await me(json.accessToken)).status, 401)
        assert.equal((await renew(json.refreshToken)).status, 401)
      }
    })

    test('a refresh token is no access token, and the other way round', async () => {
      const { accessToken, refreshToken } = await signIn()
      const wrong = await me(refreshToken)
      assert.equal(wrong.status, 401)
      assert.match(wrong.headers.get('www-authenticate') ?? '', /Bearer error="invalid_token"/)
      assert.ok((await renew(accessToken)).status >= 400)
      assert.equal((await me(accessToken)).status, 200)
    })
  })
}
