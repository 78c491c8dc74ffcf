import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { EXIT } from '../command.ts'
import { recorder } from '../output/terminal.test.kit.ts'
import { command } from './doctor.ts'
import { OUTSIDE_CHECKS } from './outside.checks.ts'

const folder = mkdtempSync(join(tmpdir(), 'bulwark-doctor-'))
after(() => rmSync(folder, { recursive: true }))

function config(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return name
}

async function asked(...args: string[]): Promise<{ exit: number; ids: string[]; text: string }> {
  const terminal = recorder(folder)
  const exit = await command.run([...args, '--json'], terminal)
  const text = terminal.stdout()
  const report = text === '' ? { findings: [] } : JSON.parse(text)
  return { exit, ids: report.findings.map(({ id }: { id: string }) => id), text }
}

const SOUND = `origin: 'https://app.example', rootKey: '${randomBytes(32).toString('base64url')}'`

test('a configuration with mistakes is told each by its id, and fails the run', async () => {
  const file = config(
    'mistaken.mjs',
    `export default { ${SOUND}, csrf: false, limits: { body: { json: 99_000_000 } } }
     export const routes = { 'GET /metrics': { access: { public: true } } }`,
  )
  const { exit, ids } = await asked(file)
  assert.equal(exit, EXIT.findings)
  for (const id of ['csrf.off', 'limits.large-json', 'routes.metrics', 'store.memory']) {
    assert.ok(ids.includes(id), id)
  }
  assert.ok(
    ids.every(id => !id.startsWith('runtime.')),
    'the process is not that of the service',
  )
})

test('in development the same configuration is asked less', async () => {
  const file = config('small.mjs', `export const options = async () => ({ ${SOUND} })`)
  assert.ok(!(await asked(file, '--tier', 'development')).ids.includes('store.memory'))
})

test('a configuration that does not start is one finding that says why', async () => {
  const file = config('wrong.mjs', `export default { ${SOUND}, csfr: false }`)
  const { exit, ids, text } = await asked(file)
  assert.deepEqual([exit, ids], [EXIT.findings, ['start.refused']])
  assert.match(text, /did you mean `csrf`/)
})

test('SARIF names the configuration file', async () => {
  const file = config('sarif.mjs', `export default { ${SOUND}, csrf: false }`)
  const terminal = recorder(folder)
  await command.run([file, '--format', 'sarif'], terminal)
  const [run] = JSON.parse(terminal.stdout()).runs
  assert.equal(run.results[0].locations[0].physicalLocation.artifactLocation.uri, 'sarif.mjs')
})

test('who writes nothing, too much or a tier that is none is told how', async () => {
  for (const args of [[], ['a', 'b'], ['nowhere.mjs'], ['x', '--tier', 'lax']]) {
    assert.equal(await command.run(args, recorder(folder)), EXIT.usage, args.join(' '))
  }
})

test('the list has every check with its severity', async () => {
  const terminal = recorder(folder)
  assert.equal(await command.run(['--list'], terminal), EXIT.clean)
  assert.ok(terminal.stdout().split('\n').length > 90)
})

async function listening(
  handler: RequestListener,
): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer(handler)
  await new Promise<void>(started => server.listen(0, '127.0.0.1', started))
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections()
      await new Promise(closed => server.close(closed))
    },
  }
}

test('a careless service is seen through from outside', async () => {
  const service = await listening((request, response) => {
    response.setHeader('x-powered-by', 'Express')
    response.setHeader('access-control-allow-origin', request.headers.origin ?? '')
    response.setHeader('access-control-allow-credentials', 'true')
    response.setHeader('set-cookie', 'sid=1')
    response.setHeader('content-type', 'text/html')
    if (request.url === '/.env') response.end('SECRET=abc')
    else if (request.url === '/metrics') response.end('# HELP up is it up')
    else if (request.url === '/docs') response.end('swagger')
    else if (request.url === '/') response.end('<h1>hello')
    else {
      response.statusCode = 500
      response.end('Error: no\n    at handler (/srv/app/node_modules/express/index.js:1:2)')
    }
  })
  const { exit, ids } = await asked(service.url)
  await service.stop()
  assert.equal(exit, EXIT.findings)
  const unseen = OUTSIDE_CHECKS.map(({ id }) => id).filter(id => !ids.includes(id))
  // On loopback there is no network to listen on, and no TLS to insist on.
  assert.deepEqual(unseen, ['outside.plain-http', 'outside.no-hsts'])
})

test('a careful service has nothing to be said about', async () => {
  const service = await listening((_request, response) => {
    response.writeHead(404, {
      'content-type': 'text/html',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    })
    response.end('<h1>not here')
  })
  const { exit, ids } = await asked(service.url)
  await service.stop()
  assert.deepEqual([exit, ids], [EXIT.clean, []])
})

test('a service that does not answer is not called healthy', async () => {
  const service = await listening(() => {})
  await service.stop()
  assert.equal((await asked(service.url)).exit, EXIT.failed)
})
