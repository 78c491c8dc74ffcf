import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A provider on loopback: OpenID and the API of a plain OAuth 2 one, as GitHub has it. */
export interface FakeProvider {
  readonly origin: string
  /** How often each path was asked. */
  readonly asked: Map<string, number>
  /** Answers these paths with a status instead. */
  readonly broken: Map<string, number>
  /** What the API says. */
  user: Record<string, unknown>
  emails: unknown
  idClaims: Record<string, unknown>
  /** What the token endpoint was sent last. */
  form: URLSearchParams
  /** Signs with a new key under a new name from now on. */
  turnKey(): void
  /** Where the browser comes back to, given where it was sent. */
  visit(location: string, more?: Record<string, string>): URL
  stop(): Promise<void>
}

interface Code {
  readonly challenge: string
  readonly nonce: string | null
}

export async function fakeProvider(): Promise<FakeProvider> {
  const codes = new Map<string, Code>()
  let key: KeyObject
  let jwk: object
  let turns = 0
  const turnKey = (): void => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    key = pair.privateKey
    const kid = `k${++turns}`
    jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }
  }
  turnKey()
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const idToken = (nonce: string | null): string => {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: of.origin, aud: 'us', sub: 'p1', iat: now, exp: now + 600, nonce }
    const text = `${part({ alg: 'ES256', kid: `k${turns}` })}.${part({ ...claims, ...of.idClaims })}`
    const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
    return `${text}.${signature.toString('base64url')}`
  }

  const answer = async (path: string, incoming: IncomingMessage): Promise<object | undefined> => {
    const bearer = incoming.headers.authorization === 'Bearer gho_secret'
    switch (path) {
      case '/.well-known/openid-configuration':
        return {
          issuer: of.origin,
          authorization_endpoint: `${of.origin}/authorize`,
          token_endpoint: `${of.origin}/token`,
          jwks_uri: `${of.origin}/jwks`,
          id_token_signing_alg_values_supported: ['ES256'],
        }
      case '/jwks':
        return { keys: [jwk] }
      case '/token': {
        const parts: Buffer[] = []
        for await (const chunk of incoming) parts.push(chunk as Buffer)
        of.form = new URLSearchParams(Buffer.concat(parts).toString())
        const code = codes.get(of.form.get('code') ?? '')
        codes.delete(of.form.get('code') ?? '')
        const verifier = of.form.get('code_verifier') ?? ''
        const right = createHash('sha256').update(verifier).digest('base64url')
        if (code?.challenge !== right || of.form.get('client_secret') !== 'between us') {
          // GitHub says so with a 200.
          return { error: 'bad_verification_code' }
        }
        const tokens = { access_token: 'gho_secret', token_type: 'bearer', refresh_token: 'ghr_x' }
        return { ...tokens, ...(code.nonce !== null && { id_token: idToken(code.nonce) }) }
      }
      case '/user':
        return bearer ? of.user : undefined
      case '/user/emails':
        return bearer ? (of.emails as object) : undefined
      default:
        return undefined
    }
  }

  const server = createServer(async (incoming, response) => {
    const path = incoming.url ?? ''
    of.asked.set(path, (of.asked.get(path) ?? 0) + 1)
    const broken = of.broken.get(path)
    const body = broken === undefined ? await answer(path, incoming) : {}
    response.writeHead(broken ?? (body === undefined ? 401 : 200), {
      'content-type': 'application/json',
    })
    response.end(JSON.stringify(body ?? {}))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const of: FakeProvider = {
    origin: `http://127.0.0.1:${port}`,
    asked: new Map(),
    broken: new Map(),
    user: { id: 7, login: 'ann', name: 'Ann' },
    emails: [],
    idClaims: {},
    form: new URLSearchParams(),
    turnKey,
    visit(location, more = {}) {
      const { searchParams } = new URL(location)
      const code = randomBytes(16).toString('hex')
      codes.set(code, {
        challenge: searchParams.get('code_challenge') ?? '',
        nonce: searchParams.get('nonce'),
      })
      const back = new URL(searchParams.get('redirect_uri') ?? '')
      const state = searchParams.get('state') ?? ''
      for (const [name, value] of Object.entries({ code, state, ...more })) {
        back.searchParams.set(name, value)
      }
      return back
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return of
}
