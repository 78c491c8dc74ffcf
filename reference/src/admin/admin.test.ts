import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Client } from '../testing/browserless.ts'
import { PASSWORD, type Running, running } from '../testing/running.ts'

let at: Running
let root: Client
let now = Date.now()

before(async () => {
  at = await running('sqlite', {}, () => now)
  root = await administrator()
})
after(() => at?.stop())

async function administrator(): Promise<Client> {
  const { account } = at.app.bulwark
  const by = { visit: { request: undefined, cookies: undefined }, actorId: undefined }
  const made = await account?.createAccount(by as never, {
    email: 'root@example.com',
    password: PASSWORD,
    role: 'admin',
    verified: true,
  })
  assert.equal(made?.ok, true)
  const client = at.client()
  await client.post('/auth/login', { email: 'root@example.com', password: PASSWORD })
  return client
}

const LOOKS = [
  '/admin/overview',
  '/admin/audit',
  '/admin/audit/head',
  '/admin/audit/chain',
  '/admin/audit/export',
  '/admin/users',
  '/admin/lockouts',
  '/admin/throttles',
  '/admin/csp-reports',
  '/admin/posture',
  '/admin/stream',
]

test('nobody but an administrator sees any of it', async () => {
  const member = await at.signedIn('member@example.com')
  for (const path of LOOKS) {
    assert.equal((await at.client().get(path)).status, 401, path)
    assert.equal((await member.get(path)).status, 403, path)
  }
})

test('nobody but an administrator releases anybody, and not what is not there', async () => {
  const member = await at.signedIn('releasing@example.com')
  const row = { kind: 'address', key: 'a-hash' }
  for (const [path, body] of [
    ['/admin/lockouts/release', row],
    ['/admin/throttles/release', { policy: 'webhook-test', accountId: crypto.randomUUID() }],
  ] as const) {
    assert.equal((await member.post(path, body)).status, 403, path)
    assert.equal((await root.post(path, body)).status, 204, path)
  }
  assert.equal((await root.post('/admin/throttles/release', { policy: 'constructor' })).status, 404)
  const foreign = { kind: 'spray', key: 'login:spray' }
  assert.equal((await root.post('/admin/lockouts/release', foreign)).status, 422)
})

test('somebody is found, disabled, let in again, and every deed names who did it', async () => {
  const victim = await at.signedIn('victim@example.com')
  const [found] = (await root.get('/admin/users?search=VICTIM')).json
  assert.equal(found.email, 'victim@example.com')
  assert.equal('passwordHash' in found, false)
  const about = (await root.get(`/admin/users/${found.id}`)).json
  assert.equal(about.sessions.length, 1)

  assert.equal((await root.post(`/admin/users/${found.id}/disable`)).status, 204)
  assert.equal((await victim.get('/auth/me')).status, 401)
  assert.equal((await root.post(`/admin/users/${found.id}/enable`)).status, 204)
  assert.equal((await root.post(`/admin/users/${found.id}/unlock`)).status, 204)
  assert.equal((await root.post(`/admin/users/${found.id}/revoke-sessions`)).status, 204)
  const me = (await root.get('/auth/me')).json.user.id
  const events = (await root.get(`/admin/audit?target=${found.id}&actor=${me}`)).json
  const codes = new Set(events.map(({ code }: { code: string }) => code))
  for (const code of ['account.disabled', 'account.enabled', 'session.revoked_all']) {
    assert.ok(codes.has(code), `${code} is not in the log`)
  }
})

test('an administrator cannot shut themself out by a slip', async () => {
  const me = (await root.get('/auth/me')).json.user.id
  const answer = await root.post(`/admin/users/${me}/disable`)
  assert.equal(answer.status, 422)
  assert.equal(answer.json.code, 'admin.own_account')
})

test('who guesses stands among the lockouts until they are unlocked', async () => {
  await at.signedIn('guessed@example.com')
  const [{ id }] = (await root.get('/admin/users?search=guessed')).json
  for (let tries = 0; tries < 12; tries++) {
    await at
      .client()
      .post('/auth/login', { email: 'guessed@example.com', password: 'not this one' })
  }
  const of = async () =>
    ((await root.get('/admin/lockouts')).json as { email: string | null; until: string }[]).find(
      ({ email }) => email === 'guessed@example.com',
    )
  assert.ok(Date.parse((await of())?.until ?? '') > now)
  assert.equal((await root.post(`/admin/users/${id}/unlock`)).status, 204)
  assert.equal(await of(), undefined)
})

test('the overview counts the day, and the chain holds', async () => {
  const overview = (await root.get('/admin/overview')).json
  assert.equal(overview.spans.length, 96)
  const last = overview.spans.at(-1)
  assert.ok(last.signIns >= 3 && last.refusals >= 3 && last.attacks >= 3, JSON.stringify(last))
  assert.ok(overview.kinds.some(({ word }: { word: string }) => word === 'login'))
  const chain = (await root.get('/admin/audit/chain')).json
  assert.equal(chain.whole, true)
  assert.ok(chain.rows > 20)
})

test('the log is exported whole, narrowed, and the export is an event', async () => {
  const all = await root.get('/admin/audit/export?format=jsonl')
  assert.match(all.headers.get('content-disposition') ?? '', /attachment; filename="audit\.jsonl"/)
  assert.ok(all.text.trim().split('\n').length > 20)
  const csv = (await root.get('/admin/audit/export?format=csv&code=login.')).text
    .trim()
    .split('\r\n')
  assert.match(csv[0] ?? '', /^sequence,at,code/)
  assert.ok(csv.slice(1).every(line => line.includes('login.')))
  const [event] = (await root.get('/admin/audit?code=audit.exported&limit=1')).json
  assert.equal(event.detail.format, 'csv')
})

test('a violation that a browser reports is grouped, shown and in the log', async () => {
  const report = {
    'csp-report': {
      'document-uri': `${at.origin}/login?token=secret`,
      'blocked-uri': 'https://evil.example/x.js',
      'effective-directive': 'script-src-elem',
    },
  }
  const send = () =>
    fetch(`${at.origin}/reports/csp`, {
      method: 'POST',
      headers: { 'content-type': 'application/csp-report' },
      body: JSON.stringify(report),
    })
  assert.equal((await send()).status, 204)
  assert.equal((await send()).status, 204)
  const [group] = (await root.get('/admin/csp-reports')).json
  assert.equal(group.count, 2)
  assert.equal(group.example.documentUrl, `${at.origin}/login`)
  assert.equal((await root.get('/admin/audit?code=csp.reported')).json.length, 1)
  const page = await fetch(`${at.origin}/login`)
  assert.match(page.headers.get('content-security-policy') ?? '', /report-uri \/reports\/csp/)
})

test('the doctor says what stands open, and what to do about it', async () => {
  const { asked, findings } = (await root.get('/admin/posture?tier=production')).json
  assert.ok(asked > 50)
  assert.ok(findings.length > 0, 'a development service is no production service')
  for (const { id, severity, what, fix } of findings) {
    assert.ok(id && severity && what && fix, id)
  }
  assert.equal((await root.get('/admin/posture?tier=lenient')).status, 422)
})

test('the stream tells what happens while it happens, and ends when somebody lets go', async () => {
  const ended = new AbortController()
  const response = await fetch(`${at.origin}/admin/stream`, {
    headers: { cookie: root.cookies },
    signal: ended.signal,
  })
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  const reader = (response.body ?? assert.fail()).getReader()
  const decoder = new TextDecoder()
  let text = ''
  await at.client().post('/auth/login', { email: 'nobody@example.com', password: 'whatever it is' })
  while (!text.includes('login.refused')) {
    const { value, done } = await reader.read()
    assert.equal(done, false, 'the stream ended')
    text += decoder.decode(value, { stream: true })
  }
  assert.match(text, /^event: ready\n/)
  assert.match(text, /event: audit\ndata: \[/)
  ended.abort()
  await reader.cancel().catch(() => undefined)
})

test('an old proof of identity shows nothing', async () => {
  now += 16 * 60_000
  for (const path of LOOKS) {
    const answer = await root.get(path)
    assert.equal(answer.status, 403, path)
    assert.equal(answer.json.code, 'access.step_up', path)
  }
})
