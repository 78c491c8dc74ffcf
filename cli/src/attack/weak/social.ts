import { createPublicKey, type JsonWebKey, randomBytes, verify } from 'node:crypto'
import { type Answer, page, type Routes, text, type User } from './call.ts'
import { setSession } from './session-cookie.ts'
import type { State } from './state.ts'

interface Flow {
  readonly nonce: string
  readonly browser: string
}

const COOKIE = 'social-flow'
const CLIENT = 'twin'

/** Sign-in through a provider on loopback, with every check that OpenID asks for. */
export function socialRoutes(state: State): Routes {
  const weak = (flaw: string) => state.weak(flaw)
  const flows = new Map<string, Flow>()
  const people = new Map<string, User>()
  const issuer = () => `http://127.0.0.1:${state.socialPort}`
  const refused = page('Sign-in', '<p>That did not work.</p>', 400)

  const verified = async (
    token: string,
    nonce: string,
  ): Promise<Record<string, unknown> | undefined> => {
    const [head = '', body = '', signature = ''] = token.split('.')
    const read = (part: string) =>
      JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>
    const [header, claims] = [read(head), read(body)]
    const { keys } = (await (await fetch(`${issuer()}/jwks`)).json()) as { keys: JsonWebKey[] }
    const jwk = keys.find(key => key['kid'] === header['kid'])
    const key = jwk && createPublicKey({ key: jwk, format: 'jwk' })
    const signed =
      header['alg'] === 'ES256' &&
      key !== undefined &&
      verify(
        'sha256',
        Buffer.from(`${head}.${body}`),
        { key, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      )
    if (!signed && !weak('social.signature')) return undefined
    const seconds = Date.now() / 1000
    if (!(Number(claims['exp']) > seconds) && !weak('social.times')) return undefined
    if (claims['iss'] !== issuer() && !weak('social.issuer')) return undefined
    if (claims['aud'] !== CLIENT && !weak('social.audience')) return undefined
    if (claims['nonce'] !== nonce && !weak('social.nonce')) return undefined
    return claims
  }

  const accountOf = (claims: Record<string, unknown>): User => {
    const subject = text(claims['sub'])
    const email = text(claims['email']).toLowerCase()
    const known = people.get(subject)
    if (known !== undefined) return known
    const linked =
      weak('social.unverified-email') ||
      (weak('social.subject') && claims['email_verified'] === true)
        ? state.users.get(email)
        : undefined
    const user =
      linked ??
      state.addUser(
        state.users.has(email) ? `${subject}@social.invalid` : email,
        randomBytes(20).toString('hex'),
      )
    people.set(subject, user)
    return user
  }

  return {
    'GET /auth/social/attack/start': (): Answer => {
      const [flow, nonce, browser] = [0, 0, 0].map(() => randomBytes(18).toString('base64url')) as [
        string,
        string,
        string,
      ]
      flows.set(flow, { nonce, browser })
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: CLIENT,
        redirect_uri: `${state.origin}/auth/social/attack/callback`,
        scope: 'openid email',
        state: flow,
        nonce,
      })
      return {
        status: 303,
        headers: {
          Location: `${issuer()}/authorize?${query}`,
          'Set-Cookie': `${COOKIE}=${browser}; Path=/; HttpOnly; Secure; SameSite=Lax`,
        },
      }
    },
    'GET /auth/social/attack/callback': async call => {
      const one = (name: string) => call.query.get(name) ?? ''
      if (one('error') !== '')
        return weak('social.error-page') ? page('Error', one('error_description'), 400) : refused
      const flow = flows.get(one('state'))
      flows.delete(one('state'))
      const same = flow !== undefined && call.cookies.get(COOKIE) === flow.browser
      if (!same && !weak('social.state')) return refused
      if (one('iss') !== issuer() && !weak('social.issuer')) return refused
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        code: one('code'),
        client_id: CLIENT,
      })
      const token = (await (
        await fetch(`${issuer()}/token`, { method: 'POST', body })
      ).json()) as Record<string, unknown>
      const claims = await verified(text(token['id_token']), flow?.nonce ?? '').catch(
        () => undefined,
      )
      if (claims === undefined && !weak('social.state')) return refused
      const headers = { Authorization: `Bearer ${text(token['access_token'])}` }
      const info = (await (await fetch(`${issuer()}/userinfo`, { headers })).json()) as Record<
        string,
        unknown
      >
      if (
        info['sub'] !== claims?.['sub'] &&
        !weak('social.subject') &&
        !weak('social.state') &&
        !weak('social.signature')
      )
        return refused
      const user = accountOf({
        ...claims,
        ...(weak('social.subject') || weak('social.state') ? info : {}),
      })
      return {
        status: 303,
        headers: { Location: '/account', ...setSession(state, state.newSession(user)) },
      }
    },
  }
}
