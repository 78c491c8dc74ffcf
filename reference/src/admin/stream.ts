import { PassThrough } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { admin, eventView, STEP_UP_SECONDS } from './shared.ts'

const CLIENTS = 16
const BEAT_MS = 10_000
/** Waits a moment after an event, so that a burst is one message. */
const GATHER_MS = 250
const MOST_ROWS = 200
const MOST_WAITING_BYTES = 1_048_576

/**
 * `GET /admin/stream`: what is written to the log, as it is written (server-sent events). Ends when
 * the session, the role or the fresh proof of identity does; who reads too slowly is let go.
 */
export function streamRoute(app: FastifyInstance): void {
  const { audit, stores, clock } = app.bulwark
  const open = new Set<PassThrough>()
  app.addHook('preClose', async () => {
    for (const stream of open) stream.end()
  })

  app.get(
    '/admin/stream',
    {
      config: {
        ...admin,
        limits: { concurrency: CLIENTS },
        content: { produces: ['text/event-stream'] },
      },
    },
    async (request, reply) => {
      const { session } = request.exchange
      const stream = new PassThrough()
      open.add(stream)
      const send = (event: string, data: unknown, id?: number): void => {
        stream.write(
          `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
        )
      }

      let last = (await stores.auditLog.head())?.sequence ?? 0
      let gathering: NodeJS.Timeout | undefined
      const push = async (): Promise<void> => {
        gathering = undefined
        if (stream.writableLength > MOST_WAITING_BYTES) return void stream.end()
        const page = await audit?.read({ oldestFirst: true, beyond: last, limit: MOST_ROWS })
        const newest = page?.at(-1)
        if (newest === undefined || stream.writableEnded) return
        last = newest.sequence
        send('audit', page?.map(eventView), last)
        if (page?.length === MOST_ROWS) soon()
      }
      const soon = (): void => {
        gathering ??= setTimeout(() => void push().catch(() => stream.end()), GATHER_MS).unref()
      }
      const stopListening = audit?.onWritten(soon)

      const alive = async (): Promise<boolean> => {
        if (session === undefined) return false
        const now = clock()
        if (now - session.authenticatedAt > STEP_UP_SECONDS * 1000) return false
        const record = await stores.sessions.find(session.idHash)
        return record !== undefined && record.expiresAt > now && record.idleExpiresAt > now
      }
      const beat = setInterval(() => {
        alive().then(
          yes =>
            yes
              ? void stream.write(': still here\n\n')
              : void stream.end('event: over\ndata: {}\n\n'),
          () => void stream.end(),
        )
      }, BEAT_MS).unref()

      stream.once('close', () => {
        open.delete(stream)
        stopListening?.()
        clearInterval(beat)
        clearTimeout(gathering)
      })
      send('ready', { sequence: last })
      return reply.type('text/event-stream').header('x-accel-buffering', 'no').send(stream)
    },
  )
}
