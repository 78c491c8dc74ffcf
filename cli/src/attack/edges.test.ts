import assert from 'node:assert/strict'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { after, test } from 'node:test'
import type { Report } from './report/report.ts'
import { Stage } from './weak/stage.ts'

const servers: { close(): unknown; closeAllConnections?(): void }[] = []
const stage = new Stage()
after(async () => {
  for (const server of servers) {
    server.close()
    server.closeAllConnections?.()
  }
  await stage.clear()
})

async function listening(handle: RequestListener): Promise<{ origin: string; server: Server }> {
  const server = createServer(handle)
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

/** Quick to lose patience, with the levels that a plain service can meet. */
stage.config({ patienceMs: 150, limits: { requestsPerSecond: 2000, connections: 8 } })
const FEW = ['--only', 'secret,hdr,deploy.debug,deploy.listing,redirect,idor,brute,err.stack-trace']

test('a target that never answers is an incomplete run, and soon', async () => {
  const server = createTcpServer(socket => socket.on('error', () => undefined))
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const said = await stage.attack([
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...FEW,
  ])
  assert.equal(said.status, 3)
  assert.match(said.out, /Incomplete: the service no longer answers/)
})

test('a target where nobody listens is an incomplete run', async () => {
  const { origin, server } = await listening(() => undefined)
  server.close()
  const said = await stage.attack([origin, ...FEW])
  assert.equal(said.status, 3)
})

test('a target that dies in the middle leaves a partial report and the requests before its death', async () => {
  let left = 60
  const { origin, server } = await listening((_, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end('<p>hello</p>')
    if (--left === 0) {
      server.close()
      server.closeAllConnections()
    }
  })
  const said = await stage.attack([origin, ...FEW, '--json'])
  const report = JSON.parse(said.out) as Report
  assert.equal(said.status, 3)
  assert.match(report.incomplete.join(), /no longer answers.*the last requests before that were/s)
  assert.ok(report.checks.some(({ says }) => says?.startsWith('the run ended')))
})

test('a target that says 200 to everything is found to have nothing lying about', async () => {
  const { origin } = await listening((_, response) => {
    response.setHeader('Content-Type', 'text/plain; charset=utf-8')
    response.end('OK=1\nSECRET_KEY=root:x:0:0:\n')
  })
  const said = await stage.attack([origin, ...FEW, '--json'])
  const report = JSON.parse(said.out) as Report
  assert.deepEqual(report.incomplete, [])
  const wrong = report.checks.filter(
    ({ id, verdict }) => verdict === 'fail' && !/^(hdr|deploy\.host|brute)/.test(id),
  )
  assert.deepEqual(
    wrong.map(({ id }) => id),
    [],
  )
  assert.equal(report.checks.find(({ id }) => id === 'hdr.nosniff')?.verdict, 'fail')
})

test('a target that says 200 to everything is not told to unpack what it never reads', async () => {
  const { origin } = await listening((request, response) => {
    request.resume().on('end', () => response.setHeader('Content-Type', 'text/plain').end('OK'))
  })
  const said = await stage.attack([origin, '--only', 'dos.gzip-body', '--json'])
  const report = JSON.parse(said.out) as Report
  assert.equal(report.checks[0]?.verdict, 'pass', JSON.stringify(report.checks[0]))
})

test('somebody who cannot be told signed in from not at all is an incomplete run', async () => {
  const { origin } = await listening((_, response) => response.end('welcome alice@example.com'))
  const lost = new Stage()
  lost.env['ALICE'] = 'a-password-of-alice'
  lost.config({
    patienceMs: 150,
    accounts: { alice: { user: 'nobody@example.com', password: { env: 'ALICE' } } },
    signIn: { send: 'POST /login', json: { email: '{user}', password: '{password}' } },
    session: { probe: 'GET /me' },
  })
  const said = await lost.attack([origin, '--only', 'hdr.corp,session.logout'])
  await lost.clear()
  assert.equal(said.status, 3)
  assert.match(said.out, /Incomplete: alice: signing in as alice did not work/)
})

test('nothing is ever sent to where a target redirects or links to', async () => {
  let visits = 0
  const elsewhere = await listening((_, response) => {
    visits++
    response.end()
  })
  const { origin } = await listening((request, response) => {
    if (request.url === '/login') {
      response.setHeader('Content-Type', 'text/html')
      const { origin } = elsewhere
      response.end(
        `<a href="${origin}/a">a</a><script src="${origin}/b.js"></script><form method="post" action="${origin}/c"><input name="password" type="password"></form>`,
      )
    } else response.writeHead(302, { Location: `${elsewhere.origin}${request.url}` }).end()
  })
  const said = await stage.attack([origin, '--skip', 'limits', '--json'])
  assert.equal(visits, 0)
  assert.equal((JSON.parse(said.out) as Report).incomplete.length, 0)
})

test('Ctrl-C ends the run with what was found so far', async () => {
  const aborter = new AbortController()
  const { origin } = await listening((_, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end('<p>hello</p>')
    setTimeout(() => aborter.abort(), 100)
  })
  const said = await stage.attack([origin, '--rps', '60'], aborter.signal)
  assert.equal(said.status, 3)
  assert.match(said.out, /Incomplete: interrupted/)
})

test('a run that meets its limit says so and is not called clean', async () => {
  const { origin } = await listening((_, response) => response.end('x'))
  const said = await stage.attack([origin, '--requests', '30'])
  assert.equal(said.status, 3)
  assert.match(said.out, /the limit of 30 requests/)
})

for (const [what, target] of [
  ['a host that is not this machine', 'http://192.0.2.1/'],
  ['a protocol that is not HTTP', 'ftp://127.0.0.1/'],
  ['an address with a password in it', 'http://a:b@127.0.0.1/'],
] as const)
  test(`${what} is refused`, async () => {
    const said = await stage.attack([target])
    assert.equal(said.status, 2)
  })

test('a service is started for the attack, and ended after it', async () => {
  const { server, origin } = await listening(() => undefined)
  server.close()
  const port = new URL(origin).port
  const script = `require('node:http').createServer((q, s) => s.end('up')).listen(${port}, '127.0.0.1')`
  const said = await stage.attack([
    origin,
    '--only',
    'hdr.nosniff',
    '--start',
    `node -e "${script}"`,
    '--wait',
    '/',
  ])
  assert.match(said.out, /1 of 1 checks ran/)
  await assert.rejects(fetch(origin))
})

test('a service that does not start is told of with its last words', async () => {
  const { server, origin } = await listening(() => undefined)
  server.close()
  await assert.rejects(
    stage.attack([origin, '--start', 'node -e "throw new Error(\'no database\')"']),
    /did not start.*no database/s,
  )
})
