import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { freePort, serving } from '../contender.ts'
import { ask, CALLBACK, CLIENT } from '../oauth-flow.ts'

/**
 * oidc-provider as it comes, on its adapter interface; arguments: `memory` or `sqlite`, `jwt` or
 * `opaque`. It signs with the same algorithm, asks for the same PKCE and rotates refresh tokens.
 */
const [store, format] = process.argv.slice(2)
type Payload = Record<string, unknown>

interface Peer {
  callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
  interactionFinished(
    request: IncomingMessage,
    response: ServerResponse,
    result: object,
  ): Promise<void>
}

interface Shelf {
  put(key: string, payload: Payload, grantId: string | undefined): void
  get(key: string): Payload | undefined
  consume(key: string): void
  remove(key: string): void
  removeGrant(grantId: string): void
}

/** The quickest shelf there can be. */
function mapShelf(): Shelf {
  const kept = new Map<string, Payload>()
  return {
    put: (key, payload) => void kept.set(key, payload),
    get: key => kept.get(key),
    consume(key) {
      const found = kept.get(key)
      if (found !== undefined) found['consumed'] = Math.floor(Date.now() / 1000)
    },
    remove: key => void kept.delete(key),
    removeGrant() {},
  }
}

/** One table with an index on the grant, every write durable before its answer, as ours is. */
function sqliteShelf(): Shelf {
  const path = join(mkdtempSync(join(tmpdir(), 'bulwark-bench-')), 'peer.db')
  const db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  db.exec('CREATE TABLE kept (key TEXT PRIMARY KEY, grant_id TEXT, consumed INTEGER, data TEXT)')
  db.exec('CREATE INDEX by_grant ON kept (grant_id)')
  const put = db.prepare(
    'INSERT INTO kept VALUES (?, ?, NULL, ?) ON CONFLICT (key) DO UPDATE SET data = excluded.data',
  )
  const get = db.prepare('SELECT data, consumed FROM kept WHERE key = ?')
  const consume = db.prepare('UPDATE kept SET consumed = ? WHERE key = ?')
  const remove = db.prepare('DELETE FROM kept WHERE key = ?')
  const removeGrant = db.prepare('DELETE FROM kept WHERE grant_id = ?')
  return {
    put: (key, payload, grantId) => void put.run(key, grantId ?? null, JSON.stringify(payload)),
    get(key) {
      const row = get.get(key) as { data: string; consumed: number | null } | undefined
      if (row === undefined) return undefined
      const payload = JSON.parse(row.data) as Payload
      return row.consumed === null ? payload : { ...payload, consumed: row.consumed }
    },
    consume: key => void consume.run(Math.floor(Date.now() / 1000), key),
    remove: key => void remove.run(key),
    removeGrant: grantId => void removeGrant.run(grantId),
  }
}

let calls = 0
const shelf = store === 'sqlite' ? sqliteShelf() : mapShelf()

class Adapter {
  readonly #model: string
  constructor(model: string) {
    this.#model = model
  }
  #key(id: string): string {
    calls++
    return `${this.#model}:${id}`
  }
  async upsert(id: string, payload: Payload): Promise<void> {
    const { grantId, uid } = payload as { readonly grantId?: string; readonly uid?: string }
    shelf.put(this.#key(id), payload, grantId)
    if (this.#model === 'Session') shelf.put(`uid:${uid}`, { id }, undefined)
  }
  async find(id: string): Promise<Payload | undefined> {
    return shelf.get(this.#key(id))
  }
  async findByUid(uid: string): Promise<Payload | undefined> {
    const found = shelf.get(`uid:${uid}`)
    return found === undefined ? undefined : shelf.get(this.#key(String(found['id'])))
  }
  async findByUserCode(): Promise<undefined> {}
  async consume(id: string): Promise<void> {
    shelf.consume(this.#key(id))
  }
  async destroy(id: string): Promise<void> {
    shelf.remove(this.#key(id))
  }
  async revokeByGrantId(grantId: string): Promise<void> {
    calls++
    shelf.removeGrant(grantId)
  }
}

// It brings no types; what is used of it is written here.
const name = 'oidc-provider'
const { default: Provider } = (await import(name)) as { default: new (...of: unknown[]) => Peer }
const port = await freePort()
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
  features: {
    devInteractions: { enabled: false },
    ...(format === 'jwt' && {
      resourceIndicators: {
        enabled: true,
        defaultResource: () => origin,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'orders',
          audience: origin,
          accessTokenTTL: 600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    }),
  },
  interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
  ttl: {
    Interaction: 600,
    Grant: 86_400,
    Session: 86_400,
    AccessToken: 600,
    IdToken: 600,
    RefreshToken: 1_209_600,
  },
  async loadExistingGrant(ctx: {
    oidc: {
      session: { accountId: string; grantIdFor(client: string): string | undefined }
      provider: {
        Grant: {
          new (
            of: object,
          ): {
            addOIDCScope(scope: string): void
            addResourceScope(resource: string, scope: string): void
            save(): Promise<string>
          }
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
    grant.addResourceScope(origin, 'orders')
    await grant.save()
    return grant
  },
})
const handle = provider.callback()
const server = createServer((incoming, response) => {
  if (incoming.url?.startsWith('/interaction/') !== true) return void handle(incoming, response)
  void provider.interactionFinished(incoming, response, { login: { accountId: 'ann' } })
})
await new Promise<void>(listening => server.listen(port, '127.0.0.1', listening))

// Signs the person in once, so that a flow is the same three requests as ours.
const jar = new Map<string, string>()
const cookies = (): string => [...jar].map(([key, value]) => `${key}=${value}`).join('; ')
const query = new URLSearchParams({
  client_id: CLIENT,
  redirect_uri: CALLBACK,
  response_type: 'code',
  scope: 'openid',
  code_challenge: 'x'.repeat(43),
  code_challenge_method: 'S256',
})
let at = `${origin}/auth?${query}`
while (at.startsWith(origin)) {
  const answer = await ask(at, { cookie: cookies() })
  for (const text of answer.headers['set-cookie'] ?? []) {
    const [pair = ''] = text.split(';')
    jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
  }
  if (answer.headers.location === undefined) throw new Error(answer.text)
  at = new URL(answer.headers.location, at).href
}
serving(
  { port, told: { cookie: cookies(), authorize: '/auth', token: '/token' } },
  { trips: () => calls },
)
