import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { PASSWORD, running } from './testing/running.ts'

for (const store of ['memory', 'sqlite'] as const) {
  const at = await running(store)
  after(() => at.stop())

  const administrator = async () => {
    const admin = at.client()
    const token = /token=(.+)$/.exec(at.setUpLink ?? '')?.[1]
    const csrf = await admin.get('/csrf-token')
    const form = new URLSearchParams({
      _csrf: csrf.json.csrfToken,
      token: token ?? '',
      email: 'root@example.com',
      password: PASSWORD,
    })
    const made = await admin.send('POST', '/setup', form.toString(), {
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'text/html',
    })
    assert.ok([303, 400].includes(made.status), made.text)
    assert.equal(
      (await admin.post('/auth/login', { email: 'root@example.com', password: PASSWORD })).status,
      200,
    )
    return admin
  }

  test(`${store}: a person registers, verifies, signs in, orders and signs out`, async () => {
    const ann = await at.signedIn('ann@example.com')
    const ordered = await ann.post('/api/orders', { item: 'a book', quantity: 2 })
    assert.equal(ordered.status, 201)
    assert.equal((await ann.get('/api/orders')).json.length, 1)
    const changed = await ann.send('PATCH', `/api/orders/${ordered.json.id}`, { quantity: 3 })
    assert.equal(changed.json.quantity, 3)
    const me = await ann.get('/auth/me')
    assert.equal(me.json.user.email, 'ann@example.com')
    assert.deepEqual(me.json.session.amr, ['pwd'])
    const out = await ann.post('/auth/logout')
    assert.equal(out.status, 204)
    assert.match(out.headers.get('clear-site-data') ?? '', /"storage"/)
    assert.equal((await ann.get('/auth/me')).status, 401)
  })

  test(`${store}: somebody else's order is not there, whatever they try`, async () => {
    const ann = await at.signedIn('ann2@example.com')
    const bob = await at.signedIn('bob2@example.com')
    const { id } = (await ann.post('/api/orders', { item: 'a secret', quantity: 1 })).json
    const absent = crypto.randomUUID()
    for (const [method, body] of [
      ['GET', undefined],
      ['PATCH', { quantity: 9 }],
      ['DELETE', undefined],
    ] as const) {
      const foreign = await bob.send(method, `/api/orders/${id}`, body)
      const missing = await bob.send(method, `/api/orders/${absent}`, body)
      assert.equal(foreign.status, 404)
      const { requestId: _, ...said } = foreign.json
      const { requestId: __, ...saidOfMissing } = missing.json
      assert.deepEqual(said, saidOfMissing, 'foreign and absent must look alike')
    }
    assert.deepEqual((await bob.get('/api/orders')).json, [])
    assert.equal((await ann.get(`/api/orders/${id}`)).json.quantity, 1)
  })

  test(`${store}: the administrator reads every step in the audit log`, async () => {
    const eve = await at.signedIn('eve@example.com')
    const { id } = (await eve.post('/api/orders', { item: 'x', quantity: 1 })).json
    const mallory = await at.signedIn('mallory@example.com')
    await mallory.get(`/api/orders/${id}`)
    await at
      .client()
      .post('/auth/login', { email: 'eve@example.com', password: 'wrong wrong wrong' })
    await at.client().get('/admin/audit')
    const admin = await administrator()
    const { json, status } = await admin.get('/admin/audit?limit=500')
    assert.equal(status, 200)
    const codes = new Set((json as { code: string }[]).map(({ code }) => code))
    for (const code of [
      'system.set_up',
      'account.created',
      'register.verified',
      'login.succeeded',
      'login.refused',
      'session.started',
      'access.refused',
    ]) {
      assert.ok(codes.has(code), `${code} is not in the log: ${[...codes].join(' ')}`)
    }
    const overview = await admin.get('/admin/overview')
    assert.ok(overview.json.accounts >= 3)
    assert.equal((await mallory.get('/admin/overview')).status, 403)
  })

  test(`${store}: a request without the token of its session changes nothing`, async () => {
    const zoe = await at.signedIn('zoe@example.com')
    const send = (headers: Record<string, string>) =>
      fetch(`${at.origin}/api/orders`, {
        method: 'POST',
        headers: { cookie: zoe.cookies, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ item: 'forged', quantity: 1 }),
      })
    assert.equal((await send({})).status, 403)
    assert.equal((await send({ 'x-csrf-token': 'A'.repeat(86) })).status, 403)
    const foreign = at.client()
    const { csrfToken } = (await foreign.get('/csrf-token')).json
    assert.equal(
      (await send({ 'x-csrf-token': csrfToken })).status,
      403,
      'a token of another browser',
    )
    const own = (await zoe.get('/csrf-token')).json.csrfToken
    assert.equal((await send({ 'x-csrf-token': own, 'sec-fetch-site': 'cross-site' })).status, 403)
    assert.equal((await send({ 'x-csrf-token': own, origin: 'https://evil.example' })).status, 403)
    assert.equal((await send({ 'x-csrf-token': own })).status, 201)
    assert.equal((await zoe.get('/api/orders')).json.length, 1)
  })

  test(`${store}: sessions are listed, and one is ended from another`, async () => {
    const first = await at.signedIn('pam@example.com')
    const second = at.client()
    await second.post('/auth/login', { email: 'pam@example.com', password: PASSWORD })
    const list = (await second.get('/auth/sessions')).json as { id: string; current: boolean }[]
    assert.equal(list.length, 2)
    const other = list.find(({ current }) => !current)
    assert.equal((await second.send('DELETE', `/auth/sessions/${other?.id}`)).status, 204)
    assert.equal((await first.get('/auth/me')).status, 401)
    assert.equal((await second.post('/auth/logout-all')).status, 204)
  })
}
