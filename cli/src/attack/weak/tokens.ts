import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { type Answer, type Call, json, type Routes, refuse, text, type User } from './call.ts'
import type { State } from './state.ts'

export interface Family {
  readonly user: User
  readonly client: string
  current: string
  readonly used: Set<string>
  alive: boolean
  readonly scope: string
}

/** Access tokens that carry their own proof, and refresh tokens that work once. */
export class Tokens {
  readonly publicKey: KeyObject
  readonly #privateKey: KeyObject
  readonly #state: State
  readonly families: Family[] = []

  constructor(state: State) {
    this.#state = state
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.publicKey = pair.publicKey
    this.#privateKey = pair.privateKey
  }

  sign(claims: Record<string, unknown>, typ: string): string {
    const body = `${part({ alg: 'ES256', typ, kid: 'k1' })}.${part(claims)}`
    if (this.#state.weak('secret.weak-signing')) {
      const weak = `${part({ alg: 'HS256', typ, kid: 'k1' })}.${part(claims)}`
      return `${weak}.${createHmac('sha256', 'keyboard cat').update(weak).digest('base64url')}`
    }
    const signature = sign('sha256', Buffer.from(body), {
      key: this.#privateKey,
      dsaEncoding: 'ieee-p1363',
    })
    return `${body}.${signature.toString('base64url')}`
  }

  /** The claims of a token that this service signed as an access token, or `undefined`. */
  verified(token: string): Record<string, unknown> | undefined {
    const weak = (flaw: string) => this.#state.weak(flaw)
    const [head = '', body = '', signature = '', rest] = token.split('.')
    const header = unpart(head)
    const claims = unpart(body)
    if (header === undefined || claims === undefined || rest !== undefined) return undefined
    const typed = header['typ'] === 'at+jwt' && claims['aud'] === 'api'
    if (!typed && !weak('jwt.audience-type')) return undefined
    if (Number(claims['exp']) * 1000 < Date.now()) return undefined
    if (this.families[Number(claims['family'] ?? -1)]?.alive === false) return undefined
    return this.#signed(header, `${head}.${body}`, Buffer.from(signature, 'base64url'), signature)
      ? claims
      : undefined
  }

  #signed(
    header: Record<string, unknown>,
    body: string,
    signature: Buffer,
    spelt: string,
  ): boolean {
    const weak = (flaw: string) => this.#state.weak(flaw)
    const alg = String(header['alg'])
    if (weak('jwt.none') && alg.toLowerCase() === 'none') return true
    if (weak('jwt.signature') && alg === 'ES256') return true
    const mac = (key: string | Buffer) => createHmac('sha256', key).update(body).digest()
    if (weak('jwt.confusion') && alg === 'HS256') {
      const pem = this.publicKey.export({ type: 'spki', format: 'pem' })
      return mac(pem).equals(signature)
    }
    if (weak('secret.weak-signing') && alg === 'HS256') return mac('keyboard cat').equals(signature)
    if (alg !== 'ES256' || signature.toString('base64url') !== spelt) return false
    const inside = header['jwk']
    const key =
      weak('jwt.key-headers') && inside
        ? createPublicKey({ key: inside as JsonWebKey, format: 'jwk' })
        : this.publicKey
    return verify('sha256', Buffer.from(body), { key, dsaEncoding: 'ieee-p1363' }, signature)
  }

  /** A new pair for a new family. */
  start(user: User, client = 'own', scope = ''): Record<string, unknown> {
    const family: Family = {
      user,
      client,
      current: this.#secret(),
      used: new Set(),
      alive: true,
      scope,
    }
    this.families.push(family)
    return this.#pair(family)
  }

  access(user: User, scope = '', family?: Family): string {
    const exp = Math.floor(Date.now() / 1000) + 600
    return this.sign(
      {
        sub: user.id,
        email: user.email,
        aud: 'api',
        scope,
        exp,
        family: family && this.families.indexOf(family),
      },
      'at+jwt',
    )
  }

  #pair(family: Family): Record<string, unknown> {
    return {
      accessToken: this.access(family.user, family.scope, family),
      refreshToken: family.current,
      tokenType: 'Bearer',
      expiresIn: 600,
    }
  }

  #secret(): string {
    return randomBytes(32).toString('base64url')
  }

  of(token: string): Family | undefined {
    return this.families.find(({ current, used }) => current === token || used.has(token))
  }

  /** The family that an access or refresh token belongs to. */
  familyOf(token: string): Family | undefined {
    return this.of(token) ?? this.families[Number(this.verified(token)?.['family'] ?? -1)]
  }

  /** The next pair, or `undefined`; a token that was used before ends its whole family. */
  async renew(token: string, client: string): Promise<Record<string, unknown> | undefined> {
    const weak = (flaw: string) => this.#state.weak(flaw)
    const family = this.of(token)
    if (family === undefined || !family.alive) return undefined
    if (family.client !== client && !weak('refresh.other-client')) return undefined
    if (weak('refresh.race')) {
      if (token !== family.current) return undefined
      await new Promise(resolve => setTimeout(resolve, 30))
      const fork: Family = { ...family, current: this.#secret(), used: new Set() }
      this.families.push(fork)
      family.used.add(token)
      family.current = ''
      return this.#pair(fork)
    }
    if (token !== family.current) {
      if (weak('refresh.reuse')) return this.start(family.user, client)
      family.alive = false
      return undefined
    }
    if (!weak('refresh.rotates')) {
      family.used.add(token)
      family.current = this.#secret()
    }
    return this.#pair(family)
  }

  end(user: User): void {
    for (const family of this.families)
      if (family.user === user && !this.#state.weak('refresh.after-logout')) family.alive = false
  }
}

/** Refreshing and signing out with tokens. */
export function tokenRoutes(state: State, tokens: Tokens): Routes {
  return {
    'POST /auth/refresh': async call => {
      const token = text(call.body['refreshToken'])
      if (state.weak('refresh.as-access') && tokens.verified(token) !== undefined)
        return json(200, { accessToken: token, refreshToken: token })
      const pair = await tokens.renew(token, 'own')
      return pair === undefined ? refuse(401, 'refresh.refused') : json(200, pair, NO_STORE)
    },
    'POST /auth/token-logout': (call: Call): Answer => {
      const family = tokens.of(text(call.body['refreshToken']))
      if (family !== undefined) tokens.end(family.user)
      return { status: 204 }
    },
  }
}

export const NO_STORE = { 'Cache-Control': 'no-store' }

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function unpart(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Record<string, unknown>
  } catch {
    return undefined
  }
}
