import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Client } from './testing/browserless.ts'
import { type ServiceProcess, startedProcess } from './testing/process.ts'
import { PASSWORD } from './testing/running.ts'

const folder = mkdtempSync(join(tmpdir(), 'bulwark-kill-'))
after(() => rmSync(folder, { recursive: true, force: true }))

async function mailedToken(origin: string, email: string): Promise<string> {
  for (let turn = 0; turn < 500; turn++) {
    const mails = (await new Client(origin).get('/dev/outbox')).json as {
      to: string
      text: string
    }[]
    const text = mails.findLast(({ to }) => to === email)?.text
    const token = text === undefined ? undefined : /#token=([\w-]+)/.exec(text)?.[1]
    if (token !== undefined) return token
  }
  throw new Error('no mail')
}

test('killed under load, it has forgotten nothing that it had acknowledged', async () => {
  const first = await startedProcess(folder)
  const setUp = /#token=(\S+)/.exec(first.printed())?.[1] ?? ''
  const admin = new Client(first.origin)
  const { csrfToken } = (await admin.get('/csrf-token')).json
  const form = new URLSearchParams({
    _csrf: csrfToken,
    token: setUp,
    email: 'root@example.com',
    password: PASSWORD,
  })
  const made = await admin.send('POST', '/setup', form.toString(), {
    'content-type': 'application/x-www-form-urlencoded',
  })
  assert.equal(made.status, 303, made.text)
  const ann = new Client(first.origin)
  await ann.post('/auth/register', { email: 'ann@example.com', password: PASSWORD })
  await ann.post('/auth/verify-email', {
    token: await mailedToken(first.origin, 'ann@example.com'),
  })
  assert.equal(
    (await ann.post('/auth/login', { email: 'ann@example.com', password: PASSWORD })).status,
    200,
  )

  const acknowledged: string[] = []
  const registered: string[] = []
  let killed = false
  const ordering = Array.from({ length: 8 }, async () => {
    while (!killed) {
      const answer = await ann
        .post('/api/orders', { item: 'x', quantity: 1 })
        .catch(() => undefined)
      if (answer?.status === 201) acknowledged.push(answer.json.id)
      if (acknowledged.length > 150 && registered.length > 2) {
        killed = true
        first.child.kill('SIGKILL')
      }
    }
  })
  const registering = (async () => {
    for (let n = 0; !killed && n < 15; n++) {
      const email = `person${n}@example.com`
      const answer = await new Client(first.origin)
        .post('/auth/register', { email, password: PASSWORD })
        .catch(() => undefined)
      if (answer?.status === 202) registered.push(email)
    }
  })()
  await Promise.all([...ordering, registering])
  if (first.child.exitCode === null && first.child.signalCode === null)
    await once(first.child, 'exit')

  const second = await startedProcess(folder)
  const again = new Client(second.origin)
  await again.post('/auth/login', { email: 'ann@example.com', password: PASSWORD })
  const kept = await Promise.all(
    acknowledged.map(async id => (await again.get(`/api/orders/${id}`)).status),
  )
  assert.deepEqual(
    kept,
    kept.map(() => 200),
  )
  const root = new Client(second.origin)
  await root.post('/auth/login', { email: 'root@example.com', password: PASSWORD })
  const log = await root.get('/admin/audit?limit=1000&code=account.created')
  assert.equal(log.status, 200, log.text)
  const created = log.json as unknown[]
  assert.ok(
    created.length >= registered.length + 1,
    `${created.length} of ${registered.length + 1} registrations are in the log`,
  )

  await stopped(second, again)
})

/** Ends it by SIGTERM while a request is half sent; the request still gets its answer. */
async function stopped(process: ServiceProcess, person: Client): Promise<void> {
  const { csrfToken } = (await person.get('/csrf-token')).json
  const body = JSON.stringify({ item: 'the last one', quantity: 1 })
  const half = request(`${process.origin}/api/orders`, {
    method: 'POST',
    headers: {
      cookie: person.cookies,
      'x-csrf-token': csrfToken,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      expect: '100-continue',
    },
  })
  half.flushHeaders()
  await once(half, 'continue')
  const exit = once(process.child, 'exit')
  process.child.kill('SIGTERM')
  half.end(body)
  const [answer] = (await once(half, 'response')) as [IncomingMessage]
  answer.resume()
  assert.equal(answer.statusCode, 201)
  assert.deepEqual(await exit, [0, null], 'it ends in order')
}
