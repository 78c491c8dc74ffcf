import { join } from 'node:path'
import { checkpointFile } from 'bulwark/audit'
import { bulwark } from 'bulwark/fastify'
import { developmentOutbox, type Mailer } from 'bulwark/mail'
import { outboundAuditEvent, outboundPolicy } from 'bulwark/outbound'
import type { Stores } from 'bulwark/stores'
import { diskStorage, stripMetadata, uploads } from 'bulwark/uploads'
import { webhooks } from 'bulwark/webhooks'
import Fastify, { type FastifyInstance } from 'fastify'
import { adminRoutes } from './admin/routes.ts'
import { throttles } from './admin/throttles.ts'
import type { Database } from './data/database.ts'
import type { StoresTold } from './data/open.ts'
import { outboxRoutes } from './dev/outbox.ts'
import { fileRoutes, MAX_FILE_BYTES } from './files/routes.ts'
import { healthRoutes } from './health/routes.ts'
import { noteStart, noteStop } from './lifecycle.ts'
import { orders as openOrders } from './orders/orders.ts'
import { orderRoutes } from './orders/routes.ts'
import { toldOrders } from './orders/told.ts'
import type { Settings } from './settings.ts'
import { setup } from './setup/setup.ts'
import { identityProviders } from './social/providers.ts'
import { assetRoutes } from './web/assets.ts'
import { problemPage } from './web/pages/problem.ts'
import { pageRoutes } from './web/routes.ts'
import { webhookRegistry } from './webhooks/registry.ts'
import { EVENTS, webhookRoutes } from './webhooks/routes.ts'

/** What the service stands on; whoever starts it opens and closes these. */
export interface Parts {
  readonly stores: Stores
  readonly database: Database
  /** Where mails go; without one, development shows them at `/dev/outbox`. */
  readonly mailer: Mailer | undefined
  /** What the doctor cannot see of the stores by itself. */
  readonly told?: StoresTold
  readonly clock?: () => number
  readonly logLevel?: 'warn' | 'silent'
}

export interface Service {
  readonly app: FastifyInstance
  /** One-time link that makes the first administrator; absent when there is one. */
  readonly setUpLink: string | undefined
}

/** What people may keep here: pictures and documents that cannot run. */
const ALLOWED_FILES = [
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/gif',
  'document/pdf',
  'text/plain',
]

/** Puts the reference service together. It does not listen yet. */
export async function service(settings: Settings, parts: Parts): Promise<Service> {
  const clock = parts.clock ?? Date.now
  const outbox =
    parts.mailer === undefined && settings.mode === 'development'
      ? developmentOutbox(clock)
      : undefined
  const mailer = parts.mailer ?? outbox
  let stopping = false

  const app = Fastify({ logger: { level: parts.logLevel ?? 'warn' } })
  await app.register(bulwark, {
    mode: settings.mode,
    origin: settings.origin,
    rootKey: settings.rootKey,
    previousRootKeys: settings.previousRootKeys,
    trustedProxies: settings.trustedProxies,
    stores: parts.stores,
    clock,
    throttle: throttles(settings.mode),
    audit: {
      checkpoints: checkpointFile(join(settings.dataFolder, 'audit-checkpoints.jsonl')),
      retentionDays: 730,
    },
    doctor: {
      processes: settings.workers,
      outbound: () => [outbound.settings],
      uploads: () => [files.settings],
      keyBesideData: settings.keyBesideData,
      ...parts.told,
    },
    account: {
      service: 'Bulwark',
      // Who can look at everybody shows more than a password, once there was time to set it up.
      factors: { required: { roles: 'admin', graceDays: 14 } },
      ...(mailer !== undefined && { mailer }),
    },
    problemPage,
    oauth: {
      scopes: { 'orders:read': 'see your orders', 'orders:write': 'place and change orders' },
      // Clients of MCP begin by registering; in production somebody should decide who may.
      ...(settings.mode === 'development' && { registration: 'open' }),
    },
    ...(settings.socialFile !== undefined && {
      social: { providers: identityProviders(settings.socialFile) },
    }),
  })
  app.addHook('preClose', async () => {
    stopping = true
    await noteStop(app.bulwark)
  })

  const files = uploads({
    storage: diskStorage({ folder: join(settings.dataFolder, 'files') }),
    allow: ALLOWED_FILES,
    maxBytes: MAX_FILE_BYTES,
    rewrite: stripMetadata(),
    linkKey: app.bulwark.keys.for('download-link'),
    clock,
  })
  app.addHook('onClose', () => files.close())
  const outbound = outboundPolicy({
    name: 'webhooks',
    purpose: 'Deliveries to addresses that account owners register.',
    schemes: settings.mode === 'production' ? ['https'] : ['http', 'https'],
    maxRedirects: 0,
    maxBodyBytes: 65_536,
    allowAddresses: settings.outboundAllow,
    ports: settings.outboundPorts,
    observe: event => {
      const audited = outboundAuditEvent(event)
      if (audited !== undefined) app.bulwark.audit?.record(audited)
    },
  })
  const hooks = webhooks({
    events: EVENTS,
    policy: outbound,
    registry: await webhookRegistry(parts.database),
    jobs: parts.stores.jobs,
    sealed: app.bulwark.fields.field('webhooks', 'secrets'),
    clock,
    random: app.bulwark.random,
    record: event => app.bulwark.audit?.record(event),
  })
  hooks.start()
  const orders = toldOrders(await openOrders(parts.database, clock), hooks.publish)
  app.addHook('onClose', async () => {
    await hooks.stop()
    await outbound.close()
  })
  const first = await setup(app.bulwark, settings)
  healthRoutes(app, () => stopping)
  assetRoutes(app)
  orderRoutes(app, orders)
  webhookRoutes(app, hooks)
  fileRoutes(app, files, hooks)
  adminRoutes(app)
  if (outbox !== undefined) outboxRoutes(app, outbox)
  pageRoutes(app, { orders, files, webhooks: hooks, setUp: first.makeAdministrator })
  await app.ready()
  await noteStart(app.bulwark)
  return { app, setUpLink: first.link }
}
