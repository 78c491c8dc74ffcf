import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { clientAddress } from './address.ts'
import { framing } from './framing.ts'
import { hosts } from './hosts.ts'
import { NodeIncoming } from './node-incoming.ts'
import { onWire, REFUSE, until } from './wire.test.kit.ts'

const judgeFraming = framing()
const judgeHost = hosts({ origins: ['https://app.example'] })
const context = { origin: 'https://app.example', addressOf: clientAddress() }
const served: string[] = []
const options = {
  listener: (message: IncomingMessage, response: ServerResponse) => {
    message.resume().on('end', () => {
      served.push(message.url ?? '')
      response.end('served')
    })
  },
  guard: {
    judge: (message: IncomingMessage) => {
      const incoming = new NodeIncoming(message, context)
      return judgeFraming(incoming) ?? judgeHost(incoming)
    },
    answer: REFUSE,
  },
}

const H = 'Host: app.example\n'
const SMUGGLED = `GET /smuggled HTTP/1.1\n${H}\n`
const CHUNKED = `0\n\n${SMUGGLED}`

/** What is sent, and the status of the one answer that may come. */
const messages: readonly [string, string, number][] = [
  [
    'a length and chunks',
    `POST / HTTP/1.1\n${H}Content-Length: 5\nTransfer-Encoding: chunked\n\n${CHUNKED}`,
    400,
  ],
  [
    'chunks and a length',
    `POST / HTTP/1.1\n${H}Transfer-Encoding: chunked\nContent-Length: 5\n\n${CHUNKED}`,
    400,
  ],
  ['two lengths', `POST / HTTP/1.1\n${H}Content-Length: 0\nContent-Length: 60\n\n${SMUGGLED}`, 400],
  ['a list of lengths', `POST / HTTP/1.1\n${H}Content-Length: 0, 60\n\n${SMUGGLED}`, 400],
  ['a length with a sign', `POST / HTTP/1.1\n${H}Content-Length: +0\n\n${SMUGGLED}`, 400],
  [
    'a gzip transfer coding',
    `POST / HTTP/1.1\n${H}Transfer-Encoding: gzip, chunked\n\n${CHUNKED}`,
    400,
  ],
  [
    'an unknown transfer coding',
    `POST / HTTP/1.1\n${H}Transfer-Encoding: xchunked\n\n${CHUNKED}`,
    400,
  ],
  [
    'chunked not last',
    `POST / HTTP/1.1\n${H}Transfer-Encoding: chunked, identity\n\n${CHUNKED}`,
    400,
  ],
  [
    'two transfer codings',
    `POST / HTTP/1.1\n${H}Transfer-Encoding: x\nTransfer-Encoding: chunked\n\n${CHUNKED}`,
    400,
  ],
  [
    'a folded transfer coding',
    `POST / HTTP/1.1\n${H}Transfer-Encoding:\n chunked\n\n${CHUNKED}`,
    400,
  ],
  [
    'a vertical tab before the coding',
    `POST / HTTP/1.1\n${H}Transfer-Encoding: \x0bchunked\n\n${CHUNKED}`,
    400,
  ],
  [
    'a space before the colon',
    `POST / HTTP/1.1\n${H}Transfer-Encoding : chunked\n\n${CHUNKED}`,
    400,
  ],
  [
    'chunks in HTTP/1.0',
    `POST / HTTP/1.0\n${H}Transfer-Encoding: chunked\nConnection: keep-alive\n\n${CHUNKED}`,
    400,
  ],
  [
    'a chunk size with a sign',
    `POST / HTTP/1.1\n${H}Transfer-Encoding: chunked\n\n+0\n\n${SMUGGLED}`,
    400,
  ],
  [
    'a chunk size of many digits',
    `POST / HTTP/1.1\n${H}Transfer-Encoding: chunked\n\nfffffffffffffffff\n\n${SMUGGLED}`,
    400,
  ],
  ['repeated Host', `GET / HTTP/1.1\n${H}${H}\n`, 400],
  ['two different Hosts', `GET / HTTP/1.1\n${H}Host: evil.test\n\n`, 400],
  ['no Host', 'GET / HTTP/1.1\nAccept: */*\n\n', 400],
  ['no Host in HTTP/1.0', 'GET / HTTP/1.0\n\n', 400],
  ['another Host', 'GET / HTTP/1.1\nHost: evil.test\nConnection: close\n\n', 421],
  ['TRACE', `TRACE / HTTP/1.1\n${H}\n`, 405],
  ['TRACK', `TRACK / HTTP/1.1\n${H}\n`, 400],
  ['a made-up method', `EVIL / HTTP/1.1\n${H}\n`, 400],
  ['a lower-case method', `get / HTTP/1.1\n${H}\n`, 400],
  ['absolute form', `GET http://app.example/ HTTP/1.1\n${H}Connection: close\n\n`, 400],
  [
    'absolute form of another host',
    `GET http://evil.test/ HTTP/1.1\n${H}Connection: close\n\n`,
    400,
  ],
  ['asterisk form', `OPTIONS * HTTP/1.1\n${H}Connection: close\n\n`, 400],
  ['dots', `GET /a/../admin HTTP/1.1\n${H}Connection: close\n\n`, 400],
  ['encoded dots', `GET /a/%2e%2e/admin HTTP/1.1\n${H}Connection: close\n\n`, 400],
  ['an encoded slash', `GET /a%2fadmin HTTP/1.1\n${H}Connection: close\n\n`, 400],
  ['a backslash', `GET /a\\admin HTTP/1.1\n${H}Connection: close\n\n`, 400],
  ['a double slash', `GET //admin HTTP/1.1\n${H}Connection: close\n\n`, 400],
  ['an overlong encoding', `GET /%c0%ae%c0%ae/ HTTP/1.1\n${H}Connection: close\n\n`, 400],
  ['an encoded NUL', `GET /a%00.png HTTP/1.1\n${H}Connection: close\n\n`, 400],
  ['raw bytes beyond ASCII', `GET /\xfc HTTP/1.1\n${H}Connection: close\n\n`, 400],
  ['a NUL in a value', `GET / HTTP/1.1\n${H}X-A: a\0b\n\n`, 400],
  ['a bare CR in a value', `GET / HTTP/1.1\n${H}X-A: a\rX-B: b\n\n`, 400],
  ['an underscore in a name', `GET / HTTP/1.1\n${H}Content_Length: 5\n\n`, 400],
  ['a hundred and one fields', `GET / HTTP/1.1\n${H}${'X-A: 1\n'.repeat(100)}\n`, 431],
  ['three thousand fields', `GET / HTTP/1.1\n${H}${'a:\n'.repeat(3000)}\n`, 431],
  ['20 KiB of fields', `GET / HTTP/1.1\n${H}X-A: ${'a'.repeat(20_480)}\n\n`, 431],
  ['a long target', `GET /${'a'.repeat(9000)} HTTP/1.1\n${H}\n`, 414],
  ['HTTP/0.9', 'GET /\n\n', 400],
  ['HTTP/3.0', `GET / HTTP/3.0\n${H}\n`, 400],
  ['TLS on the plain port', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\n\nSM\n\n', 400],
]
for (const [what, text, status] of messages) {
  onWire(`answers ${status}, once, to ${what}`, options, async ({ open }) => {
    served.length = 0
    const { closed, socket } = open(text)
    const timer = setTimeout(() => socket.destroy(), 2000)
    const answer = await closed
    clearTimeout(timer)
    assert.equal(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1], String(status), answer.slice(0, 200))
    assert.match(answer, /connection: close/i)
    assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1, 'one message, one answer')
    assert.deepEqual(served, [])
  })
}

/** Bare line feeds must not end a header section for us that a proxy thinks is still open. */
onWire('answers 400 to bare line feeds', options, async ({ open }) => {
  const { closed, socket } = open()
  socket.write('GET / HTTP/1.1\nHost: app.example\n\n')
  assert.match(await closed, /^HTTP\/1\.1 400 /)
})

onWire(
  'serves an ordinary request, a chunked one, and both on one connection',
  options,
  async ({ open }) => {
    served.length = 0
    const both = open(
      `GET /a HTTP/1.1\n${H}\nPOST /b HTTP/1.1\n${H}Transfer-Encoding: chunked\n\n3\nabc\n0\n\n`,
    )
    await until(() => both.text.match(/served/g)?.length === 2, 'both are served')
    assert.deepEqual(served, ['/a', '/b'])
    both.socket.destroy()
  },
)
