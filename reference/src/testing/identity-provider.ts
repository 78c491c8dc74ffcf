import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { freePort } from './running.ts'

/** What somebody in the middle, or the provider itself, may do to its answers. */
export interface Tampering {
  /** Changes the token endpoint's answer. */
  token?: (body: Record<string, unknown>) => Promise<Record<string, unknown>>
  /** Changes the discovery document. */
  discovery?: (body: Record<string, unknown>) => Record<string, unknown>
  /** Answers every path with this status. */
  down?: number
}

export interface IdentityProvider {
  readonly issuer: string
  readonly tampering: Tampering
  /** Who signs in next, and what the provider says of them. */
  person: { sub: string; email?: string; email_verified?: boolean; name?: string }
  /** Walks a browser through the provider; answers where it comes back to us. */
  visit(location: string): Promise<URL>
  stop(): Promise<void>
}

/** oidc-provider on loopback, behind a proxy that can tamper with what it says. */
export async function identityProvider(
  redirectUri: string,
  signingKey: object,
): Promise<IdentityProvider> {
  // It brings no types; what is used of it is written here.
  const name = 'oidc-provider'
  const { default: Provider } = (await import(name)) as { default: new (...of: unknown[]) => Peer }
  const [inner, outer] = [await freePort(), await freePort()]
  const issuer = `http://127.0.0.1:${outer}`
  const tampering: Tampering = {}
  const state: Pick<IdentityProvider, 'person'> = { person: { sub: 'nobody' } }
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'bulwark',
        client_secret: 'a secret between us two',
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    jwks: { keys: [signingKey] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: { keys: ['cookie keys of a test'] },
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({ ...state.person, sub }),
    }),
    async loadExistingGrant(ctx: {
      oidc: {
        client: { clientId: string }
        session: { accountId: string }
        provider: {
          Grant: new (of: object) => { addOIDCScope(scope: string): void; save(): Promise<string> }
        }
      }
    }) {
      const { client, session } = ctx.oidc
      const grant = new ctx.oidc.provider.Grant({
        clientId: client.clientId,
        accountId: session.accountId,
      })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
  })
  provider.proxy = true
  const handle = provider.callback()
  const behind = createServer((request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void handle(request, response)
    const login = { accountId: state.person.sub }
    void provider.interactionFinished(request, response, { login })
  })
  const front = createServer(async (request, response) => {
    if (tampering.down !== undefined) {
      response.writeHead(tampering.down).end()
      return
    }
    const answer = await fetch(`http://127.0.0.1:${inner}${request.url}`, {
      method: request.method ?? 'GET',
      redirect: 'manual',
      headers: {
        ...(Object.fromEntries(
          Object.entries(request.headers).filter(([name]) => !HOP.includes(name)),
        ) as Record<string, string>),
        'x-forwarded-host': `127.0.0.1:${outer}`,
        'x-forwarded-proto': 'http',
      },
      ...(request.method === 'POST' && { body: new Uint8Array(await bodyOf(request)) }),
    })
    let text = await answer.text()
    if (request.url === '/token' && answer.ok && tampering.token !== undefined) {
      text = JSON.stringify(await tampering.token(JSON.parse(text)))
    }
    if (request.url?.startsWith('/.well-known') && tampering.discovery !== undefined) {
      text = JSON.stringify(tampering.discovery(JSON.parse(text)))
    }
    for (const cookie of answer.headers.getSetCookie()) response.appendHeader('set-cookie', cookie)
    const location = answer.headers.get('location')
    if (location !== null) response.setHeader('location', location)
    response.setHeader('content-type', answer.headers.get('content-type') ?? 'text/plain')
    response.writeHead(answer.status).end(text)
  })
  await listening(behind, inner)
  await listening(front, outer)

  return Object.assign(state, {
    issuer,
    tampering,
    async visit(location: string) {
      const jar = new Map<string, string>()
      let at = new URL(location)
      for (let hop = 0; hop < 10; hop++) {
        if (at.origin !== issuer) return at
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
        const answer = await fetch(at, { redirect: 'manual', headers: { cookie } })
        for (const text of answer.headers.getSetCookie()) {
          const [pair = ''] = text.split(';')
          jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
        }
        const next = answer.headers.get('location')
        if (next === null)
          throw new Error(`${at} answered ${answer.status}: ${await answer.text()}`)
        at = new URL(next, at)
      }
      throw new Error('the provider sends round in circles')
    },
    async stop() {
      for (const server of [front, behind]) {
        server.closeAllConnections()
        await new Promise(closed => server.close(closed))
      }
    },
  })
}

interface Peer {
  proxy: boolean
  callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
  interactionFinished(
    request: IncomingMessage,
    response: ServerResponse,
    result: object,
  ): Promise<void>
}

const HOP = ['host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding']

function listening(server: Server, port: number): Promise<void> {
  return new Promise(resolve => server.listen(port, '127.0.0.1', resolve))
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
