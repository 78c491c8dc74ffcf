import type { AttackConfig } from './config/config.ts'

interface NeedRow {
  /** What is missing, as the report says it. */
  readonly what: string
  /** The line of the config that would enable it. */
  readonly line: string
  /** Whether the config, completed by what was discovered, has it. */
  has(config: AttackConfig): boolean
}

const ACCOUNT = (name: string) =>
  `accounts: { ${name}: { user: '${name}@example.com', password: { env: '${name.toUpperCase()}_PASSWORD' } } }`

/** What a check can need beyond a running service, and how to give it. */
export const NEEDS = {
  account: {
    what: 'an account to sign in with',
    line: ACCOUNT('alice'),
    has: config => config.accounts?.alice !== undefined,
  },
  second: {
    what: 'a second account',
    line: ACCOUNT('bob'),
    has: config => config.accounts?.bob !== undefined,
  },
  admin: {
    what: 'an account with more rights',
    line: ACCOUNT('admin'),
    has: config => config.accounts?.admin !== undefined,
  },
  newcomer: {
    what: 'sign-up, for accounts that are thrown away',
    line: "register: { send: 'POST /register', json: { email: '{user}', password: '{password}' } }",
    has: config => config.register !== undefined,
  },
  login: {
    what: 'a sign-in route',
    line: "signIn: { send: 'POST /login', json: { email: '{user}', password: '{password}' } }",
    has: config => config.signIn?.send !== undefined,
  },
  logout: {
    what: 'the sign-out route',
    line: "session: { probe: 'GET /me', logout: 'POST /logout' }",
    has: config => config.session?.logout !== undefined,
  },
  mail: {
    what: 'the mails that the service sends',
    line: "mail: { http: 'GET /dev/outbox' }   // or { file } or { command }",
    has: config => config.mail !== undefined,
  },
  reset: {
    what: 'the password reset',
    line: "reset: { request: { send: 'POST /forgot', json: { email: '{user}' } }, redeem: { send: 'POST /reset', json: { token: '{token}', password: '{new}' } } }",
    has: config => config.reset?.redeem !== undefined && config.mail !== undefined,
  },
  forgot: {
    what: 'the forgot-password route',
    line: "reset: { request: { send: 'POST /forgot', json: { email: '{user}' } } }",
    has: config => config.reset !== undefined,
  },
  change: {
    what: 'the password change',
    line: "password: { change: { send: 'POST /password', json: { current: '{password}', new: '{new}' } } }",
    has: config => config.password !== undefined,
  },
  objects: {
    what: 'objects that belong to somebody',
    line: "objects: [{ name: 'order', create: { send: 'POST /orders', json: { item: '{marker}' } }, read: 'GET /orders/{id}', list: 'GET /orders' }]",
    has: config => (config.objects?.length ?? 0) > 0,
  },
  action: {
    what: 'an action whose effect can be seen',
    line: "actions: [{ name: 'rename', change: { send: 'POST /profile', form: { name: '{marker}' } }, probe: 'GET /profile' }]",
    has: config =>
      (config.actions?.length ?? 0) > 0 ||
      config.objects?.some(({ list }) => list !== undefined) === true,
  },
  upload: {
    what: 'an upload route',
    line: "uploads: { send: 'POST /files', field: 'file', read: 'GET /files/{id}' }",
    has: config => config.uploads !== undefined,
  },
  url: {
    what: 'a request that takes a URL',
    line: "urls: [{ send: 'POST /webhooks/test', json: { url: '{url}' } }]",
    has: config => (config.urls?.length ?? 0) > 0,
  },
  totp: {
    what: 'TOTP set-up and sign-in',
    line: "totp: { setup: 'POST /mfa/setup', confirm: { send: 'POST /mfa/confirm', json: { code: '{code}' } }, verify: { send: 'POST /mfa/verify', json: { code: '{code}' } } }",
    has: config => config.totp !== undefined,
  },
  passkeys: {
    what: 'passkey routes',
    line: "passkeys: { registerOptions: 'POST /passkeys/register/options', register: { send: 'POST /passkeys/register/verify', json: '{credential}' }, loginOptions: …, login: … }",
    has: config => config.passkeys !== undefined,
  },
  tokens: {
    what: 'access and refresh tokens',
    line: "tokens: { signIn: { send: 'POST /token', json: { … } }, renew: { send: 'POST /refresh', json: { refreshToken: '{refresh}' } } }",
    has: config => config.tokens !== undefined,
  },
  oauth: {
    what: 'an authorization server',
    line: "oauth: { client: { id: 'app', redirectUri: 'http://127.0.0.1/callback', scope: 'openid' } }",
    has: config => config.oauth !== undefined,
  },
  audit: {
    what: 'the audit log',
    line: "audit: { http: 'GET /admin/audit', as: 'admin' }   // or { file } or { command }",
    has: config => config.audit !== undefined,
  },
  social: {
    what: 'sign-in through a provider that the tool can play',
    line: "social: { start: 'GET /auth/social/attack/start', port: 4990, clientId: 'app' }   // issuer http://127.0.0.1:4990",
    has: config => config.social !== undefined,
  },
  store: {
    what: 'what the service has stored',
    line: "store: { files: ['data/app.db'] }   // or { command: 'pg_dump app' }",
    has: config => config.store !== undefined,
  },
  email: {
    what: 'the change of address',
    line: "email: { change: { send: 'POST /email', json: { email: '{new}' } } }",
    has: config => config.email !== undefined,
  },
  adminRoutes: {
    what: 'routes for admins only',
    line: "adminRoutes: ['GET /admin/users']",
    has: config => (config.adminRoutes?.length ?? 0) > 0,
  },
} as const satisfies Readonly<Record<string, NeedRow>>

export type Need = keyof typeof NEEDS

/** The needs of a check that nothing meets yet. */
export function lacking(needs: readonly Need[], config: AttackConfig): Need[] {
  return needs.filter(need => !NEEDS[need].has(config))
}
