import { type Outcome, refused } from 'bulwark/outcome'
import { refuse } from 'bulwark/refuse'
import { uuid } from 'bulwark/uuid'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { deviceName } from '../web/device.ts'
import { admin, number } from './shared.ts'

const refusals = {
  absent: { code: 'admin.no_account', says: 'access.not_found', status: 404 },
  own: { code: 'admin.own_account', says: 'admin.own_account', status: 422 },
} as const

const listed = z.strictObject({
  limit: number.pipe(z.number().min(1).max(200)).optional(),
  /** The last id of the page before. */
  after: z.uuid().optional(),
  search: z.string().max(128).optional(),
  role: z.string().max(64).optional(),
})

/** A row of the lockouts: an account's id, or the keyed hash of what is counted. */
const waiting = z.strictObject({
  kind: z.enum(['account', 'name', 'address', 'device']),
  key: z.string().regex(/^[\w-]{1,128}$/),
})

const iso = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString()

type Stores = FastifyInstance['bulwark']['stores']
type Account = NonNullable<Awaited<ReturnType<Stores['accounts']['byId']>>>

/** An account as the operator sees it: nothing that signs in. */
function userView(account: Account): object {
  return {
    id: account.id,
    email: account.email,
    name: account.name ?? null,
    role: account.role,
    emailVerified: account.emailVerifiedAt !== undefined,
    hasPassword: account.passwordHash !== undefined,
    disabledAt: iso(account.disabledAt),
    deleteAfter: iso(account.deleteAfter),
    createdAt: iso(account.createdAt),
  }
}

/** `/admin/users` and `/admin/lockouts`. Whatever is done to somebody stands in the log. */
export function userRoutes(app: FastifyInstance): void {
  const { stores, account, audit, clock, pipeline } = app.bulwark
  if (account === undefined) return
  const { accounts, sessions, credentials } = stores
  const found = async (request: FastifyRequest): Promise<Account> => {
    const id = uuid((request.params as { id?: unknown }).id)
    if (!id.ok) return refuse(id.refusal)
    return (await accounts.byId(id.value)) ?? refuse(refusals.absent)
  }

  app.get('/admin/users', { config: { ...admin, content: { query: listed } } }, async request => {
    const { limit = 50, after, search, role } = request.query as z.infer<typeof listed>
    const page = await accounts.list({
      limit,
      ...(after !== undefined && { afterId: after }),
      ...(search !== undefined && search !== '' && { search }),
      ...(role !== undefined && role !== '' && { role }),
    })
    return page.map(userView)
  })

  app.get('/admin/users/:id', { config: admin }, async request => {
    const one = await found(request)
    const now = clock()
    const [live, kept, waits] = await Promise.all([
      sessions.ofAccount(one.id, now),
      credentials.ofAccount(one.id),
      account.lockout.state(one.id),
    ])
    const kinds: Record<string, number> = {}
    for (const { kind, confirmed } of kept) {
      if (confirmed) kinds[kind] = (kinds[kind] ?? 0) + 1
    }
    return {
      ...userView(one),
      factors: kinds,
      lockout: {
        failures: waits.failures,
        until: waits.allowed ? null : iso(waits.resetAt),
      },
      sessions: live.map(session => ({
        id: session.id,
        device: deviceName(session.device),
        address: session.address,
        factors: session.factors.map(({ factor }) => factor),
        createdAt: iso(session.createdAt),
        lastUsedAt: iso(session.lastSeenAt),
      })),
    }
  })

  const deed = (
    name: string,
    act: (
      by: { readonly visit: ReturnType<typeof visitOf>; readonly actorId: string | undefined },
      target: Account,
    ) => Promise<Outcome<void> | undefined>,
  ): void => {
    app.post(`/admin/users/:id/${name}`, { config: admin }, async (request, reply) => {
      const target = await found(request)
      const by = { visit: visitOf(request), actorId: request.principal?.accountId }
      const outcome = await act(by, target)
      if (outcome?.ok === false) return refuse(outcome.refusal)
      return reply.code(204).send()
    })
  }
  const visitOf = (request: FastifyRequest) => ({
    request: pipeline.auditRequest(request.exchange),
    cookies: request.headers.cookie,
  })
  deed('unlock', async (by, { id }) => {
    await account.unlock(by.visit, id, by.actorId)
    return undefined
  })
  deed('disable', async (by, { id }) =>
    // Decision: nobody shuts themself out by a slip. Cost: the last administrator who must go is
    // disabled from the command line.
    id === by.actorId ? refused(refusals.own) : account.disable(by, id),
  )
  deed('enable', (by, { id }) => account.enable(by, id))
  deed('revoke-sessions', (by, { id }) => account.revokeEverything(by, id))

  app.post(
    '/admin/lockouts/release',
    { config: { ...admin, content: { body: waiting } } },
    async (request, reply) => {
      const { kind, key } = request.body as z.infer<typeof waiting>
      const visit = visitOf(request)
      const actorId = request.principal?.accountId
      if (kind === 'account') await account.unlock(visit, key, actorId)
      else {
        await account.lockout.release(kind, key)
        await audit?.recordDurable({
          code: 'lockout.unlocked',
          outcome: 'success',
          actorId,
          request: visit.request,
          detail: { kind, key },
        })
      }
      return reply.code(204).send()
    },
  )
  app.get('/admin/lockouts', { config: admin }, async () => {
    const waiting = await account.lockout.delayed(200)
    return Promise.all(
      waiting.map(async ({ kind, key, failures, until }) => ({
        kind,
        key,
        email: kind === 'account' ? ((await accounts.byId(key))?.email ?? null) : null,
        failures,
        until: iso(until),
      })),
    )
  })
}
