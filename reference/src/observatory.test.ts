import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { startedProcess } from './testing/process.ts'

const REAL = process.env['THOROUGH'] === '1' || process.env['CI'] === 'true'
const SCORER = '@mdn/mdn-http-observatory@1.4.8'
const HOST = 'app.example'
const run = promisify(execFile)

interface Scored {
  readonly grade: string
  readonly score: number
  readonly tests: readonly {
    readonly name: string
    readonly result: string
    readonly pass: boolean
  }[]
}

/** A proxy as it stands in front of a service: it takes TLS off and says so. */
function proxyTo(port: number, scheme: string) {
  return (message: IncomingMessage, response: ServerResponse): void => {
    const headers = {
      ...message.headers,
      'x-forwarded-proto': scheme,
      'x-forwarded-for': '192.0.2.1',
    }
    const { method, url: path } = message
    const onward = request({ port, host: '127.0.0.1', method, path, headers }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    message.pipe(onward)
  }
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return String((server.address() as AddressInfo).port)
}

async function certified(folder: string): Promise<{ key: string; cert: string; file: string }> {
  const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${HOST} -addext subjectAltName=DNS:${HOST}`
  await run('openssl', [...words.split(' '), '-keyout', keyFile, '-out', file])
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(file, 'utf8'), file }
}

test('the HTTP Observatory gives the service in production its highest grade', {
  skip: REAL ? false : 'installs from the registry only with THOROUGH=1 or CI=true',
}, async (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-observatory-'))
  const at = await startedProcess(join(folder, 'data'), {
    NODE_ENV: 'production',
    BULWARK_ORIGIN: `https://${HOST}`,
    BULWARK_ROOT_KEY: randomBytes(32).toString('base64url'),
    BULWARK_TRUSTED_PROXIES: '127.0.0.1/32',
    BULWARK_SMTP_URL: 'smtps://127.0.0.1:1?from=no-reply@app.example',
    HOST: '127.0.0.1',
  })
  const port = Number(new URL(at.origin).port)
  const { file, ...pair } = await certified(folder)
  const plain = createServer(proxyTo(port, 'http'))
  const secure = createTlsServer(pair, proxyTo(port, 'https'))
  try {
    // Its install script downloads lists that we do without; so no script of anybody's runs.
    const words = [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefix',
      folder,
      SCORER,
    ]
    await run('npm', words)
    const { stdout } = await run(
      process.execPath,
      [
        join(import.meta.dirname, 'testing/observatory.mjs'),
        folder,
        HOST,
        await listening(plain),
        await listening(secure),
      ],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: file, NODE_OPTIONS: '' } },
    )
    const { grade, score, tests } = JSON.parse(stdout) as Scored
    t.diagnostic(`grade ${grade}, score ${score}`)
    for (const { name, result } of tests) t.diagnostic(`${name}: ${result}`)
    assert.deepEqual(
      tests.filter(({ pass }) => !pass),
      [],
    )
    assert.equal(grade, 'A+')
  } finally {
    plain.close()
    secure.close()
    secure.closeAllConnections()
    at.child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
})
