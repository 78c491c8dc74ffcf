import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { assemble, type Bulwark, type BulwarkOptions, type RoutePolicy } from '../bulwark.ts'
import { ConfigFault } from '../kernel/fault.ts'
import { outboundPolicy } from '../outbound/outbound.ts'
import { memoryStores } from '../store/memory/memory.ts'
import { checks, diagnose, doctorOptions, type Facts, stops } from './doctor.ts'

const root = join(import.meta.dirname, '../../..')

/** A service on which nothing critical is found, without a disk: the store only says it lasts. */
const SOUND: BulwarkOptions = {
  mode: 'production',
  origin: 'https://app.example',
  rootKey: randomBytes(32),
  stores: { ...memoryStores(), kind: 'sqlite' },
}

const ACCOUNT = {
  password: { cost: { memoryKiB: 19_456, passes: 2, lanes: 1 } },
  mailer: { kind: 'smtp', send: async () => {} },
} as const

const ON_REDIS: BulwarkOptions = { stores: { ...memoryStores(), kind: 'redis+sqlite' } }

type Routes = Readonly<Record<string, RoutePolicy>>
const HOME: Routes = { 'GET /': { access: { public: true } } }

async function assembled(
  options: BulwarkOptions,
  routes: Routes = HOME,
): Promise<Bulwark & AsyncDisposable> {
  const service = await assemble({ ...SOUND, ...options })
  for (const [name, policy] of Object.entries(routes)) {
    const [method = '', pattern = ''] = name.split(' ')
    service.route(method, pattern, policy)
  }
  return { ...service, [Symbol.asyncDispose]: () => service.close() }
}

test('nothing critical and no warning is found on a sound service', async () => {
  await using service = await assembled({ account: ACCOUNT })
  const facts = service.facts()
  const steady: Facts = {
    ...facts,
    runtime: { ...facts.runtime, nodeEnv: 'production', asRoot: false, nodeVersion: '26.10.0' },
    audit: { ...facts.audit, hasCheckpoints: true },
  }
  const found = diagnose(steady).filter(({ severity }) => severity !== 'advice')
  assert.deepEqual(
    found.map(({ id }) => id),
    [],
  )
})

const open = { access: { public: true } } as const
const rate = (limit: number, by: 'address' | 'account' = 'address') => ({
  by,
  limit,
  windowSeconds: 60,
})
const outbound = (given: object) => ({
  doctor: {
    outbound: () => [
      outboundPolicy({ name: 'hooks', purpose: 'deliveries', observe: () => {}, ...given })
        .settings,
    ],
  },
})
const allowing = (...allowAddresses: string[]) => outbound({ allowAddresses })

/** Each a configuration that somebody could have written, and the finding that names it. */
const seeded: readonly (readonly [id: string, options: BulwarkOptions, routes?: Routes])[] = [
  ['service.loopback-origin', { origin: 'https://localhost:8443' }],
  ['http.plain-origin', { mode: 'development', origin: 'http://app.example' }],
  ['http.origin-missing', { mode: 'development', origin: [] }],
  ['secrets.made-up-key', { mode: 'development', rootKey: '' }],
  ['http.transport-off', { transport: false }],
  ['http.proxies-everyone', { trustedProxies: ['64.0.0.0/2'] }],
  ['http.proxies-counted', { trustedProxies: 1 }],
  ['http.wildcard-hosts', { hosts: ['*.app.example'] }],
  ['http.odd-paths', { framing: { paths: { encodedSlash: true } } }],
  ['store.memory', { stores: memoryStores() }],
  ['store.sqlite-many-nodes', { doctor: { processes: 8 } }],
  ['factors.optional', { account: ACCOUNT }],
  ['factors.optional', { account: { ...ACCOUNT, factors: { required: { roles: ['admin'] } } } }],
  ['store.redis-eviction', { ...ON_REDIS, doctor: { redis: { eviction: 'allkeys-lru' } } }],
  ['store.redis-snapshots', { ...ON_REDIS, doctor: { redis: { appendOnly: false } } }],
  ['store.plain-connection', { doctor: { plainStores: ['redis://10.0.0.5'] } }],
  ['secrets.key-beside-data', { doctor: { keyBesideData: true } }],
  ['audit.off', { audit: false }],
  ['audit.in-memory', { stores: memoryStores() }],
  ['audit.no-checkpoints', {}],
  ['audit.nothing-fails-closed', {}],
  ['audit.kept-for-ever', {}],
  ['csrf.off', { csrf: false }],
  ['csrf.plain-friend', { csrf: { trustedOrigins: ['http://friend.example'] } }],
  [
    'csrf.many-friends',
    { csrf: { trustedOrigins: [1, 2, 3, 4, 5, 6].map(n => `https://a${n}.example`) } },
  ],
  ['csrf.exempt-tree', { csrf: { exempt: { 'POST /hooks/*': 'signed by the provider' } } }],
  ['csrf.exempt-routes', { csrf: { exempt: { 'POST /pay': 'signed by the provider' } } }],
  [
    'csrf.exempt-routes',
    {},
    { 'POST /pay': { ...open, csrf: { exempt: 'signed by the provider' } } },
  ],
  ['headers.off', { headers: false }],
  [
    'headers.unsafe-scripts',
    {
      headers: {
        dangerouslyAllowUnsafeScripts: true,
        page: { 'script-src': ["'unsafe-inline'"] },
      },
    },
  ],
  ['headers.framing', { headers: { page: { 'frame-ancestors': ['*'] } } }],
  ['headers.hsts-off', { headers: { hsts: false } }],
  ['headers.hsts-ramp', { headers: { hsts: 'week' } }],
  ['headers.trusted-types-off', { headers: { page: { 'require-trusted-types-for': false } } }],
  ['headers.isolation-off', { headers: { isolation: 'off' } }],
  ['content.off', { content: false }],
  ['content.plain-text', { content: { consumes: ['text/plain'] } }, { 'POST /echo': open }],
  ['content.xml', {}, { 'POST /feed': { ...open, content: { consumes: ['application/xml'] } } }],
  ['content.deep-json', { content: { json: { maxDepth: 500 } } }],
  ['content.many-keys', { content: { json: { maxKeys: 1_000_000 } } }],
  ['limits.off', { limits: false }],
  ['limits.large-json', { limits: { body: { json: 50 * 2 ** 20 } } }],
  ['limits.bodies-and-heap', { limits: { concurrency: { max: 10_000_000 } } }],
  ['limits.ratio', { limits: { body: { maxRatio: 1000 } } }],
  ['limits.slow-headers', { limits: { server: { headersSeconds: 120 } } }],
  ['limits.slow-check', { limits: { server: { checkSeconds: 30 } } }],
  ['limits.slow-rates', { limits: { server: { minBodyBytesPerSecond: 1 } } }],
  ['limits.many-sockets', { limits: { server: { maxSocketsPerAddress: 10_000 } } }],
  ['limits.long-queue', { limits: { concurrency: { queueSeconds: 60 } } }],
  ['limits.late-shedding', { limits: { shed: { maxLoopDelayMs: 20_000 } } }],
  ['throttle.off', { throttle: false }],
  ['throttle.counts-apart', { stores: memoryStores(), doctor: { processes: 4 } }],
  ['throttle.no-default', { throttle: { default: false } }],
  ['throttle.one-key', { throttle: { policies: { search: rate(10, 'account') } } }],
  ['throttle.loose', { throttle: { policies: { search: rate(1_000_000) } } }],
  ['throttle.unused', { throttle: { policies: { search: rate(10) } } }],
  ['sessions.plain-http-cookie', { mode: 'development', session: { dangerouslyAllowHttp: true } }],
  [
    'sessions.longer-than-profile',
    { session: { absoluteSeconds: 864_000, dangerouslyLongerBecause: 'a kiosk that is guarded' } },
  ],
  ['sessions.lowest-profile', { session: { profile: 'aal1' } }],
  ['sessions.off', { session: false }],
  ['password.short', { account: { ...ACCOUNT, password: { ...ACCOUNT.password, minLength: 8 } } }],
  ['password.floor', { account: ACCOUNT }],
  ['lockout.generous-account', { account: { ...ACCOUNT, lockout: { freeFailures: 50 } } }],
  ['lockout.generous-address', { account: { ...ACCOUNT, lockout: { addressFailures: 5000 } } }],
  ['lockout.short-delay', { account: { ...ACCOUNT, lockout: { longestDelaySeconds: 5 } } }],
  ['lockout.counted-apart', { account: ACCOUNT, stores: memoryStores(), doctor: { processes: 2 } }],
  ['mail.nowhere', { account: { password: ACCOUNT.password } }],
  ['step-up.long', { account: { ...ACCOUNT, stepUpSeconds: 3600 } }],
  ['reset.long-link', { account: { ...ACCOUNT, resetSeconds: 86_400 } }],
  ['refresh.long-access', { account: ACCOUNT, refresh: { accessSeconds: 3600 } }],
  ['refresh.long-idle', { account: ACCOUNT, refresh: { idleSeconds: 30 * 86_400 } }],
  ['oauth.open-registration', { account: ACCOUNT, oauth: { scopes: {}, registration: 'open' } }],
  ['outbound.metadata-reachable', allowing('169.254.0.0/16')],
  ['outbound.loopback-reachable', allowing('127.0.0.0/8')],
  ['outbound.wide-exception', allowing('10.0.0.0/8')],
  ['outbound.many-ports', outbound({ ports: Array.from({ length: 40 }, (_, i) => 8000 + i) })],
  ['outbound.downgrade', outbound({ dangerouslyAllowDowngrade: true })],
  ['outbound.unobserved', outbound({ observe: undefined })],
  ['outbound.plain-http', outbound({ schemes: ['http', 'https'] })],
  ['outbound.told-by-time', outbound({ refusalStepMs: 0 })],
  ['access.off', { access: false }],
  ['access.operators-without-role', {}, { 'GET /admin/users': { access: { signedIn: true } } }],
  ['routes.debugging', {}, { 'GET /debug/vars': open }],
  ['routes.documentation', {}, { 'GET /openapi.json': open }],
  ['routes.metrics', {}, { 'GET /metrics': open }],
  ['routes.source-maps', {}, { 'GET /assets/app.js.map': open }],
  ['routes.unlimited', {}, { 'GET /search': { ...open, throttle: false } }],
  ['routes.large-body', {}, { 'POST /video': { ...open, limits: { maxBodyBytes: 2 ** 30 } } }],
  ['routes.public-writes', {}, { 'POST /contact': open }],
  ['routes.unvalidated', {}, { 'POST /contact': open }],
]

test('a service with a mistake hears of it: seeded mistakes are at least seventy', () => {
  assert.ok(new Set(seeded.map(([id]) => id)).size >= 70)
})

for (const [id, options, routes] of seeded) {
  test(`finds ${id} in ${Object.keys(routes ?? options).join(', ') || 'the defaults'}`, async () => {
    await using service = await assembled(options, { ...HOME, ...routes })
    const found = await service.posture('production')
    assert.ok(found.some(finding => finding.id === id))
  })
}

/** What no option says: the process, the traffic, the servers behind. */
const circumstances: readonly (readonly [id: string, change: (facts: Facts) => Facts])[] = [
  ...(
    [
      ['runtime.node-too-old', { nodeVersion: '24.18.0' }],
      ['runtime.node-too-old', { nodeVersion: '26.5.0' }],
      ['runtime.node-too-old', { nodeVersion: '22.22.0' }],
      ['runtime.node-odd-line', { nodeVersion: '27.1.0' }],
      ['runtime.inspector-open', { flags: ['--inspect=0.0.0.0'] }],
      ['runtime.inspector-open', { inspectable: true }],
      ['runtime.tls-keys-written', { flags: ['--tls-keylog=/tmp/keys'] }],
      ['runtime.old-tls', { flags: ['--tls-min-v1.0'] }],
      ['runtime.not-production', { nodeEnv: undefined }],
      ['runtime.chatty-logs', { chatty: ['NODE_DEBUG'] }],
      ['runtime.as-root', { asRoot: true }],
      ['runtime.legacy-crypto', { flags: ['--openssl-legacy-provider'] }],
      ['runtime.permissions-wide', { permitted: ['child'] }],
      ['runtime.no-permission-model', {}],
      ['runtime.source-maps', { flags: ['--enable-source-maps'] }],
    ] as const
  ).map(
    ([id, runtime]) =>
      [id, (facts: Facts) => ({ ...facts, runtime: { ...facts.runtime, ...runtime } })] as const,
  ),
  [
    'service.development-mode',
    facts => ({
      ...facts,
      service: { ...facts.service, mode: 'development', nodeEnv: 'production' },
    }),
  ],
  ['http.insecure-parser', facts => ({ ...facts, http: { ...facts.http, insecureParser: true } })],
  [
    'outbound.tls-switched-off',
    facts => ({ ...facts, outbound: { ...facts.outbound, tlsRejectUnauthorized: '0' } }),
  ],
  ['audit.lost-events', facts => ({ ...facts, audit: { ...facts.audit, lost: 3 } })],
  [
    'mail.stuck',
    facts => ({
      ...facts,
      mail: {
        mailerKind: 'smtp',
        production: true,
        backlog: { waiting: 1, oldestRunAt: 0 },
        now: 10_000_000,
      },
    }),
  ],
  [
    'store.redis-eviction',
    facts => ({
      ...facts,
      store: { ...facts.store, kind: 'redis+postgres', redisEviction: 'allkeys-lru' },
    }),
  ],
  ['limits.not-hardened', facts => ({ ...facts, limits: { ...facts.limits, hardened: false } })],
]

for (const [id, change] of circumstances) {
  test(`finds ${id} where the process or its surroundings say so`, async () => {
    await using service = await assembled({})
    assert.ok(diagnose(change(service.facts())).some(finding => finding.id === id))
  })
}

test('every check is told apart by its id, says what to do, and has a page', () => {
  assert.ok(checks.length >= 40, `${checks.length} checks`)
  assert.equal(new Set(checks.map(({ id }) => id)).size, checks.length)
  for (const check of checks) {
    assert.match(check.id, /^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/)
    for (const said of [check.what, check.why, check.fix]) assert.match(said, /^[A-Z].*\.$/s)
    assert.ok(existsSync(join(root, check.docs)), check.docs)
  }
})

test('no defence brings checks that nobody asks', () => {
  const written = globSync('library/src/**/*.checks.ts', { cwd: root })
    .map(file => readFileSync(join(root, file), 'utf8'))
    .flatMap(text => [...text.matchAll(/^ {4}id: '([^']+)'/gm)].map(([, id]) => id))
  assert.deepEqual(written.toSorted(), checks.map(({ id }) => id).toSorted())
})

test('a production start with something critical is refused, and told what to do', async () => {
  await using service = await assembled({ throttle: false, csrf: false })
  assert.throws(
    () => service.ready(),
    (fault: unknown) =>
      fault instanceof ConfigFault &&
      /^doctor/.test(fault.message) &&
      fault.message.includes('Take throttle: false out') &&
      fault.message.includes('Take csrf: false out'),
  )
})

test('in development the same service starts', async () => {
  await using service = await assembled({ mode: 'development', throttle: false, csrf: false })
  assert.deepEqual(service.ready(), [])
})

test('what somebody decided to live with, for a reason, is shown and stops nothing', async () => {
  const accept = { 'throttle.off': 'the gateway counts for all services' }
  await using service = await assembled({ throttle: false, doctor: { accept } })
  service.ready()
  const found = (await service.posture()).find(({ id }) => id === 'throttle.off')
  assert.equal(found?.accepted, accept['throttle.off'])
})

test('a finding is accepted by its id and with a reason, or the start is refused', () => {
  assert.throws(() => doctorOptions({ accept: { 'throttle.of': 'a good reason' } }), ConfigFault)
  assert.throws(() => doctorOptions({ accept: { 'throttle.off': 'because' } }), ConfigFault)
})

test('a strict service does not start over a warning', async () => {
  await using service = await assembled({ doctor: { tier: 'strict' } })
  assert.throws(() => service.ready(), /audit\.no-checkpoints/)
  for (const finding of await service.posture('strict')) {
    assert.equal(stops(finding, 'strict'), finding.severity !== 'advice')
    assert.equal(stops(finding, 'production'), finding.severity === 'critical')
  }
})

test('a server that is asked without its guard is found while it runs', async () => {
  await using service = await assembled({})
  const server = createServer((request, response) => {
    service.receive(request)
    response.end()
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as { port: number }
  const has = async (): Promise<boolean> =>
    (await service.posture()).some(({ id }) => id === 'limits.not-hardened')
  assert.equal(await has(), false)
  await (await fetch(`http://127.0.0.1:${port}/`)).text()
  assert.equal(await has(), true)
  server.closeAllConnections()
  await new Promise(closed => server.close(closed))
})

test('no finding holds a secret', async () => {
  const rootKey = randomBytes(32).toString('base64url')
  await using service = await assembled({ rootKey, account: ACCOUNT })
  assert.ok(!JSON.stringify(await service.posture('strict')).includes(rootKey))
})
