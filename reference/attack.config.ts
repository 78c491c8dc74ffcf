import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttackConfig } from '../cli/src/attack/config/config.ts'
import { defineAttack } from '../cli/src/attack/config/define-attack.ts'

/** Everything of one run lies here: the data of the service and the users it begins with. */
const folder = join(tmpdir(), `bulwark-attack-${randomBytes(6).toString('hex')}`)
const inFolder = (name: string) => join(folder, name)
const seed = inFolder('seed.json')
const social = inFolder('social.json')
/** The attack plays the identity provider here; it is opened when a check asks for it. */
const providerPort = 20_000 + (process.pid % 10_000)

/** The administrator and the identity provider exist only in a service started for the attack. */
function writeSeed(): void {
  mkdirSync(folder, { mode: 0o700 })
  const issuer = `http://127.0.0.1:${providerPort}`
  const provider = {
    id: 'attack',
    issuer,
    clientId: 'attack',
    clientSecret: randomBytes(24).toString('hex'),
  }
  writeFileSync(social, JSON.stringify([provider]), { mode: 0o600 })
  const password = `${randomBytes(18).toString('base64url')}-Aa1`
  const users = [{ email: 'root@example.com', password, role: 'admin', verified: true }]
  writeFileSync(seed, JSON.stringify({ users }), { mode: 0o600 })
}

/** How the reference service is attacked: `npx bulwark attack http://localhost:3000`. */
const config: AttackConfig = defineAttack({
  target: 'http://localhost:3000',
  start: {
    command: 'npm start',
    wait: '/healthz',
    env: { PORT: '{port}', BULWARK_DATA: folder, BULWARK_SEED: seed, BULWARK_SOCIAL: social },
    prepare: writeSeed,
    cleanUp: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
    also: {
      accounts: {
        admin: { user: 'root@example.com', password: { file: seed, at: '/users/0/password' } },
      },
      social: { start: 'GET /auth/social/attack/start', port: providerPort, clientId: 'attack' },
      store: {
        files: ['bulwark.db', 'bulwark.db-wal', 'orders.db', 'orders.db-wal'].map(inFolder),
      },
    },
  },
  accounts: { alice: { register: true }, bob: { register: true } },
  limits: { requestsPerSecond: 200, requests: 8000, connections: 8 },
  signIn: {
    send: 'POST /auth/login',
    json: { email: '{user}', password: '{password}' },
    pending: '/mfaRequired',
  },
  session: {
    probe: 'GET /auth/me',
    logout: 'POST /auth/logout',
    logoutOthers: 'POST /auth/logout-others',
  },
  csrf: { from: 'GET /csrf-token', at: '/csrfToken', header: 'X-CSRF-Token' },
  register: {
    send: 'POST /auth/register',
    json: { email: '{user}', password: '{password}' },
    confirm: { send: 'POST /auth/verify-email', json: { token: '{token}' } },
  },
  // A fresh sign-in stands for the present password; older sessions are asked to step up.
  password: { change: { send: 'POST /auth/change-password', json: { newPassword: '{new}' } } },
  reset: {
    request: { send: 'POST /auth/forgot-password', json: { email: '{user}' } },
    redeem: { send: 'POST /auth/reset-password', json: { token: '{token}', password: '{new}' } },
  },
  mail: { http: 'GET /dev/outbox' },
  pages: [
    '/',
    '/login',
    '/register',
    '/forgot-password',
    '/reset-password',
    '/account',
    '/orders',
    '/files',
    '/webhooks',
  ],
  never: ['/reports/csp'],
  objects: [
    {
      name: 'order',
      create: { send: 'POST /api/orders', json: { item: '{marker}', quantity: 1 } },
      read: 'GET /api/orders/{id}',
      list: 'GET /api/orders',
      update: { send: 'PATCH /api/orders/{id}', json: { item: '{marker}' } },
      remove: 'DELETE /api/orders/{id}',
    },
  ],
  uploads: {
    send: 'POST /api/files',
    field: 'file',
    read: 'GET /api/files/{id}',
    remove: 'DELETE /api/files/{id}',
  },
  urls: [{ send: 'POST /api/webhooks/test', json: { url: '{url}' } }],
  totp: {
    setup: 'POST /auth/mfa/setup',
    confirm: { send: 'POST /auth/mfa/verify-setup', json: { code: '{code}' } },
    verify: { send: 'POST /auth/mfa/verify', json: { factor: 'totp', code: '{code}' } },
    backup: { send: 'POST /auth/mfa/verify', json: { factor: 'backup-code', code: '{code}' } },
    newCodes: 'POST /auth/mfa/backup-codes',
    disable: 'DELETE /auth/mfa/totp',
  },
  passkeys: {
    registerOptions: 'POST /auth/passkeys/register/options',
    register: { send: 'POST /auth/passkeys/register/verify', json: '{credential}' },
    loginOptions: { send: 'POST /auth/passkeys/login/options', json: { email: '{user}' } },
    login: { send: 'POST /auth/passkeys/login/verify', json: '{credential}' },
    list: 'GET /auth/passkeys',
    remove: 'DELETE /auth/passkeys/{id}',
  },
  tokens: {
    signIn: {
      send: 'POST /auth/login',
      json: { email: '{user}', password: '{password}', transport: 'token' },
    },
    renew: { send: 'POST /auth/refresh', json: { refreshToken: '{refresh}' } },
    logout: { send: 'POST /auth/logout' },
  },
  email: { change: { send: 'POST /auth/change-email', json: { email: '{new}' } } },
  oauth: {},
  adminRoutes: [
    'GET /admin/audit',
    'GET /admin/overview',
    'GET /admin/users',
    'GET /admin/lockouts',
  ],
  audit: { http: 'GET /admin/audit?limit=1000', as: 'admin' },
})

export default config
