import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { Agent, createServer, type IncomingMessage, type Server, request as send } from 'node:http'
import { parseArgs } from 'node:util'
import { bulwark } from 'bulwark/fastify'
import { memoryStores } from 'bulwark/memory'
import type { Stores } from 'bulwark/stores'
import Fastify from 'fastify'
import { shown, spread } from './statistics.ts'

/** One server with a person signed in, and a client that everything was allowed to. */
interface Contender {
  readonly name: string
  readonly authorizePath: string
  readonly tokenPath: string
  /** The session's cookies, as the browser sends them. */
  cookie: string
  readonly origin: string
  /** Calls of the store since the last time it was asked. */
  trips(): number
  stop(): Promise<void>
}

const CALLBACK = 'https://client.example/callback'
const CLIENT = 'bench'
const agent = new Agent({ keepAlive: true, maxSockets: 64 })

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

function ask(url: string, headers: Record<string, string>, form?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = send(
      url,
      {
        agent,
        method: form === undefined ? 'GET' : 'POST',
        headers: {
          ...headers,
          ...(form !== undefined && {
            'content-type': 'application/x-www-form-urlencoded',
            'content-length': String(Buffer.byteLength(form)),
          }),
        },
      },
      incoming => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', part => {
          text += part
        })
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(form)
  })
}

interface Peer {
  callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
  interactionFinished(
    request: IncomingMessage,
    response: ServerResponse,
    result: object,
  ): Promise<void>
}

/** A whole code flow of somebody who is signed in: authorize, redeem, refresh. */
async function flow(of: Contender): Promise<void> {
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    client_id: CLIENT,
    redirect_uri: CALLBACK,
    response_type: 'code',
    scope: 'openid offline_access',
    state: 's',
    nonce: 'n',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const to = await ask(`${of.origin}${of.authorizePath}?${query}`, { cookie: of.cookie })
  const code = new URL(to.headers.location ?? 'x:', of.origin).searchParams.get('code')
  if (code === null) throw new Error(`${of.name}: ${to.status} ${to.headers.location} ${to.text}`)
  const redeemed = await token(of, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: CALLBACK,
  })
  await token(of, { grant_type: 'refresh_token', refresh_token: redeemed.refresh_token })
}

async function token(
  of: Contender,
  fields: Record<string, string>,
): Promise<{ readonly refresh_token: string }> {
  const form = new URLSearchParams({ ...fields, client_id: CLIENT }).toString()
  const answer = await ask(of.origin + of.tokenPath, {}, form)
  if (answer.status !== 200) throw new Error(`${of.name}: ${answer.status} ${answer.text}`)
  return JSON.parse(answer.text) as { refresh_token: string }
}

/** Counts the calls of every port but the log, whose writes are gathered. */
function counted(stores: Stores, count: () => void): Stores {
  const port = <T extends object>(of: T): T =>
    new Proxy(of, {
      get(target, name) {
        const verb = Reflect.get(target, name)
        if (typeof verb !== 'function') return verb
        return (...given: unknown[]) => {
          count()
          return Reflect.apply(verb, target, given)
        }
      },
    })
  const { accounts, credentials, sessions, refreshTokens, oneTimeTokens, counters } = stores
  return {
    ...stores,
    accounts: port(accounts),
    credentials: port(credentials),
    sessions: port(sessions),
    refreshTokens: port(refreshTokens),
    oneTimeTokens: port(oneTimeTokens),
    counters: port(counters),
  }
}

async function ours(format: 'jwt' | 'opaque'): Promise<Contender> {
  let calls = 0
  const stores = counted(memoryStores(), () => {
    calls++
  })
  const app = Fastify()
  await app.register(bulwark, {
    origin: 'http://localhost',
    stores,
    account: {},
    refresh: { format },
    oauth: {
      clients: [{ clientId: CLIENT, name: 'Bench', redirectUris: [CALLBACK], firstParty: true }],
    },
  })
  const { sessions, account } = app.bulwark
  const visit = {
    request: { id: 'x', method: 'POST', route: '/', address: '127.0.0.1', device: 'bench' },
    cookies: undefined,
  }
  const made = await account?.createAccount(
    { visit, actorId: undefined },
    { email: 'ann@example.com', verified: true },
  )
  if (made?.ok !== true) throw new Error('no account')
  const proof = { factors: [{ factor: 'pwd', at: Date.now() }], address: '', device: '' }
  const issued = await sessions?.start(made.value, proof)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as { port: number }
  return {
    name: `Bulwark, ${format} access tokens`,
    origin: `http://localhost:${port}`,
    authorizePath: '/oauth/authorize',
    tokenPath: '/oauth/token',
    cookie: issued?.cookie.split(';')[0] ?? '',
    trips() {
      const seen = calls
      calls = 0
      return seen
    },
    stop: () => app.close(),
  }
}

async function theirs(): Promise<Contender> {
  // The peer is installed for the library's tests; it brings no types.
  const name = 'oidc-provider'
  const { default: Provider } = (await import(name)) as { default: new (...of: unknown[]) => Peer }
  let calls = 0
  const kept = new Map<string, Record<string, unknown>>()
  /** The quickest adapter there can be: a map. */
  class Adapter {
    readonly #model: string
    constructor(model: string) {
      this.#model = model
    }
    #key(id: string): string {
      calls++
      return `${this.#model}:${id}`
    }
    async upsert(id: string, payload: Record<string, unknown>): Promise<void> {
      kept.set(this.#key(id), payload)
      if (this.#model === 'Session') kept.set(`Session:uid:${payload['uid']}`, payload)
    }
    async find(id: string): Promise<Record<string, unknown> | undefined> {
      return kept.get(this.#key(id))
    }
    async findByUid(uid: string): Promise<Record<string, unknown> | undefined> {
      return kept.get(this.#key(`uid:${uid}`))
    }
    async findByUserCode(): Promise<undefined> {}
    async consume(id: string): Promise<void> {
      const found = kept.get(this.#key(id))
      if (found !== undefined) found['consumed'] = Math.floor(Date.now() / 1000)
    }
    async destroy(id: string): Promise<void> {
      kept.delete(this.#key(id))
    }
    async revokeByGrantId(): Promise<void> {
      calls++
    }
  }
  const server: Server = createServer()
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as { port: number }
  const origin = `http://127.0.0.1:${port}`
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const provider = new Provider(origin, {
    adapter: Adapter,
    clients: [
      {
        client_id: CLIENT,
        redirect_uris: [CALLBACK],
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
    cookies: { keys: ['bench'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    ttl: { Interaction: 600, Grant: 86_400, Session: 86_400, AccessToken: 600, IdToken: 600 },
    async loadExistingGrant(ctx: {
      oidc: {
        session: { accountId: string; grantIdFor(client: string): string | undefined }
        provider: {
          Grant: {
            new (of: object): { addOIDCScope(scope: string): void; save(): Promise<string> }
            find(id: string): Promise<unknown>
          }
        }
      }
    }) {
      const { session, provider: at } = ctx.oidc
      const known = session.grantIdFor(CLIENT)
      if (known !== undefined) return at.Grant.find(known)
      const grant = new at.Grant({ clientId: CLIENT, accountId: session.accountId })
      grant.addOIDCScope('openid offline_access')
      await grant.save()
      return grant
    },
  })
  const handle = provider.callback()
  server.on('request', (incoming, response) => {
    if (incoming.url?.startsWith('/interaction/') !== true) return void handle(incoming, response)
    const result = { login: { accountId: 'ann' } }
    void provider.interactionFinished(incoming, response, result)
  })
  const of: Contender = {
    name: 'oidc-provider, map adapter',
    origin,
    authorizePath: '/auth',
    tokenPath: '/token',
    cookie: '',
    trips() {
      const seen = calls
      calls = 0
      return seen
    },
    async stop() {
      server.closeAllConnections()
      await new Promise(closed => server.close(closed))
    },
  }
  // Signs the person in once, so that a flow is the same three requests as ours.
  const jar = new Map<string, string>()
  const query = `client_id=${CLIENT}&redirect_uri=${encodeURIComponent(CALLBACK)}&response_type=code&scope=openid&code_challenge=${'x'.repeat(43)}&code_challenge_method=S256`
  let at = `${origin}/auth?${query}`
  while (at.startsWith(origin)) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await ask(at, { cookie })
    for (const text of answer.headers['set-cookie'] ?? []) {
      const [pair = ''] = text.split(';')
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    if (answer.headers.location === undefined) throw new Error(answer.text)
    at = new URL(answer.headers.location, at).href
  }
  of.cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  return of
}

/**
 * Flows a second of CPU, with so many people at once: a loaded machine shows the same as a quiet
 * one. The client's own work is in it, the same for both.
 */
async function rate(of: Contender, flows: number, atOnce: number): Promise<number> {
  let left = flows
  const lane = async (): Promise<void> => {
    while (left-- > 0) await flow(of)
  }
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: atOnce }, lane))
  const { user, system } = process.cpuUsage(before)
  return (flows * 1_000_000) / (user + system)
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    flows: { type: 'string', default: '200' },
  },
})
const rounds = Number(values.rounds)
const flows = Number(values.flows)
const peer = await theirs()
for (const format of ['jwt', 'opaque'] as const) {
  const mine = await ours(format)
  for (const one of [mine, peer]) {
    await flow(one)
    one.trips()
    await flow(one)
    process.stdout.write(`${one.name}: ${one.trips()} store calls a flow\n`)
  }
  const rates: [number, number][] = []
  for (let round = 0; round <= rounds; round++) {
    const first = round % 2 === 0
    const before = first ? undefined : await rate(peer, flows, 16)
    const own = await rate(mine, flows, 16)
    const other = before ?? (await rate(peer, flows, 16))
    // The first round warms both up.
    if (round > 0) rates.push([own, other])
  }
  process.stdout.write(
    `${mine.name}: ${shown(spread(rates.map(([own]) => own)))} flows a CPU second; oidc-provider: ${shown(spread(rates.map(([, other]) => other)))}; ratio ${shown(spread(rates.map(([own, other]) => own / other)))}\n`,
  )
  await mine.stop()
}
await peer.stop()
agent.destroy()
process.exit(0)
