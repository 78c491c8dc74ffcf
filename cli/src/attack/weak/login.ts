import { setTimeout as pause } from 'node:timers/promises'
import { type Answer, type Call, json, refuse, type Session, type User } from './call.ts'
import { cookieName, setSession, spin } from './session-cookie.ts'
import type { State } from './state.ts'
import { NO_STORE } from './tokens.ts'

const FREE_FAILURES = 5
const NAMES_AN_ADDRESS = 30

/** Name and password, counted before they are looked at. */
export async function login(state: State, call: Call): Promise<Answer> {
  const weak = (flaw: string) => state.weak(flaw)
  const loose = tooTrusting(state, call)
  if (loose !== undefined) return loose
  const { email: name, password } = call.body
  if (typeof name !== 'string' || typeof password !== 'string')
    return refuse(422, 'login.malformed')
  if (password.length > 1024 && !weak('dos.password-length')) return refuse(422, 'login.malformed')
  if (password.length > 100_000) spin(1300)
  if (weak('dos.hash-starvation')) spin(110)
  const user = userOf(state, name)
  const throttle = count(state, call, name, user)
  if (throttle.refusal !== undefined) return throttle.refusal
  // The flaw: reading, waiting and only then writing the counter.
  if (weak('brute.parallel')) await pause(30)
  throttle.reserve()
  if (weak('enum.login-time') && user !== undefined) spin(40)
  if (user === undefined) state.hash(password, 'dummy')
  const right = user !== undefined && state.fits(user, password) && user.extra['disabled'] !== true
  if (!right) {
    state.hit(`spray ${call.remote}`, 60_000)
    return failed(state, call, user)
  }
  throttle.clear()
  if (!weak('audit.auth-events')) state.log('login.succeeded', call, { account: name })
  return welcome(state, call, user)
}

function userOf(state: State, name: string): User | undefined {
  const account = canonical(name)
  if (state.weak('pw.default') && account === 'admin' && !state.users.has(account))
    state.addUser('admin', 'admin', 'admin')
  return state.users.get(account)
}

function canonical(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase()
}

/** The counter of this name, and the one of the address over all names. */
function count(state: State, call: Call, name: string, user: User | undefined) {
  const weak = (flaw: string) => state.weak(flaw)
  const forwarded = weak('brute.forwarded-bypass') ? (call.header('x-forwarded-for') ?? '') : ''
  const path = weak('brute.path-variants') ? call.message.url : ''
  const address = weak('brute.many-addresses') ? call.remote : ''
  const key = `${address} ${weak('brute.name-variants') ? name : canonical(name)} ${forwarded} ${path}`
  const counted = !weak('enum.lock-tell') || user !== undefined
  const failures = counted ? (state.failures.get(key) ?? 0) : 0
  const tooMany = failures >= FREE_FAILURES && !weak('brute.login-throttle')
  const names = state.hits.get(`spray ${call.remote}`)?.count ?? 0
  const throttled = tooMany || (names > NAMES_AN_ADDRESS && !weak('brute.spray'))
  if (throttled) state.log('login.throttled', call, { account: name })
  if (throttled && weak('brute.lockout-abuse') && user !== undefined) state.endSessions(user)
  const wait: Record<string, string> = weak('brute.retry-after') ? {} : { 'Retry-After': '60' }
  return {
    refusal: throttled ? refuse(429, 'throttle.slow_down', wait) : undefined,
    reserve: () => {
      if (counted) state.failures.set(key, (state.failures.get(key) ?? 0) + 1)
    },
    clear: () =>
      weak('brute.reset-by-success') ? state.failures.clear() : state.failures.delete(key),
  }
}

function failed(state: State, call: Call, user: User | undefined): Answer {
  const weak = (flaw: string) => state.weak(flaw)
  const { email: account, password } = call.body
  const more = weak('audit.no-secrets') ? { account, password } : { account }
  if (!weak('audit.auth-events')) state.log('login.failed', call, more)
  if (weak('enum.mfa-step') && user?.totp?.active)
    return json(200, { mfaRequired: true, factors: ['totp'] })
  if (weak('enum.login-reply'))
    return refuse(401, user === undefined ? 'login.unknown' : 'login.wrong_password')
  return refuse(401, 'login.failed')
}

/** The password was right: a session, tokens, or the second step. */
function welcome(state: State, call: Call, user: User): Answer {
  const weak = (flaw: string) => state.weak(flaw)
  const second = user.totp?.active === true
  if (second && !weak('mfa.step-skip')) {
    const session = state.newSession()
    session.pending = user
    return json(
      200,
      { mfaRequired: true, factors: ['totp', 'backup-code'] },
      setSession(state, session),
    )
  }
  if (call.body['transport'] === 'token') return json(200, state.tokens.start(user), NO_STORE)
  const session = sessionFor(state, call, user)
  if (second) session.pending = user
  const answer: Record<string, unknown> = {
    user: { id: user.id, email: user.email, name: user.name },
    ...(second ? { mfaRequired: true } : {}),
    ...(weak('refresh.storage') ? state.tokens.start(user) : {}),
    ...(weak('pw.echo') ? { received: call.body } : {}),
  }
  return json(200, answer, setSession(state, session))
}

function sessionFor(state: State, call: Call, user: User): Session {
  const weak = (flaw: string) => state.weak(flaw)
  const old = call.session
  const keeps = weak('session.rotates') || weak('session.old-dies') || weak('session.fixation')
  if (old !== undefined && keeps) return Object.assign(old, { user, authenticatedAt: Date.now() })
  if (old !== undefined) state.sessions.delete(old.id)
  const planted = weak('session.fixation') ? call.cookies.get(cookieName(state)) : undefined
  if (planted === undefined) return state.newSession(user)
  const session = { id: planted, user, authenticatedAt: Date.now() }
  state.sessions.set(planted, session)
  return session
}

/** Bodies that a service without a schema would act upon. */
function tooTrusting(state: State, call: Call): Answer | undefined {
  const { email: name, password } = call.body
  const anybody = () => {
    const [victim] = state.users.values()
    if (victim === undefined) return undefined
    return json(200, { user: { email: victim.email } }, setSession(state, state.newSession(victim)))
  }
  const operator = (value: unknown) => /^\{"\$(ne|gt)"/.test(JSON.stringify(value) ?? '')
  if (state.weak('json.type-confusion') && operator(password)) return anybody()
  if (state.weak('inject.nosql') && operator(name)) return anybody()
  if (!state.weak('brute.batch')) return undefined
  const tries = Array.isArray(call.body) ? call.body : Array.isArray(password) ? password : []
  return tries.length > 0 ? json(401, { results: tries.map(() => 'wrong password') }) : undefined
}
