import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Call, json, page, type Routes } from './call.ts'
import type { State } from './state.ts'

/** What should not be served, each behind its flaw. */
export function leftoverRoutes(state: State): Routes {
  const weak = (flaw: string) => state.weak(flaw)
  const text =
    (value: string, type = 'text/plain; charset=utf-8') =>
    () => ({ status: 200, text: value, type })
  const when = (flaw: string, routes: Routes): Routes => (weak(flaw) ? routes : {})
  return {
    'GET /.well-known/security.txt': () =>
      weak('deploy.security-txt')
        ? undefined
        : {
            status: 200,
            text: 'Contact: mailto:security@example.com\nExpires: 2099-01-01T00:00:00Z\n',
          },
    ...when('secret.files', { 'GET /.env': text('DATABASE_PASSWORD=hunter22\nAPI_KEY=abc\n') }),
    ...when('secret.vcs', { 'GET /.git/HEAD': text('ref: refs/heads/main\n') }),
    ...when('secret.env-route', {
      'GET /env': () => json(200, { NODE_ENV: 'production', DATABASE_URL: 'x', PATH: '/bin' }),
    }),
    ...when('secret.in-errors', {
      'GET /%': () => ({ status: 500, text: 'cannot connect to postgres://app:geheim99@db/app' }),
    }),
    ...when('deploy.debug', {
      'GET /@vite/client': text('import { createHotContext } from "/x"', 'text/javascript'),
    }),
    ...when('deploy.metrics', {
      'GET /metrics': text('# HELP up Whether it is.\n# TYPE up gauge\nup 1\n'),
    }),
    ...when('deploy.listing', {
      'GET /static/': () => page('Index of /static', '<h1>Index of /static</h1>'),
    }),
    ...when('deploy.source-maps', {
      'GET /static/app.js.map': () =>
        json(200, { version: 3, sources: ['app.ts'], sourcesContent: ['let a = 1'] }),
    }),
    ...when('deploy.forwarded-trust', {
      'GET /auth/sessions': (call: Call) =>
        json(200, [{ address: state.lastForwarded, you: call.user?.email }]),
    }),
  }
}

/** The port beside the service on which an inspector would listen. */
export async function sideDoor(state: State): Promise<Server> {
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'application/json')
    response.end(
      state.weak('deploy.inspector')
        ? '{"Browser":"node.js/v26.0.0","Protocol-Version":"1.1"}'
        : '{}',
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  state.inspectorPort = (server.address() as AddressInfo).port
  return server
}
