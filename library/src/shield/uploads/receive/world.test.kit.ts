import { createSecretKey } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after } from 'node:test'
import { type TestClock, testClock } from '../../../kernel/clock.ts'
import type { Outcome } from '../../../kernel/outcome.ts'
import { BOUNDARY } from '../multipart/form.test.kit.ts'
import {
  diskStorage,
  type FileStorage,
  type Received,
  type Uploads,
  type UploadsOptions,
  uploads,
} from '../uploads.ts'

export const CONTENT_TYPE: string = `multipart/form-data; boundary=${BOUNDARY}`

const roots: string[] = []
after(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true })
})

/** An uploads service on a disk of its own, with a clock that stands still. */
export interface World {
  readonly files: Uploads
  readonly folder: string
  readonly storage: FileStorage
  readonly clock: TestClock
  /** Receives a body in the given pieces. */
  receive(pieces: Iterable<Buffer> | Readable, owner?: string): Promise<Outcome<Received>>
  /** Names of what lies in quarantine. */
  quarantine(): readonly string[]
}

export function world(options: Partial<UploadsOptions> = {}): World {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-uploads-'))
  roots.push(folder)
  const clock = testClock()
  const storage = options.storage ?? diskStorage({ folder })
  const files = uploads({
    storage,
    clock,
    allow: ['image/*', 'text/*', 'document/*', 'archive/*'],
    linkKey: createSecretKey(Buffer.alloc(32, 7)),
    ...options,
  })
  return {
    files,
    folder,
    storage,
    clock,
    receive(pieces, owner = 'ann') {
      const body =
        pieces instanceof Readable ? pieces : Readable.from(pieces, { objectMode: false })
      return files.receive({ header: headersOf({ 'content-type': CONTENT_TYPE }), body, owner })
    },
    quarantine: () => quarantineOf(folder),
  }
}

/** The same storage as a plain object, so that a test can change one of its verbs. */
export function verbsOf(storage: FileStorage): FileStorage {
  return {
    kind: storage.kind,
    begin: () => storage.begin(),
    keep: (draft, file, quota) => storage.keep(draft, file, quota),
    find: id => storage.find(id),
    open: (file, start, end) => storage.open(file, start, end),
    list: owner => storage.list(owner),
    usage: owner => storage.usage(owner),
    remove: file => storage.remove(file),
    close: () => storage.close(),
  }
}

export function headersOf(
  fields: Readonly<Record<string, string>>,
): (name: string) => string | undefined {
  return name => fields[name]
}

/** What lies in the quarantine of any process. */
export function quarantineOf(folder: string): readonly string[] {
  return readdirSync(join(folder, 'quarantine'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => entry.name)
}

/** Everything that lies anywhere below a folder. */
export function allFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}

/** Serves uploads at every path of a plain node:http server, without any help. */
export async function serving(
  files: Uploads,
): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((request, response) => {
    files
      .receive({ header: name => request.headers[name]?.toString(), body: request, owner: 'ann' })
      .then(
        outcome => {
          const status = outcome.ok ? 201 : outcome.refusal.status
          if (!outcome.ok && outcome.refusal.close) response.shouldKeepAlive = false
          response.writeHead(status, { 'content-type': 'application/json' })
          response.end(JSON.stringify(outcome.ok ? outcome.value.files : outcome.refusal))
        },
        (error: unknown) => {
          response.writeHead(500)
          response.end(String(error))
        },
      )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, server }
}

export interface Answer {
  readonly status: number
  readonly body: string
  /** Milliseconds until the first byte of the answer, and until the connection ended. */
  readonly answeredAfter: number
  readonly endedAfter: number
  readonly sent: number
}

/** Sends a request head and then `body` for as long as the server takes it, listening all the while. */
export async function send(
  port: number,
  head: Readonly<Record<string, string>>,
  body: Iterable<Buffer>,
  path = '/',
): Promise<Answer> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const began = performance.now()
  let text = ''
  let answeredAfter = Number.POSITIVE_INFINITY
  let sent = 0
  let ended = false
  socket.on('data', piece => {
    answeredAfter = Math.min(answeredAfter, performance.now() - began)
    text += piece.toString('latin1')
  })
  socket.on('error', () => undefined)
  const closed = once(socket, 'close').then(() => {
    ended = true
  })
  const fields = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${fields.join('')}\r\n`)
  for (const piece of body) {
    if (ended || socket.destroyed) break
    sent += piece.length
    if (!socket.write(piece))
      await Promise.race([once(socket, 'drain').catch(() => undefined), closed])
  }
  await Promise.race([closed, answered(() => text)])
  const answeredText = text
  if (!ended && /connection: close/i.test(answeredText)) await closed
  const endedAfter = performance.now() - began
  socket.destroy()
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0),
    body: text.slice(text.indexOf('\r\n\r\n') + 4),
    answeredAfter,
    endedAfter,
    sent,
  }
}

/** Resolves once a whole answer is there. */
async function answered(text: () => string): Promise<void> {
  while (!/\r\n\r\n[\s\S]*[}\]0]\s*$/.test(text()))
    await new Promise(resolve => setTimeout(resolve, 5))
}
