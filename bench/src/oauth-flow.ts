import { createHash, randomBytes } from 'node:crypto'
import { Agent, type IncomingMessage, request as send } from 'node:http'

export const CALLBACK = 'https://client.example/callback'
export const CLIENT = 'bench'

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/** A server with somebody signed in, and a client to whom they allowed everything. */
export interface FlowTarget {
  readonly origin: string
  readonly authorize: string
  readonly token: string
  readonly cookie: string
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

export function ask(url: string, headers: Record<string, string>, form?: string): Promise<Answer> {
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

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly id_token: string
}

/** A whole code flow of somebody who is signed in: authorize, redeem, refresh. Answers the last tokens. */
export async function flow(of: FlowTarget): Promise<Tokens> {
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
  const to = await ask(`${of.origin}${of.authorize}?${query}`, { cookie: of.cookie })
  const code = new URL(to.headers.location ?? 'x:', of.origin).searchParams.get('code')
  if (code === null) throw new Error(`${to.status} ${to.headers.location} ${to.text}`)
  const redeemed = await token(of, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: CALLBACK,
  })
  return token(of, { grant_type: 'refresh_token', refresh_token: redeemed.refresh_token })
}

async function token(of: FlowTarget, fields: Record<string, string>): Promise<Tokens> {
  const form = new URLSearchParams({ ...fields, client_id: CLIENT }).toString()
  const answer = await ask(of.origin + of.token, {}, form)
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`)
  return JSON.parse(answer.text) as Tokens
}
