import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import { base32Encode, totp } from '../people/totp.ts'
import {
  type Answer,
  type Call,
  json,
  nothing,
  type Passkey,
  type Routes,
  refuse,
  text,
  type User,
} from './call.ts'
import { setSession } from './session-cookie.ts'
import type { State } from './state.ts'

const STEP_MS = 30_000
const MAX_WRONG = 5

/** TOTP, backup codes and passkeys. */
export function factorRoutes(state: State): Routes {
  return { ...totpRoutes(state), ...passkeyRoutes(state) }
}

function totpRoutes(state: State): Routes {
  const weak = (flaw: string) => state.weak(flaw)
  const newCodes = (user: User) => {
    const codes = Array.from({ length: 10 }, () =>
      weak('mfa.backup-entropy')
        ? randomBytes(3).toString('hex')
        : base32Encode(randomBytes(15)).toLowerCase(),
    )
    if (!weak('mfa.backup-once')) user.backupCodes.clear()
    for (const code of codes) user.backupCodes.add(code)
    return codes
  }
  /** The step of a code that is right, within the window and not used before. */
  const stepOf = (user: User, code: string): number | undefined => {
    const now = Math.floor(Date.now() / STEP_MS)
    const reach = weak('mfa.totp-window') ? 4 : 1
    for (let offset = -reach; offset <= reach; offset++) {
      if (totp(user.totp?.secret ?? '', offset) !== code) continue
      const used = now + offset <= (user.totp?.lastStep ?? 0)
      if (!used || weak('mfa.totp-once') || weak('mfa.totp-window')) return now + offset
    }
    return undefined
  }
  return {
    'POST /auth/mfa/setup': ({ user }) => {
      if (user === undefined) return refuse(401, 'session.required')
      const secret = base32Encode(randomBytes(20))
      user.totp = { secret, active: weak('mfa.enrol-proof'), lastStep: 0 }
      return json(200, { secret, otpauthUri: `otpauth://totp/Twin:${user.email}?secret=${secret}` })
    },
    'POST /auth/mfa/verify-setup': ({ user, session, body }) => {
      if (user?.totp === undefined) return refuse(401, 'session.required')
      const step = stepOf(user, text(body['code']))
      if (step === undefined) return refuse(422, 'totp.wrong')
      user.totp.active = true
      user.totp.lastStep = step
      if (session !== undefined) Object.assign(session, { factor: true })
      return json(200, { backupCodes: newCodes(user) })
    },
    'POST /auth/mfa/verify': call => {
      const user = call.session?.pending
      if (user === undefined) return refuse(401, 'login.flow')
      if (user.factorFailures >= MAX_WRONG && !weak('mfa.totp-throttle'))
        return refuse(429, 'throttle.slow_down', { 'Retry-After': '60' })
      const code = text(call.body['code'])
      if (call.body['factor'] === 'backup-code') {
        if (!user.backupCodes.has(code)) return wrong(user)
        if (!weak('mfa.backup-once')) user.backupCodes.delete(code)
        return signIn(call, user)
      }
      const others = weak('mfa.code-binding')
        ? [...state.users.values()].filter(({ totp }) => totp?.active)
        : []
      const holder = [user, ...others].find(one => stepOf(one, code) !== undefined)
      const step = holder && stepOf(holder, code)
      if (holder?.totp === undefined || step === undefined) return wrong(user)
      holder.totp.lastStep = step
      return signIn(call, user)
    },
    'POST /auth/mfa/backup-codes': ({ user, session }) => {
      if (user === undefined || !stepped(session)) return refuse(403, 'access.step_up')
      return json(200, { backupCodes: newCodes(user) })
    },
    'DELETE /auth/mfa/totp': ({ user, session }) => {
      if (user === undefined || !stepped(session)) return refuse(403, 'access.step_up')
      delete user.totp
      return nothing()
    },
  }

  function stepped(session: object | undefined): boolean {
    return weak('mfa.change-reauth') || (session !== undefined && 'factor' in session)
  }

  function wrong(user: User): Answer {
    user.factorFailures++
    return refuse(401, 'login.failed')
  }

  function signIn(call: Call, user: User): Answer {
    user.factorFailures = 0
    if (call.session !== undefined) state.sessions.delete(call.session.id)
    const session = state.newSession(user)
    Object.assign(session, { factor: true })
    return json(200, { user: { email: user.email } }, setSession(state, session))
  }
}

function passkeyRoutes(state: State): Routes {
  const weak = (flaw: string) => state.weak(flaw)
  const keys = new Map<string, Passkey>()
  const rpId = new URL(state.origin || 'http://127.0.0.1').hostname
  const fresh = () =>
    weak('passkey.challenge') ? 'YWFhYWFhYWE' : randomBytes(32).toString('base64url')
  const bytes = (value: unknown) => Buffer.from(text(value), 'base64url')
  const read = (call: Call) => {
    const response = (call.body['response'] ?? {}) as Record<string, unknown>
    const client = JSON.parse(bytes(response['clientDataJSON']).toString('utf8') || '{}') as Record<
      string,
      unknown
    >
    return { response, client, id: text(call.body['id']) }
  }
  /** Why client data or authenticator data are not as they should be, or `undefined`. */
  const fault = (
    client: Record<string, unknown>,
    authData: Buffer,
    type: string,
    challenge: string | undefined,
  ): string | undefined => {
    if (client['type'] !== type && !weak('passkey.signature')) return 'type'
    if (
      !weak('passkey.challenge') &&
      (challenge === undefined || client['challenge'] !== challenge)
    )
      return 'challenge'
    if (
      (client['origin'] !== state.origin || client['crossOrigin'] === true) &&
      !weak('passkey.origin')
    )
      return 'origin'
    const expected = createHash('sha256').update(rpId).digest()
    if (!authData.subarray(0, 32).equals(expected) && !weak('passkey.rp-id')) return 'rp id'
    if (((authData[32] ?? 0) & 0x05) !== 0x05 && !weak('passkey.uv')) return 'flags'
    return undefined
  }
  return {
    'POST /auth/passkeys/register/options': ({ user, session }) => {
      if (user === undefined || session === undefined) return refuse(401, 'session.required')
      session.challenge = fresh()
      return json(200, {
        rp: { id: rpId, name: 'Twin' },
        user: {
          id: Buffer.from(user.id).toString('base64url'),
          name: user.email,
          displayName: user.name,
        },
        challenge: session.challenge,
        pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
      })
    },
    'POST /auth/passkeys/register/verify': call => {
      const { user, session } = call
      if (user === undefined || session === undefined) return refuse(401, 'session.required')
      const { response, client, id } = read(call)
      const authData = bytes(response['authenticatorData'])
      const why = fault(client, authData, 'webauthn.create', session.challenge)
      session.challenge = undefined
      if (why !== undefined) return refuse(422, 'passkey.refused')
      if (keys.has(id) && !weak('passkey.cross-account')) return refuse(409, 'passkey.taken')
      keys.set(id, {
        id,
        publicKey: text(response['publicKey']),
        counter: authData.readUInt32BE(33),
        user,
      })
      return nothing()
    },
    'POST /auth/passkeys/login/options': call => {
      const session = call.session ?? state.newSession()
      session.challenge = fresh()
      const named = [...keys.values()].filter(({ user }) => user.email === text(call.body['email']))
      const allow = weak('enum.passkey-options')
        ? [...state.users.keys()]
            .filter(email => email === call.body['email'])
            .map(() => ({ type: 'public-key', id: named[0]?.id ?? 'a2V5' }))
        : []
      return json(
        200,
        {
          challenge: session.challenge,
          rpId,
          userVerification: 'required',
          ...(allow.length > 0 ? { allowCredentials: allow } : {}),
        },
        setSession(state, session),
      )
    },
    'POST /auth/passkeys/login/verify': call => {
      const { response, client, id } = read(call)
      const key = keys.get(id)
      const authData = bytes(response['authenticatorData'])
      const why = fault(client, authData, 'webauthn.get', call.session?.challenge)
      if (call.session !== undefined) call.session.challenge = undefined
      if (key === undefined || why !== undefined) return refuse(401, 'login.failed')
      const signed = Buffer.concat([
        authData,
        createHash('sha256').update(bytes(response['clientDataJSON'])).digest(),
      ])
      const publicKey = createPublicKey({
        key: Buffer.from(key.publicKey, 'base64url'),
        format: 'der',
        type: 'spki',
      })
      if (
        !weak('passkey.signature') &&
        !verify('sha256', signed, publicKey, bytes(response['signature']))
      )
        return refuse(401, 'login.failed')
      const counter = authData.readUInt32BE(33)
      if (counter <= key.counter && !weak('passkey.counter') && !weak('passkey.challenge'))
        return refuse(401, 'login.failed')
      key.counter = counter
      return json(
        200,
        { user: { email: key.user.email } },
        setSession(state, state.newSession(key.user)),
      )
    },
    'GET /auth/passkeys': ({ user }) =>
      user === undefined
        ? refuse(401, 'session.required')
        : json(
            200,
            [...keys.values()].filter(key => key.user === user).map(({ id }) => ({ id })),
          ),
    'DELETE /auth/passkeys/:id': call => {
      const key = keys.get(call.params['id'] ?? '')
      if (key === undefined || (key.user !== call.user && !weak('passkey.cross-account')))
        return refuse(404, 'absent')
      keys.delete(key.id)
      return nothing()
    },
  }
}
