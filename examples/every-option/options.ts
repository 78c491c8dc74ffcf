import { assemble } from 'bulwark'
import { systemClock } from 'bulwark/clock'
import { memoryStores } from 'bulwark/memory'
import { bulwark as node } from 'bulwark/node'
import { owned, ownedBy } from 'bulwark/owned'
import { systemRandom } from 'bulwark/random'

export const stores = memoryStores()

export const defences = await assemble({
  mode: 'production',
  origin: ['https://app.example', 'https://shop.example'],
  rootKey: process.env['BULWARK_ROOT_KEY'],
  previousRootKeys: [{ root: process.env['OLD_ROOT_KEY'] ?? '', until: Date.UTC(2030, 0, 1) }],
  hosts: ['app.internal'],
  trustedProxies: ['10.0.0.0/8'],
  stores,
  framing: {},
  probePaths: ['/healthz'],
  transport: false, // plain http is redirected by the proxy
  csrf: { trustedOrigins: ['https://www.app.example'], path: '/csrf-token' },
  headers: { reportPath: '/reports/csp' },
  content: {},
  limits: {},
  throttle: {
    default: { by: 'address', limit: 600, windowSeconds: 60 },
    policies: { search: { by: 'account', limit: 30, windowSeconds: 60 } },
  },
  session: { profile: 'aal2', idleSeconds: 900 },
  refresh: { accessSeconds: 300, algorithm: 'EdDSA' },
  access: { routes: { 'GET /docs/*': { public: true } } },
  audit: { address: 'hash', device: 'none', failClosed: ['admin.'] },
  account: { service: 'Example', resetSeconds: 600 },
  oauth: { scopes: { 'orders:read': 'see your orders' } },
  social: {
    providers: [
      { id: 'google', clientId: 'app', clientSecret: process.env['GOOGLE_SECRET'] ?? '' },
    ],
  },
  problemPage: ({ status, title }) => `<!doctype html><title>${status} ${title}</title>`,
  doctor: { tier: 'strict', processes: 4 },
  clock: systemClock,
  random: systemRandom(),
})

export const listener = await node(
  { bulwark: defences },
  {
    'GET /orders/:id': {
      access: { signedIn: true, role: ['user', 'admin'], scope: 'orders:read' },
      throttle: 'search',
      handle: ({ response }) => void response.end(),
    },
  },
)

export const orders = owned<{ id: string; account_id: string }>(
  { table: 'orders', columns: ['id', 'account_id'], rule: ownedBy('account_id') },
  { dialect: 'sqlite', run: async () => [], audit: { record: () => undefined } },
)
