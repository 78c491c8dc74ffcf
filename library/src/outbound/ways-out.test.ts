import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

// Everything in the library that goes out goes out through this folder. This test reads the others.

const library = join(import.meta.dirname, '..')

/** What the network's modules hold besides ways out. */
const HARMLESS: ReadonlySet<string> = new Set([
  'BlockList',
  'IncomingMessage',
  'METHODS',
  'STATUS_CODES',
  'Server',
  'ServerResponse',
  'SocketAddress',
  'createServer',
  'isIP',
  'isIPv4',
  'isIPv6',
])

const NETWORK = /^(?:node:)?(?:http|https|http2|net|tls|dgram|dns|dns\/promises|undici)$/

/** Files that go out all the same, and why that is no way inward. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'adapters/rows/raw.ts': 'names a WebSocket among the bytes that tests send',
  'account/mail/smtp.ts': 'the mail server is named by the operator, never by a user',
  'shield/uploads/receive/clamav.ts': 'the virus scanner is named by the operator',
  'testing/client.ts': 'a test asks the service under test, on loopback',
}

/** Whether `Socket` is only what others are compared with: nobody goes out by that. */
function isOnlyAskedAbout(code: string): boolean {
  const rest = code
    .replace(/^\s*import\s[^'"]*['"][^'"]+['"]/gm, ' ')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
    .replace(/\b(?:instanceof|as)\s+Socket\b|:\s*Socket\b|<Socket\b/g, ' ')
  return !/(?<![\w$])Socket(?![\w$])/.test(rest)
}

/** The ways out that a source text takes. */
function waysOut(source: string): string[] {
  const found: string[] = []
  const code = source.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`\\])\/\/.*$/gm, ' ')
  for (const [, names = '', from = ''] of code.matchAll(
    /^\s*(?:import|export)\s+(?!type\b)([^'"]*?)\s*from\s*['"]([^'"]+)['"]/gm,
  )) {
    if (!NETWORK.test(from)) continue
    const braced = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1]
    if (braced === undefined) found.push(`imports all of ${from}`)
    for (const name of (braced ?? '').split(',').map(one => one.trim())) {
      const [imported = ''] = name.split(/\s+as\s+/)
      if (name === '' || imported.startsWith('type ')) continue
      if (name === 'Socket' && isOnlyAskedAbout(code)) continue
      if (!HARMLESS.has(imported)) found.push(`imports ${imported} from ${from}`)
    }
  }
  for (const [, from = ''] of code.matchAll(/\b(?:import|require)\(\s*['"`]([^'"`]+)['"`]/g)) {
    if (NETWORK.test(from) || from === 'nodemailer') found.push(`loads ${from}`)
  }
  // Libraries that would use the global fetch unless they are handed another.
  const goes = /\bcreateRemoteJWKSet\b|\bfrom\s*['"]oauth4webapi['"][\s\S]*?\b\w+Request\(/.exec(
    code,
  )
  if (goes !== null && !code.includes('customFetch')) found.push('lets a library fetch by itself')

  const bare = code.replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''")
  for (const [name] of bare.matchAll(
    /(?<![.\w$#]|typeof )(?:fetch(?!\w|\?|\s*:)|WebSocket|EventSource|XMLHttpRequest|createRequire)(?![\w$])|\b(?:globalThis|global|navigator)\s*(?:\.|\[)\s*(?:fetch|sendBeacon|'')|\bgetBuiltinModule\b/g,
  )) {
    found.push(`uses ${name}`)
  }
  return found
}

test('nothing in the library goes out by itself', () => {
  const files = globSync('**/*.ts', { cwd: library }).filter(
    file => !file.startsWith('outbound/') && !file.includes('.test.'),
  )
  assert.ok(files.length > 20)
  const bad = files
    .filter(file => !(file in EXCEPTIONS))
    .flatMap(file =>
      waysOut(readFileSync(join(library, file), 'utf8')).map(way => `${file} ${way}`),
    )
  assert.deepEqual(bad, [], 'take safeFetch or outboundFetch of bulwark/outbound')
})

test('an exception that is not needed any more is struck from the list', () => {
  for (const file of Object.keys(EXCEPTIONS)) {
    assert.notDeepEqual(waysOut(readFileSync(join(library, file), 'utf8')), [], file)
  }
})

for (const source of [
  "const answer = await fetch('https://a.example.com/')",
  'const get = fetch',
  'run({ fetch })',
  'run(fetch)',
  'globalThis.fetch(url)',
  "globalThis['fetch'](url)",
  "import { request } from 'node:http'",
  "import { type Agent, request as go } from 'node:https'",
  "import https from 'node:https'",
  "import * as net from 'net'",
  "import {\n  isIP,\n  connect,\n} from 'node:net'",
  "import { Socket } from 'node:net'\nnew Socket().connect(80)",
  "import { Socket } from 'node:net'\nclass Mine extends Socket {}",
  "import { Socket } from 'node:net'\nmake(Socket)",
  "import { Socket } from 'node:net'\nconst all = { Socket }",
  "import { Socket as Plain } from 'node:net'\nnew Plain()",
  "import { connect } from 'node:tls'",
  "import { lookup } from 'node:dns/promises'",
  "import { request } from 'undici'",
  "export { request } from 'undici'",
  "const { request } = await import('node:http')",
  "const http = require('http')",
  "const http = process.getBuiltinModule('http')",
  "import { createRequire } from 'node:module'",
  'new WebSocket(url)',
  'new EventSource(url)',
  "import { createRemoteJWKSet } from 'jose'\ncreateRemoteJWKSet(url)",
  "import { discoveryRequest } from 'oauth4webapi'\nawait discoveryRequest(issuer)",
]) {
  test(`sees the way out in ${JSON.stringify(source)}`, () => {
    assert.notDeepEqual(waysOut(source), [])
  })
}

for (const source of [
  "import type { Agent } from 'node:http'",
  "import { STATUS_CODES } from 'node:http'",
  "import { type Socket, isIP } from 'node:net'",
  "import { createServer, Server as TlsServer } from 'node:tls'",
  "import { Socket } from 'node:net'\nconst is = (one: Socket): boolean => one instanceof Socket\nnew Map<Socket, 1>()",
  "const site = request.header('sec-fetch-site')",
  '// fetch(url) would go out\n/* fetch(url) */',
  'await store.fetch(id)',
  'interface Options { readonly fetch?: typeof fetch }',
  'await options.fetch(url)',
  "import { customFetch, discoveryRequest } from 'oauth4webapi'\nawait discoveryRequest(issuer, { [customFetch]: go })",
  'const prefetched = 1',
]) {
  test(`lets ${JSON.stringify(source)} be`, () => assert.deepEqual(waysOut(source), []))
}
