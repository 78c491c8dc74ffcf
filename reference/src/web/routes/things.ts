import { Refused } from 'bulwark/refuse'
import type { Uploads } from 'bulwark/uploads'
import { uuid } from 'bulwark/uuid'
import type { Webhooks } from 'bulwark/webhooks'
import { receive, type Tell, upload } from '../../files/routes.ts'
import type { Orders } from '../../orders/orders.ts'
import { EVENTS } from '../../webhooks/routes.ts'
import { filesPage } from '../pages/files.ts'
import { ordersPage } from '../pages/orders.ts'
import { deliveriesPage, webhooksPage } from '../pages/webhooks.ts'
import { sentence } from '../sentences.ts'
import { type Site, sensitive, sensitiveForm } from '../site.ts'
import { idOf, own } from './account.ts'

/** What people keep here: their orders. */
export function orderPages(site: Site, orders: Orders): void {
  const { view, page, go, fields, told } = site
  const mine = own(site)
  mine.get('/orders', async (request, reply, session) =>
    page(
      reply,
      ordersPage(await view(request, 'Orders'), await orders.of(session).list(), told(request)),
    ),
  )
  mine.post('/orders', async (request, reply, session) => {
    const { item = '', quantity = '' } = fields(request)
    const count = /^\d{1,4}$/.test(quantity) ? Number(quantity) : 0
    if (item.trim() === '' || item.length > 200 || count < 1 || count > 1000) {
      return go(reply, '/orders?problem=order.invalid')
    }
    await orders.of(session).add({ item: item.trim(), quantity: count })
    return go(reply, '/orders?told=ordered')
  })
  mine.post('/orders/:id/remove', async (request, reply, session) => {
    const id = uuid(idOf(request))
    if (id.ok) await orders.of(session).remove(id.value)
    return go(reply, '/orders?told=cancelled')
  })
}

/** Their files. The form works without script; a script adds drag, drop and progress. */
export function filePages(site: Site, uploads: Uploads, tell: Tell): void {
  const { app, visit, view, page, go, told } = site
  const { audit } = app.bulwark
  const mine = own(site)
  mine.get('/files', async (request, reply, session) =>
    page(
      reply,
      filesPage(await view(request, 'Files'), await uploads.list(session.accountId), told(request)),
    ),
  )
  const config = {
    ...sensitive.config,
    ...upload,
    csrf: { always: true, inBody: true },
    content: { consumes: ['multipart/form-data'], produces: ['text/html'] },
  } as const
  app.post('/files', { config }, async (request, reply) => {
    if (request.principal === undefined) return go(reply, '/login?next=/files')
    try {
      for (const { id } of await receive(app, uploads, request, tell)) {
        audit?.record({
          code: 'uploads.stored',
          outcome: 'success',
          actorId: request.principal.accountId,
          targetId: id,
          request: visit(request).request,
        })
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      const { refusal } = error
      if (refusal.close === true) reply.header('connection', 'close')
      return go(reply, `/files?problem=${encodeURIComponent(refusal.says)}`)
    }
    return go(reply, '/files?told=stored')
  })
  mine.post('/files/:id/remove', async (request, reply, session) => {
    const outcome = await uploads.remove(session.accountId, idOf(request))
    if (!outcome.ok) return go(reply, '/files?problem=uploads.absent')
    audit?.record({
      code: 'uploads.removed',
      outcome: 'success',
      actorId: session.accountId,
      targetId: idOf(request),
      request: visit(request).request,
    })
    return go(reply, '/files?told=removed')
  })
}

/** Where their own servers are told. */
export function webhookPages(site: Site, webhooks: Webhooks): void {
  const { app, view, page, go, fields, told, back } = site
  const mine = own(site)
  const dear = {
    config: { ...sensitiveForm.config, throttle: 'webhook-test', limits: { concurrency: 8 } },
  } as const
  const listed = async (accountId: string) => ({
    endpoints: await webhooks.list(accountId),
    events: EVENTS,
  })

  mine.get('/webhooks', async (request, reply, session) => {
    const state = { ...(await listed(session.accountId)), ...told(request) }
    return page(reply, webhooksPage(await view(request, 'Webhooks'), state))
  })
  mine.post('/webhooks', async (request, reply, session) => {
    const given = fields(request)
    const url = (given['url'] ?? '').trim()
    const chosen = EVENTS.filter(event => given[`event-${event}`] !== undefined)
    const events = chosen.length === EVENTS.length ? [] : chosen
    const outcome = await webhooks.add(session.accountId, { url, events })
    const about = await view(request, 'Webhooks')
    const all = await listed(session.accountId)
    if (!outcome.ok) {
      const problem = sentence(outcome.refusal)
      return page(reply, webhooksPage(about, { ...all, url, problem }), outcome.refusal.status)
    }
    const secret = { url, text: outcome.value.secret }
    return page(reply, webhooksPage(about, { ...all, secret }), 201)
  })
  app.post('/webhooks/test', dear, async (request, reply) => {
    const { principal } = request
    if (principal === undefined) return go(reply, '/login?next=/webhooks')
    const url = (fields(request)['url'] ?? '').trim()
    const outcome = await webhooks.test(url)
    const about = await view(request, 'Webhooks')
    const all = { ...(await listed(principal.accountId)), url }
    if (!outcome.ok) {
      const problem = sentence(outcome.refusal)
      return page(reply, webhooksPage(about, { ...all, problem }), outcome.refusal.status)
    }
    const { statusCode, durationMs } = outcome.value
    const notice = `It answered ${statusCode} after ${durationMs} ms.`
    return page(reply, webhooksPage(about, { ...all, notice }))
  })
  mine.get('/webhooks/:id', async (request, reply, session) => {
    const endpoint = (await webhooks.list(session.accountId)).find(({ id }) => id === idOf(request))
    if (endpoint === undefined) return go(reply, '/webhooks?problem=access.not_found')
    const log = await webhooks.deliveries(session.accountId, endpoint.id)
    return page(
      reply,
      deliveriesPage(await view(request, 'Deliveries'), endpoint, log, told(request)),
    )
  })
  mine.post('/webhooks/:id/secret', async (request, reply, session) => {
    const outcome = await webhooks.rotate(session.accountId, idOf(request))
    if (!outcome.ok) return back(reply, '/webhooks', outcome.refusal)
    const all = await listed(session.accountId)
    const url = all.endpoints.find(({ id }) => id === idOf(request))?.url ?? ''
    const secret = { url, text: outcome.value }
    return page(reply, webhooksPage(await view(request, 'Webhooks'), { ...all, secret }))
  })
  mine.post('/webhooks/:id/enable', async (request, reply, session) => {
    const outcome = await webhooks.enable(session.accountId, idOf(request))
    return outcome.ok
      ? go(reply, '/webhooks?told=switched')
      : back(reply, '/webhooks', outcome.refusal)
  })
  mine.post('/webhooks/:id/remove', async (request, reply, session) => {
    const outcome = await webhooks.remove(session.accountId, idOf(request))
    return outcome.ok
      ? go(reply, '/webhooks?told=removed')
      : back(reply, '/webhooks', outcome.refusal)
  })
  mine.post('/webhooks/:id/replay/:delivery', async (request, reply, session) => {
    const outcome = await webhooks.replay(session.accountId, idOf(request, 'delivery'))
    const id = uuid(idOf(request))
    if (!outcome.ok || !id.ok) return go(reply, '/webhooks?problem=access.not_found')
    return go(reply, `/webhooks/${id.value}?told=replayed`)
  })
}
