import { randomBytes } from 'node:crypto'
import { type Answer, type Call, json, nothing, type Routes, refuse, text } from './call.ts'
import { login } from './login.ts'
import { clear, cookieName, setSession, spin } from './session-cookie.ts'
import type { State } from './state.ts'

const COMMON = new Set(
  'password1 password123 qwertyuiop 1234567890 iloveyou1 sunshine1 princess1 football1 baseball1 welcome123 letmein123 superman1 trustno1! monkey1234 dragon1234 correcthorsebatterystaple qwertyuiop1234567890'.split(
    ' ',
  ),
)

/** Sign-up, sign-in, sign-out, password change and reset. */
export function authRoutes(state: State): Routes {
  const weak = (flaw: string) => state.weak(flaw)

  return {
    'GET /csrf-token': call => {
      const session = call.session ?? state.newSession()
      const token = state.mac('csrf', session.id)
      return json(200, { csrfToken: token }, setSession(state, session))
    },

    'POST /auth/register': call => {
      const email = text(call.body['email'])
      const password = call.body['password']
      if (!/^[^\s@]{1,64}@[^\s@]+\.\w+$/.test(email)) return refuse(422, 'register.email')
      const wrong = passwordWrong(state, password, email)
      if (wrong !== undefined) return refuse(422, wrong)
      const known = state.users.get(email.toLowerCase())
      if (known !== undefined) {
        if (weak('enum.register')) return refuse(409, 'register.taken')
        state.hash(text(password), 'dummy')
        state.mail(email, 'You already have an account', 'Somebody tried to sign up again.')
        return json(202, { status: 'sent' })
      }
      const user = state.addUser(email.toLowerCase(), text(password))
      if (weak('idor.mass-assign')) Object.assign(user, { role: call.body['role'] ?? 'user' })
      const token = randomBytes(32).toString('base64url')
      state.verifications.set(token, user)
      state.mail(
        email,
        'Confirm',
        `Open ${state.origin}/verify-email${weak('register.get-consumes') ? '?' : '#'}token=${token}`,
      )
      return json(202, { status: 'sent' })
    },

    'POST /auth/verify-email': call => {
      const user = state.verifications.get(text(call.body['token']))
      if (user === undefined) return refuse(422, 'verify.unknown')
      user.verified = true
      return nothing()
    },

    'POST /auth/login': call => login(state, call),
    ...(weak('pw.login-get')
      ? {
          'GET /auth/login': (call: Call) =>
            login(state, { ...call, body: Object.fromEntries(call.query) }),
        }
      : {}),

    'POST /auth/logout': call => logout(state, call),
    ...(weak('csrf.logout') ? { 'GET /auth/logout': (call: Call) => logout(state, call) } : {}),

    'POST /auth/logout-all': call => {
      if (call.user === undefined) return refuse(401, 'session.required')
      if (!weak('session.logout-others')) state.endSessions(call.user)
      return nothing(clear(state))
    },

    'GET /auth/me': call => {
      const user = call.user
      if (user === undefined) return refuse(401, 'session.required')
      const seed = weak('mfa.secret-echo') ? { totpSecret: user.totp?.secret } : {}
      const exposed = weak('idor.over-exposure')
        ? { passwordHash: `$2b$10$${'N9qo8uLOickgx2ZMRZoMye'}IjZAgcfl7p92ldGxad68LJZdL17lhWy` }
        : {}
      const { id, email, name, role } = user
      const others = weak('cookie.tossing') ? [...new Set(everyCookie(call, state))] : []
      return json(200, {
        others,
        user: { id, email, name, role, ...user.extra, ...seed, ...exposed },
        session: { authenticatedAt: call.session?.authenticatedAt },
      })
    },

    'PATCH /auth/me': call => {
      const user = call.user
      if (user === undefined) return refuse(401, 'session.required')
      const { name, ...rest } = call.body
      const loose = weak('idor.mass-assign') || weak('json.unknown-fields')
      if (Object.keys(rest).length > 0 && !loose) return refuse(422, 'fields.unknown')
      if (name !== undefined) {
        if (typeof name !== 'string' || name.length > 200) return refuse(422, 'fields.name')
        user.name = name
      }
      if (loose) Object.assign(user.extra, rest)
      if (weak('idor.mass-assign') && typeof rest['role'] === 'string') user.role = rest['role']
      return json(200, { user: { id: user.id, email: user.email, name: user.name, ...user.extra } })
    },

    'POST /auth/change-email': call => {
      const { user } = call
      const next = text(call.body['email']).toLowerCase()
      if (user === undefined) return refuse(401, 'session.required')
      if (!/^[^\s@]{1,64}@[^\s@]+\.\w+$/.test(next)) return refuse(422, 'email.malformed')
      if (!weak('account.change-email'))
        state.mail(user.email, 'Your address is to change', 'If this was not you, tell us.')
      state.mail(
        next,
        'Confirm',
        `Open ${state.origin}/verify-email#token=${randomBytes(32).toString('base64url')}`,
      )
      return json(202, { status: 'sent' })
    },

    'POST /auth/change-password': call => {
      const user = call.user
      if (user === undefined) return refuse(401, 'session.required')
      const { currentPassword, newPassword } = call.body
      if (!weak('pw.change-current') && !state.fits(user, text(currentPassword)))
        return refuse(422, 'password.current')
      const wrong = passwordWrong(state, newPassword, user.email)
      if (wrong !== undefined) return refuse(422, wrong)
      state.setPassword(user, text(newPassword))
      for (const [token, of] of state.resets)
        if (of === user && !weak('reset.once')) state.resets.delete(token)
      if (!weak('session.password-change')) state.endSessions(user)
      state.tokens.end(user)
      state.log('password.changed', call)
      const session =
        weak('session.rotates') && call.session ? call.session : state.newSession(user)
      if (!state.sessions.has(session.id)) state.sessions.set(session.id, session)
      return nothing(setSession(state, session))
    },

    'POST /auth/forgot-password': call => forgot(state, call),

    'POST /auth/reset-password': call => {
      const user = state.resets.get(text(call.body['token']))
      const other = state.users.get(text(call.body['email']).toLowerCase())
      const target = weak('reset.other-user') ? (other ?? user) : user
      if (user === undefined || target === undefined) return refuse(422, 'reset.unknown')
      const wrong = passwordWrong(state, call.body['password'], target.email, 'reset.weak-new')
      if (wrong !== undefined) return refuse(422, wrong)
      if (!weak('reset.once'))
        for (const [token, of] of state.resets) if (of === user) state.resets.delete(token)
      state.setPassword(target, text(call.body['password']))
      if (!weak('reset.sessions')) {
        state.endSessions(target)
        state.tokens.end(target)
      }
      if (!weak('reset.notice'))
        state.mail(target.email, 'Your password was changed', 'If this was not you, tell us.')
      if (!weak('reset.mfa') && !weak('mfa.other-path')) return nothing()
      if (weak('reset.mfa')) delete target.totp
      return nothing(setSession(state, state.newSession(target)))
    },
  }
}

function logout(state: State, call: Call): Answer {
  if (call.session !== undefined && !state.weak('session.logout'))
    state.sessions.delete(call.session.id)
  return nothing(state.weak('session.clear-on-logout') ? {} : clear(state))
}

function forgot(state: State, call: Call): Answer {
  const weak = (flaw: string) => state.weak(flaw)
  const given = call.body['email']
  const emails =
    weak('reset.two-addresses') && Array.isArray(given) ? given.map(text) : [text(given)]
  const [email = ''] = emails
  if (!/^[^\s@,]{1,64}@[^\s@,]+\.\w+$/.test(email)) return refuse(422, 'reset.email')
  const user = state.users.get(email.toLowerCase())
  const sent = state.hit(`reset ${email.toLowerCase()}`, 3_600_000)
  if (user === undefined) {
    return weak('enum.reset-reply') ? refuse(404, 'reset.unknown') : json(202, { status: 'sent' })
  }
  if (weak('enum.reset-time')) spin(40)
  if (sent > 3 && !weak('reset.throttle')) return json(202, { status: 'sent' })
  const token = weak('reset.entropy')
    ? String(10_000_000 + state.resets.size)
    : randomBytes(32).toString('base64url')
  state.resets.set(token, user)
  const host = weak('reset.host')
    ? (call.header('x-forwarded-host') ?? call.header('host'))
    : state.origin.slice(7)
  const link = weak('reset.get-consumes')
    ? `reset-password?token=${token}`
    : `reset-password#token=${token}`
  for (const to of emails) state.mail(to, 'Reset', `Open http://${host}/${link}`)
  return json(202, { status: 'sent' })
}

/** Why a new password is not taken, or `undefined`. */
function passwordWrong(
  state: State,
  password: unknown,
  email: string,
  here = '',
): string | undefined {
  const weak = (flaw: string) => state.weak(flaw)
  if (typeof password !== 'string') return 'password.malformed'
  const lower = password.toLowerCase()
  if (weak(here)) return undefined
  if ([...password].length < (weak('pw.min-length') ? 6 : 8)) return 'password.short'
  if (password.length > (weak('pw.max-length') ? 40 : 256)) return 'password.long'
  if (weak('pw.composition') && !/[A-Z].*\d|\d.*[A-Z]/.test(password)) return 'password.classes'
  const famous = lower.length > 15
  if (COMMON.has(lower) && !(famous ? weak('pw.breached') : weak('pw.common')))
    return 'password.common'
  const local = email.split('@')[0]?.toLowerCase() ?? ''
  if (local.length >= 4 && lower.includes(local) && !weak('pw.context')) return 'password.context'
  return undefined
}

/** Whoever the session cookies belong to, when several are sent. */
function everyCookie(call: Call, state: State): (string | undefined)[] {
  return (call.header('cookie') ?? '')
    .split(/;\s*/)
    .filter(pair => pair.startsWith(`${cookieName(state)}=`))
    .map(pair => state.sessions.get(pair.slice(cookieName(state).length + 1))?.user?.email)
}
