import { type AddressInfo, createServer } from 'node:net'
import type { AttackConfig } from '../config/config.ts'
import type { Twin } from './twin.ts'

/** All that the twin offers, as one would tell it of a real service. */
export const twinConfig: AttackConfig = {
  behindTls: true,
  patienceMs: 150,
  openapi: '/spec/twin.json',
  pages: ['/orders', '/account'],
  limits: { requestsPerSecond: 5000, requests: 20_000 },
  accounts: {
    alice: { user: 'alice@example.com', password: { env: 'ALICE' } },
    bob: { user: 'bob@example.com', password: { env: 'BOB' } },
    admin: { user: 'root@example.com', password: { env: 'ROOT' } },
  },
  signIn: {
    send: 'POST /auth/login',
    json: { email: '{user}', password: '{password}' },
    pending: '/mfaRequired',
  },
  session: {
    probe: 'GET /auth/me',
    logout: 'POST /auth/logout',
    logoutOthers: 'POST /auth/logout-all',
  },
  csrf: { from: 'GET /csrf-token', at: '/csrfToken', header: 'X-CSRF-Token' },
  register: {
    send: 'POST /auth/register',
    json: { email: '{user}', password: '{password}' },
    confirm: { send: 'POST /auth/verify-email', json: { token: '{token}' } },
  },
  password: {
    change: {
      send: 'POST /auth/change-password',
      json: { currentPassword: '{password}', newPassword: '{new}' },
    },
  },
  reset: {
    request: { send: 'POST /auth/forgot-password', json: { email: '{user}' } },
    redeem: { send: 'POST /auth/reset-password', json: { token: '{token}', password: '{new}' } },
  },
  tokens: {
    signIn: {
      send: 'POST /auth/login',
      json: { email: '{user}', password: '{password}', transport: 'token' },
    },
    renew: { send: 'POST /auth/refresh', json: { refreshToken: '{refresh}' } },
    logout: { send: 'POST /auth/token-logout', json: { refreshToken: '{refresh}' } },
  },
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
  uploads: {
    send: 'POST /api/files',
    field: 'file',
    read: 'GET /api/files/{id}',
    remove: 'DELETE /api/files/{id}',
  },
  urls: [{ send: 'POST /api/webhooks/test', json: { url: '{url}' } }],
  oauth: {},
  email: { change: { send: 'POST /auth/change-email', json: { email: '{new}' } } },
  store: { http: 'GET /dev/store' },
  adminRoutes: ['GET /admin/users'],
  audit: { http: 'GET /admin/audit', as: 'admin' },
  mail: { http: 'GET /dev/outbox' },
  objects: [
    {
      name: 'order',
      create: { send: 'POST /api/orders', json: { item: '{marker}' } },
      read: 'GET /api/orders/{id}',
      list: 'GET /api/orders',
      update: { send: 'PATCH /api/orders/{id}', json: { item: '{marker}' } },
      remove: 'DELETE /api/orders/{id}',
    },
  ],
}

/** Whom the twin knows from the start; never more than this process knows. */
export const TWIN_USERS: readonly (readonly [user: string, env: string, role: string])[] = [
  ['alice@example.com', 'ALICE', 'user'],
  ['bob@example.com', 'BOB', 'user'],
  ['root@example.com', 'ROOT', 'admin'],
]

/** The config with what differs from twin to twin: the ports beside it. */
export async function configFor(twin: Twin): Promise<AttackConfig> {
  const { inspectorPort } = twin.state
  const port = await freePort()
  twin.state.socialPort = port
  return {
    ...twinConfig,
    inspectorPorts: [inspectorPort],
    social: { start: 'GET /auth/social/attack/start', port, clientId: 'twin' },
  }
}

/** A port nobody listens on; the identity provider takes it when a check asks for one. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
