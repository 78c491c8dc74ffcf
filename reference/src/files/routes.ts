import type { Readable } from 'node:stream'
import type { RoutePolicy } from 'bulwark'
import { refuse } from 'bulwark/refuse'
import { refusals, type StoredFile, type Uploads } from 'bulwark/uploads'
import { uuid } from 'bulwark/uuid'
import type { Webhooks } from 'bulwark/webhooks'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const MIB = 1024 * 1024

/** What the pages say as well: 20 MB, in one file or in several together. */
export const MAX_FILE_BYTES = 20_000_000

const owned = { access: { signedIn: true } } as const
/** The parser's own bound is on the sum of all parts; this one is on the wire. */
export const upload: Pick<RoutePolicy, 'limits' | 'csrf'> = {
  limits: { maxBodyBytes: 21 * MIB, bodySeconds: 300, concurrency: 32 },
  csrf: { inBody: true },
}

const notSignedIn = {
  code: 'access.not_signed_in',
  says: 'access.not_signed_in',
  status: 401,
} as const

/** What of a file its owner is told. */
export function fileView(file: StoredFile): object {
  const { id, name, type, bytes, sha256 } = file
  return { id, name, type, bytes, sha256, storedAt: new Date(file.storedAt).toISOString() }
}

/** Tells an owner's own services of what he keeps. */
export type Tell = Pick<Webhooks, 'publish'>

/**
 * Receives the multipart body of a request and answers what was kept. A form without script brings
 * its token as a field, which is judged before anything is kept. The owner's services are told.
 */
export async function receive(
  app: FastifyInstance,
  uploads: Uploads,
  request: FastifyRequest,
  tell: Tell,
): Promise<readonly StoredFile[]> {
  const { principal, exchange } = request
  if (principal === undefined) return refuse(notSignedIn)
  const outcome = await uploads.receive({
    header: name => exchange.incoming.header(name),
    body: request.body as Readable,
    owner: principal.accountId,
    admit: fields => app.bulwark.pipeline.verifyForm(exchange, fields.get('_csrf')?.[0]),
  })
  if (!outcome.ok) return refuse(outcome.refusal)
  const { files } = outcome.value
  if (files.length === 0) return refuse(refusals.noFile)
  for (const file of files) await tell.publish(principal.accountId, 'file.stored', fileView(file))
  return files
}

/** `/api/files`: everybody's own, and nobody else's. */
export function fileRoutes(app: FastifyInstance, uploads: Uploads, tell: Tell): void {
  const { audit, pipeline } = app.bulwark
  const ownerOf = (request: FastifyRequest): string =>
    request.principal?.accountId ?? refuse(notSignedIn)
  const idOf = (request: FastifyRequest): string => {
    const parsed = uuid((request.params as { id?: unknown }).id)
    return parsed.ok ? parsed.value : refuse(parsed.refusal)
  }
  const note = (request: FastifyRequest, code: 'uploads.stored' | 'uploads.removed', id: string) =>
    audit?.record({
      code,
      outcome: 'success',
      actorId: request.principal?.accountId,
      targetId: id,
      request: pipeline.auditRequest(request.exchange),
    })

  app.get('/api/files', { config: owned }, async request =>
    (await uploads.list(ownerOf(request))).map(fileView),
  )
  app.post(
    '/api/files',
    {
      config: {
        ...owned,
        ...upload,
        content: { consumes: ['multipart/form-data'], produces: ['application/json'] },
      },
    },
    async (request, reply) => {
      const files = await receive(app, uploads, request, tell)
      for (const { id } of files) note(request, 'uploads.stored', id)
      const [first] = files
      return reply
        .code(201)
        .header('location', `/api/files/${first?.id}`)
        .send(files.length === 1 && first !== undefined ? fileView(first) : files.map(fileView))
    },
  )
  app.get(
    '/api/files/:id',
    { config: { ...owned, headers: 'download', content: { produces: ['*/*'] } } },
    async (request, reply): Promise<FastifyReply> => {
      const outcome = await uploads.serve(ownerOf(request), idOf(request), {
        method: request.method,
        header: name => request.exchange.incoming.header(name),
      })
      if (!outcome.ok) return refuse(outcome.refusal)
      const { status, headers, body } = outcome.value
      for (let at = 0; at < headers.length; at += 2) {
        reply.header(headers[at] as string, headers[at + 1])
      }
      return reply.code(status).send(body)
    },
  )
  app.delete('/api/files/:id', { config: owned }, async (request, reply) => {
    const id = idOf(request)
    const outcome = await uploads.remove(ownerOf(request), id)
    if (!outcome.ok) return refuse(outcome.refusal)
    note(request, 'uploads.removed', id)
    return reply.code(204).send()
  })
}
