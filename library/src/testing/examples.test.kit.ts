import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, request } from 'node:http'
import { join } from 'node:path'
import { type TestClient, testClient } from './client.ts'

/** A service in a process of its own, that prints its mails. */
export interface Example {
  readonly origin: string
  client(): TestClient
  /** The newest token that was mailed to this address. */
  mailedToken(email: string): Promise<string>
  signedIn(email: string): Promise<TestClient>
  stop(): Promise<void>
}

const PASSWORD = 'four unlikely words here'

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as { port: number }
  await new Promise(closed => server.close(closed))
  return port
}

/** Starts `file` in `folder` and waits until it says that it listens. */
export async function startExample(
  folder: string,
  nodeArguments: readonly string[] = [],
  file = 'service.ts',
): Promise<Example> {
  const port = await freePort()
  const child: ChildProcess = spawn(process.execPath, [...nodeArguments, join(folder, file)], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: '', PORT: String(port) },
    stdio: 'pipe',
  })
  let printed = ''
  const more = new Set<() => void>()
  const heard = (chunk: Buffer): void => {
    printed += chunk
    for (const wake of more) wake()
  }
  child.stdout?.on('data', heard)
  child.stderr?.on('data', heard)
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))

  /** Waits for a text; fails with all that was printed when the process ends or is late. */
  const saying = async (what: RegExp, withinMs = 20_000): Promise<RegExpExecArray> => {
    const late = AbortSignal.timeout(withinMs)
    for (;;) {
      const found = what.exec(printed)
      if (found !== null) return found
      if (late.aborted || child.exitCode !== null) {
        throw new Error(`${folder} did not say ${what}:\n${printed}`)
      }
      await new Promise<void>(resolve => {
        const wake = (): void => {
          more.delete(wake)
          late.removeEventListener('abort', wake)
          resolve()
        }
        more.add(wake)
        late.addEventListener('abort', wake)
        void ended.then(wake)
      })
    }
  }

  await saying(/listening on|Data:/)
  const origin = `http://localhost:${port}`
  const client = (): TestClient => testClient(origin)
  const mailedToken = async (email: string): Promise<string> => {
    const mail = new RegExp(`mail to ${RegExp.escape(email)}[^]*?#token=([\\w-]+)`)
    const [, token = ''] = await saying(mail)
    return token
  }
  return {
    origin,
    client,
    mailedToken,
    async signedIn(email) {
      const person = client()
      const password = PASSWORD
      assert.equal((await person.post('/auth/register', { email, password })).status, 202)
      const token = await mailedToken(email)
      assert.equal((await person.post('/auth/verify-email', { token })).status, 204)
      assert.equal((await person.post('/auth/login', { email, password })).status, 200)
      return person
    },
    async stop() {
      child.kill()
      await ended
    },
  }
}

/** What every example must withstand, as strangers and as two people see it. */
export async function attacked(at: Example): Promise<void> {
  const stranger = at.client()
  const shut = await stranger.get('/orders')
  assert.equal(shut.status, 401)
  assert.match(shut.headers.get('content-type') ?? '', /^application\/problem\+json/)
  assert.ok(shut.headers.has('www-authenticate'))

  const nowhere = await stranger.get('/nowhere')
  assert.equal(nowhere.status, 404)
  assert.equal(nowhere.headers.get('x-content-type-options'), 'nosniff')
  assert.equal(nowhere.headers.get('x-powered-by'), null)
  assert.equal(await statusAsHost(at.origin, 'evil.example'), 421)

  const ann = await at.signedIn('ann@example.com')
  const bob = await at.signedIn('bob@example.com')
  const made = await ann.post('/orders', { item: 'tea' })
  assert.equal(made.status, 201, made.text)
  assert.equal((await ann.get('/orders')).json.length, 1)
  assert.equal((await bob.get('/orders')).json.length, 0)
  const path = `/orders/${made.json.id}`
  if ((await ann.get(path)).status === 200) assert.equal((await bob.get(path)).status, 404)

  const crossSite = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
  const forged = await ann.send('POST', '/orders', { item: 'forged' }, crossSite)
  assert.equal(forged.status, 403)
  const twice = await ann.send('POST', '/orders', '{"item":"tea","item":"coffee"}')
  assert.equal(twice.status, 400)
  assert.equal((await ann.get('/orders')).json.length, 1)
}

/** How a request with another Host field is answered; `fetch` would not send one. */
function statusAsHost(origin: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asking = request(`${origin}/orders`, { headers: { host } }, response => {
      response.resume()
      resolve(response.statusCode)
    })
    asking.on('error', reject)
    asking.end()
  })
}
