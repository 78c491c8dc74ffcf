import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What one sign-in shall say, and what is wrong with it. */
export interface Assertion {
  readonly claims: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  /** Signs with something else than the published key; `none` leaves the signature empty. */
  readonly by?: 'rogue' | 'none' | 'public-as-secret' | 'nobody'
  /** Changed after it was signed. */
  readonly swapped?: Readonly<Record<string, unknown>>
  readonly userinfo?: Readonly<Record<string, unknown>>
}

/**
 * An OpenID provider that the tool plays itself, on loopback: discovery, keys, tokens, user info.
 * Nobody signs in there; a check makes the callback itself and says what the token shall hold.
 */
export class IdentityProvider {
  readonly issuer: string
  readonly clientId: string
  readonly #server: Server
  readonly #pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  readonly #rogue: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  readonly #codes = new Map<string, Assertion>()
  readonly #access = new Map<string, Assertion>()

  private constructor(server: Server, clientId: string) {
    this.#server = server
    this.clientId = clientId
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { authorization = '' } = request.headers
        const value = this.#answer(
          request.url ?? '/',
          Buffer.concat(chunks).toString(),
          authorization,
        )
        response.writeHead(value === undefined ? 404 : 200, { 'Content-Type': 'application/json' })
        response.end(JSON.stringify(value ?? { error: 'invalid_grant' }))
      })
    })
  }

  static async open(port: number, clientId: string): Promise<IdentityProvider> {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    server.unref()
    return new IdentityProvider(server, clientId)
  }

  /** A code for which the token endpoint will say what `assertion` says. */
  code(assertion: Assertion): string {
    const code = randomBytes(24).toString('base64url')
    this.#codes.set(code, assertion)
    return code
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #answer(url: string, body: string, authorization: string): unknown {
    const at = (path: string) => `${this.issuer}${path}`
    const path = url.split('?')[0]
    if (path === '/.well-known/openid-configuration')
      return {
        issuer: this.issuer,
        authorization_endpoint: at('/authorize'),
        token_endpoint: at('/token'),
        jwks_uri: at('/jwks'),
        userinfo_endpoint: at('/userinfo'),
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
        code_challenge_methods_supported: ['S256'],
        token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
        authorization_response_iss_parameter_supported: true,
      }
    if (path === '/jwks') return { keys: [this.#jwk()] }
    if (path === '/userinfo') {
      const assertion = this.#access.get(authorization.replace(/^Bearer /, ''))
      return assertion && { ...assertion.claims, ...assertion.userinfo }
    }
    const code = path === '/token' ? (new URLSearchParams(body).get('code') ?? '') : ''
    const assertion = this.#codes.get(code)
    if (assertion === undefined) return undefined
    this.#codes.delete(code)
    const access = randomBytes(24).toString('base64url')
    this.#access.set(access, assertion)
    return {
      access_token: access,
      token_type: 'Bearer',
      expires_in: 600,
      id_token: this.#token(assertion),
    }
  }

  #jwk(): Record<string, unknown> {
    return {
      ...this.#pair.publicKey.export({ format: 'jwk' }),
      kid: 'k1',
      alg: 'ES256',
      use: 'sig',
    }
  }

  #token({ claims, header, by, swapped }: Assertion): string {
    const alg = by === 'none' ? 'none' : by === 'public-as-secret' ? 'HS256' : 'ES256'
    const inside = by === 'nobody' ? { jwk: jwkOf(this.#rogue) } : {}
    const head = part({ alg, kid: 'k1', typ: 'JWT', ...inside, ...header })
    const text = `${head}.${part(claims)}`
    const shown = swapped === undefined ? text : `${head}.${part({ ...claims, ...swapped })}`
    if (by === 'none') return `${shown}.`
    const secret = this.#pair.publicKey.export({ type: 'spki', format: 'pem' })
    const signature =
      by === 'public-as-secret'
        ? createHmac('sha256', secret).update(text).digest()
        : sign('sha256', Buffer.from(text), {
            key: by === 'rogue' || by === 'nobody' ? this.#rogue : this.#pair.privateKey,
            dsaEncoding: 'ieee-p1363',
          })
    return `${shown}.${signature.toString('base64url')}`
  }
}

function jwkOf(key: KeyObject): Record<string, unknown> {
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  return { kty, crv, x, y }
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
