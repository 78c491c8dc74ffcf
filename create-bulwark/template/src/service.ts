import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Bulwark } from 'bulwark'
import { refusals } from 'bulwark/access'
import { bulwark } from 'bulwark/fastify'
import { refuse } from 'bulwark/refuse'
import Fastify, { type FastifyInstance } from 'fastify'
import { openNotes } from './notes.ts'

const everybody = { access: { public: true } } as const
const mine = { access: { signedIn: true } } as const

/** All routes, on whatever Bulwark it is given: a real one, or a test's. */
export async function service(defences: Bulwark, db: DatabaseSync): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(bulwark, { bulwark: defences })
  const notesOf = openNotes(defences, db)

  app.get('/', { config: everybody }, async () => ({ hello: 'world' }))
  app.get('/notes', { config: mine }, async ({ principal }) => notesOf(principal).list())
  app.get<{ Params: { id: string } }>('/notes/:id', { config: mine }, async request => {
    const note = await notesOf(request.principal).get(request.params.id)
    return note ?? refuse(refusals.notFound)
  })
  app.post<{ Body: { text: string } }>('/notes', { config: mine }, async (request, reply) => {
    const note = { id: randomUUID(), text: String(request.body.text) }
    await notesOf(request.principal).create(note)
    return reply.code(201).send(note)
  })
  app.delete<{ Params: { id: string } }>('/notes/:id', { config: mine }, async (request, reply) => {
    const gone = await notesOf(request.principal).remove(request.params.id)
    return gone ? reply.code(204).send() : refuse(refusals.notFound)
  })
  return app
}
