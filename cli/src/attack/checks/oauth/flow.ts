import { createHash } from 'node:crypto'
import { absent, unclear } from '../../check.ts'
import type { OauthClient } from '../../config/config.ts'
import type { Person } from '../../people/person.ts'
import type { Scene } from '../../scene.ts'
import { type Form, formsOf } from '../../site/forms.ts'
import type { Ask } from '../../wire/ask.ts'
import type { Reply } from '../../wire/reply.ts'

/** Where the authorization server takes what; paths on the own origin. */
export interface Server {
  readonly issuer: string
  readonly authorize: string
  readonly token: string
  readonly register: string | undefined
  readonly revoke: string | undefined
  readonly introspect: string | undefined
  readonly userinfo: string | undefined
  readonly scopes: readonly string[]
  readonly metadata: Reply
}

export interface Client {
  readonly id: string
  readonly secret: string | undefined
  readonly redirectUri: string
  readonly scope: string
}

const PLACES = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']

export async function server(scene: Scene): Promise<Server> {
  const given = scene.config.oauth?.metadata
  for (const path of given === undefined ? PLACES : [given]) {
    const metadata = await scene.ask({ path })
    const at = (name: string) => pathOf(metadata.string(`/${name}`))
    const [authorize, token] = [at('authorization_endpoint'), at('token_endpoint')]
    if (authorize === undefined || token === undefined) continue
    const scopes = metadata.at('/scopes_supported')
    return {
      issuer: metadata.string('/issuer') ?? '',
      authorize,
      token,
      register: at('registration_endpoint'),
      revoke: at('revocation_endpoint'),
      introspect: at('introspection_endpoint'),
      userinfo: at('userinfo_endpoint'),
      scopes: Array.isArray(scopes) ? scopes.map(String) : [],
      metadata,
    }
  }
  throw absent('the service publishes no authorization server metadata', 'oauth.metadata')
}

function pathOf(url: string | undefined): string | undefined {
  const parsed = url === undefined ? null : URL.parse(url)
  return parsed === null ? undefined : parsed.pathname + parsed.search
}

export const REDIRECT = 'http://127.0.0.1:9/callback'

/** A public client of the config, or one that is registered now. */
export async function client(
  scene: Scene,
  at: Server,
  which: 'client' | 'other' = 'client',
): Promise<Client> {
  const known = scene.config.oauth?.[which]
  if (known !== undefined) return configured(scene, known)
  return registered(scene, at, { token_endpoint_auth_method: 'none' })
}

/** A client with a secret, of the config or registered now. */
export async function confidential(scene: Scene, at: Server): Promise<Client> {
  const known = scene.config.oauth?.confidential
  if (known !== undefined) return configured(scene, known)
  const made = await registered(scene, at, { token_endpoint_auth_method: 'client_secret_basic' })
  if (made.secret === undefined)
    throw absent('clients with a secret cannot be registered', 'oauth.confidential')
  return made
}

async function configured(
  scene: Scene,
  { id, secret, redirectUri, scope }: OauthClient,
): Promise<Client> {
  const opened = secret && (await scene.run.people.secret(secret))
  return { id, redirectUri, scope: scope ?? 'openid', secret: opened }
}

async function registered(
  scene: Scene,
  at: Server,
  more: Record<string, unknown>,
): Promise<Client> {
  if (at.register === undefined)
    throw absent('clients cannot be registered, and none is in the config', 'oauth.client')
  const scope = at.scopes
    .filter(one => one !== 'offline_access')
    .slice(0, 1)
    .join(' ')
  const reply = await scene.ask({
    method: 'POST',
    path: at.register,
    json: registration({ ...(scope && { scope }), ...more }),
  })
  const id = reply.string('/client_id')
  if (id === undefined)
    throw absent(`registering a client answered ${reply.status}`, 'oauth.client')
  return {
    id,
    secret: reply.string('/client_secret'),
    redirectUri: REDIRECT,
    scope: reply.string('/scope') ?? scope,
  }
}

export function registration(more: Record<string, unknown>): Record<string, unknown> {
  return {
    client_name: 'attack',
    redirect_uris: [REDIRECT],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    ...more,
  }
}

export interface Pkce {
  readonly verifier: string
  readonly challenge: string
}

export function pkce(scene: Scene): Pkce {
  const verifier = `${scene.marker()}${scene.dice.hex(40)}`
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** The parameters of a correct authorization request; `undefined` in `changes` leaves one out. */
export function wanted(
  of: Client,
  proof: Pkce,
  changes: Readonly<Record<string, string | undefined>> = {},
): URLSearchParams {
  const all: Record<string, string | undefined> = {
    response_type: 'code',
    client_id: of.id,
    redirect_uri: of.redirectUri,
    ...(of.scope === '' ? {} : { scope: of.scope }),
    state: 'state-0123456789',
    code_challenge: proof.challenge,
    code_challenge_method: 'S256',
    ...changes,
  }
  return new URLSearchParams(
    Object.entries(all).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    ),
  )
}

/** Where an authorization request ended: at the client with these parameters, or on a page. */
export interface Authorized {
  readonly reply: Reply
  /** The address outside the service that the browser was sent to. */
  readonly sentTo: URL | undefined
  readonly params: URLSearchParams
  readonly code: string | undefined
  /** Whether the user was asked. */
  readonly asked: boolean
}

const ALLOW = /allow|approve|accept|grant|authorize|agree|yes|consent/i
const DENY = /deny|cancel|reject|decline|refuse|\bno\b/i

/** Goes through authorization as a browser does, agreeing when asked unless told not to. */
export async function authorize(
  scene: Scene,
  at: Server,
  person: Person,
  params: URLSearchParams,
  { agree = true }: { agree?: boolean } = {},
): Promise<Authorized> {
  const { origin } = scene.place
  const headers = {
    Accept: 'text/html',
    'Sec-Fetch-Site': 'none',
    'Sec-Fetch-Mode': 'navigate',
    'Sec-Fetch-Dest': 'document',
  }
  let reply = await person.bare({
    path: `${at.authorize}${at.authorize.includes('?') ? '&' : '?'}${params}`,
    headers,
  })
  let asked = false
  for (let hop = 0; hop < 6; hop++) {
    const next = reply.status >= 300 && reply.status < 400 ? reply.location(origin) : undefined
    if (next !== undefined && next.origin !== origin) return ended(reply, next, asked)
    if (next !== undefined) {
      reply = await person.bare({ path: next.pathname + next.search, headers })
      continue
    }
    const form = reply.ok && reply.isHtml && !asked && agree ? consentOf(reply, origin) : undefined
    if (form === undefined) break
    asked = true
    reply = await person.ask({ ...form, headers: { ...form.headers, Accept: 'text/html' } })
  }
  return ended(reply, undefined, asked || (reply.isHtml && consentOf(reply, origin) !== undefined))
}

function ended(reply: Reply, sentTo: URL | undefined, asked: boolean): Authorized {
  const params = new URLSearchParams(sentTo?.search ?? '')
  for (const [name, value] of new URLSearchParams(sentTo?.hash.slice(1) ?? ''))
    params.set(name, value)
  return { reply, sentTo, params, code: params.get('code') ?? undefined, asked }
}

/** The form by which the user agrees, filled in. */
export function consentOf(page: Reply, origin: string): Ask | undefined {
  const forms = formsOf(page, origin).filter(
    ({ method, action, fields }) =>
      method === 'POST' &&
      !/log-?out|sign-?out/i.test(action) &&
      !fields.some(({ type }) => type === 'password'),
  )
  const asks = ({ fields }: Form) =>
    fields.some(({ name, value }) => name !== '' && ALLOW.test(value))
  const form = forms.find(asks) ?? forms[0]
  if (form === undefined) return undefined
  const buttons = form.fields.filter(
    ({ type, name }) => (type === 'submit' || type === 'button') && name !== '',
  )
  const yes =
    buttons.find(({ value, name }) => ALLOW.test(`${name} ${value}`)) ??
    buttons.find(({ value }) => !DENY.test(value))
  const pairs = form.fields
    .filter(({ type, name }) => name !== '' && type !== 'submit' && type !== 'button')
    .map(({ name, value }): [string, string] => [name, value])
  if (yes !== undefined) pairs.push([yes.name, yes.value])
  return { method: 'POST', path: form.action, form: pairs }
}

/** A code for a correct request; without one nothing about codes can be told. */
export async function codeFor(
  scene: Scene,
  at: Server,
  person: Person,
  of: Client,
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<{ code: string; proof: Pkce; end: Authorized }> {
  const proof = pkce(scene)
  const end = await authorize(scene, at, person, wanted(of, proof, changes))
  if (end.code === undefined)
    throw unclear(
      `a correct authorization request ended with ${end.reply.status} ${end.params.get('error') ?? ''} and no code`,
      'oauth.client',
    )
  scene.run.people.secrets.add(end.code)
  return { code: end.code, proof, end }
}

/** Asks the token endpoint; the client authenticates by its secret if it has one. */
export function token(
  scene: Scene,
  at: Server,
  of: Client,
  params: Readonly<Record<string, string>>,
  changes: Partial<Ask> = {},
): Promise<Reply> {
  const basic =
    of.secret === undefined
      ? undefined
      : Buffer.from(`${encodeURIComponent(of.id)}:${encodeURIComponent(of.secret)}`).toString(
          'base64',
        )
  return scene.visitor().bare({
    method: 'POST',
    path: at.token,
    form: { ...(basic === undefined ? { client_id: of.id } : {}), ...params },
    headers: basic === undefined ? {} : { Authorization: `Basic ${basic}` },
    ...changes,
  })
}

/** Redeems a code as it should be done. */
export function redeem(
  scene: Scene,
  at: Server,
  of: Client,
  code: string,
  proof: Pkce,
  changes: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  return token(scene, at, of, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: of.redirectUri,
    code_verifier: proof.verifier,
    ...changes,
  })
}

/** Tokens for a correct flow. */
export async function granted(
  scene: Scene,
  at: Server,
  person: Person,
  of: Client,
): Promise<{
  access: string
  refresh: string | undefined
  reply: Reply
  code: string
  proof: Pkce
}> {
  const { code, proof } = await codeFor(scene, at, person, of)
  const reply = await redeem(scene, at, of, code, proof)
  const access = reply.string('/access_token')
  if (access === undefined)
    throw unclear(
      `redeeming a code answered ${reply.status} ${reply.string('/error') ?? ''}`,
      'oauth.client',
    )
  const refresh = reply.string('/refresh_token')
  for (const secret of [access, refresh]) if (secret) scene.run.people.secrets.add(secret)
  return { access, refresh, reply, code, proof }
}

/** Whether an access token opens userinfo. */
export async function opens(scene: Scene, at: Server, access: string): Promise<Reply | undefined> {
  if (at.userinfo === undefined) return undefined
  const reply = await scene.ask({
    path: at.userinfo,
    headers: { Authorization: `Bearer ${access}` },
  })
  return reply.ok ? reply : undefined
}
