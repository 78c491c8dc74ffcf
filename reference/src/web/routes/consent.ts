import type { FastifyReply, FastifyRequest } from 'fastify'
import { consentPage, requestOverPage } from '../pages/consent.ts'
import { type Site, sensitive, sensitiveForm } from '../site.ts'

/** `/oauth/consent`: the person's word. What it means is decided by the authorization server. */
export function consentRoutes(site: Site): void {
  const { app, page, go, view, fields, query, visit } = site
  const { oauth, pipeline } = app.bulwark
  if (oauth === undefined) return

  const over = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    page(reply, requestOverPage(await view(request, 'Request is over')), 400)

  app.get('/oauth/consent', sensitive, async (request, reply) => {
    const { session } = request.exchange
    if (session === undefined) return go(reply, '/login')
    const { request: token = '' } = query(request)
    const question = await oauth.question(session, token)
    if (!question.ok) return over(request, reply)
    const { client, selfRegistered, destination, scopes } = question.value
    const about = await view(request, 'Allow an app')
    const email = about.user?.email ?? ''
    // The form is answered by a redirect to the client, which the page's policy must know of.
    const target = destination.endsWith(':')
      ? destination
      : `https://${destination} http://${destination}`
    const policy = pipeline.fields(request.exchange, 'text/html')
    const at = policy.indexOf('content-security-policy')
    if (at !== -1) {
      const text = (policy[at + 1] ?? '').replace(
        "form-action 'self'",
        `form-action 'self' ${target}`,
      )
      reply.header('content-security-policy', text)
    }
    const { name } = client
    return page(
      reply,
      consentPage(about, { token, email, name, selfRegistered, destination, scopes }),
    )
  })

  app.post('/oauth/consent', sensitiveForm, async (request, reply) => {
    const { session } = request.exchange
    if (session === undefined) return go(reply, '/login')
    const { request: token = '', answer } = fields(request)
    const decided = await oauth.decide(session, token, answer === 'allow', visit(request).request)
    return decided.ok
      ? go(reply.header('cache-control', 'no-store'), decided.value)
      : over(request, reply)
  })
}
