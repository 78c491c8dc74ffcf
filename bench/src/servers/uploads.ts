import { createWriteStream, mkdtempSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { diskStorage, type Uploads, uploads } from 'bulwark/uploads'

// `node uploads.ts CONTENDER FOLDER`: takes bodies one way, and answers what each cost.

const [contender = '', folder = ''] = process.argv.slice(2)
/** Parts of the library that only it sees, from its sources or as they were built, like this file. */
const isSource = import.meta.url.endsWith('.ts')
const inside = (file: string): string =>
  String(
    new URL(
      `../../../library/${isSource ? 'src' : 'dist'}/shield/uploads/${file}.${isSource ? 'ts' : 'js'}`,
      import.meta.url,
    ),
  )
type SpoolModule = typeof import('../../../library/src/shield/uploads/keep/spool.ts')
type BoundaryModule = typeof import('../../../library/src/shield/uploads/multipart/boundary.ts')
type ParserModule = typeof import('../../../library/src/shield/uploads/multipart/parser.ts')
const { Spool }: SpoolModule = await import(inside('keep/spool'))
const { boundaryOf }: BoundaryModule = await import(inside('multipart/boundary'))
const { MultipartParser }: ParserModule = await import(inside('multipart/parser'))

/** The peers and frameworks are what the library's own tests use. */
const peers = createRequire(new URL('../../../library/package.json', import.meta.url))
const WIDE = { parts: 1e6, files: 1e6, fields: 1e6, fileSize: 2 ** 33 }
const GIANT = 2 ** 33
let names = 0
const fresh = (): string => join(folder, `peer-${process.pid}-${names++}`)

const made: Uploads[] = []

function service(): Uploads {
  const files = uploads({
    storage: diskStorage({ folder: mkdtempSync(join(folder, 'ours-')) }),
    allow: ['video/mp4', 'text/plain'],
    maxBytes: GIANT,
    quota: false,
    request: { maxRequestBytes: GIANT, maxFiles: 20_000 },
  })
  made.push(files)
  return files
}

/** The parser alone, or with what comes out of it written to drafts; limits on, no sum, no judge. */
async function parsed(request: IncomingMessage, toDisk: boolean): Promise<void> {
  const boundary = boundaryOf(request.headers['content-type'])
  if (typeof boundary !== 'string') throw new Error('no boundary')
  const storage = toDisk ? diskStorage({ folder: mkdtempSync(join(folder, 'ours-')) }) : undefined
  let spool: InstanceType<typeof Spool> | undefined
  let bytes = 0
  let pending = 0
  const written: Promise<void>[] = []
  const throttle = (): void => {
    const waits = pending > 32 || (spool?.pending ?? 0) > 1024 * 1024
    if (waits) request.pause()
    else if (request.isPaused()) request.resume()
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const sink = {
    head: () => {
      if (storage)
        spool = new Spool(() => storage.begin(), { drained: throttle, failed: reject }, 'none')
      return undefined
    },
    data: (piece: Buffer) => {
      bytes += piece.length
      if (bytes > GIANT) throw new Error('too large')
      spool?.take(piece)
      return undefined
    },
    end: () => {
      const ended = spool
      if (ended) {
        pending += 1
        written.push(
          ended.draft().then(async draft => {
            if ('release' in draft && typeof draft.release === 'function') await draft.release()
            pending -= 1
            throttle()
          }),
        )
      }
      return undefined
    },
  }
  const parser = new MultipartParser(boundary, sink, 8192)
  request.on('data', (chunk: Buffer) => {
    const refusal = parser.write(chunk)
    if (refusal) reject(new Error(refusal.why))
    throttle()
  })
  request.on('end', () => Promise.all(written).then(() => resolve(), reject))
  await promise
}

function busboy(request: IncomingMessage, name: string, toDisk: boolean): Promise<void> {
  const make = peers(name)
  const options = { headers: request.headers, limits: WIDE }
  const parser = name === 'busboy' ? make(options) : new make(options)
  const written: Promise<void>[] = []
  return new Promise((resolve, reject) => {
    parser.on('file', (_: string, file: Readable) => {
      if (toDisk) written.push(pipeline(file, createWriteStream(fresh())))
      else file.resume()
    })
    parser.on(name === 'busboy' ? 'close' : 'finish', () =>
      Promise.all(written).then(() => resolve(), reject),
    )
    parser.on('error', reject)
    request.pipe(parser)
  })
}

async function kept(
  files: Uploads,
  request: { header(name: string): string | undefined; body: Readable },
): Promise<void> {
  const outcome = await files.receive({ ...request, owner: 'bench' })
  if (!outcome.ok) throw new Error(`${outcome.refusal.code}: ${outcome.refusal.why}`)
}

const ours = service()
const WAYS: Readonly<Record<string, (request: IncomingMessage) => Promise<unknown>>> = {
  'http to a file': request => pipeline(request, createWriteStream(fresh())),
  'http discarded': request => {
    request.resume()
    return new Promise(resolve => request.on('end', resolve))
  },
  'ours discarded': request => parsed(request, false),
  'ours to files': request => parsed(request, true),
  'ours kept': request =>
    kept(ours, { header: name => request.headers[name]?.toString(), body: request }),
  'busboy discarded': request => busboy(request, 'busboy', false),
  'busboy to files': request => busboy(request, 'busboy', true),
  '@fastify/busboy discarded': request => busboy(request, '@fastify/busboy', false),
  '@fastify/busboy to files': request => busboy(request, '@fastify/busboy', true),
}

interface Cost {
  readonly cpu: number
  readonly rss: number
}

async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return { cpu: (user + system) / 1000, rss: process.resourceUsage().maxRSS / 1024 }
}

const headers = (request: IncomingMessage) => (name: string) => request.headers[name]?.toString()
const listening = (server: { address(): unknown }): void => {
  process.send?.((server.address() as AddressInfo).port)
}

if (contender === 'express') {
  const app = peers('express')()
  app.post('/', async (request: IncomingMessage, response: { json(it: object): void }) => {
    response.json(await costOf(() => kept(ours, { header: headers(request), body: request })))
  })
  const server = app.listen(0, '127.0.0.1', () => listening(server))
} else if (contender === 'fastify') {
  const app = peers('fastify')()
  app.addContentTypeParser(
    'multipart/form-data',
    (_: unknown, __: unknown, done: (error: null) => void) => done(null),
  )
  app.post('/', ({ raw }: { raw: IncomingMessage }) =>
    costOf(() => kept(ours, { header: headers(raw), body: raw })),
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  listening(app.server)
} else if (contender === 'hono') {
  const { Hono } = peers('hono')
  const app = new Hono()
  app.post(
    '/',
    async (context: {
      req: { header(name: string): string | undefined }
      env: { incoming: IncomingMessage }
      json(it: object): Response
    }) => {
      const request = {
        header: (name: string) => context.req.header(name),
        body: context.env.incoming,
      }
      return context.json(await costOf(() => kept(ours, request)))
    },
  )
  const server = peers('@hono/node-server').serve(
    { fetch: app.fetch, port: 0, hostname: '127.0.0.1' },
    () => listening(server),
  )
} else {
  const way = WAYS[contender]
  if (way === undefined)
    throw new Error(`no contender ${contender}; there are ${Object.keys(WAYS).join(', ')}`)
  const server = createServer(async (request, response) => {
    const cost = await costOf(() => way(request))
    response.end(JSON.stringify(cost))
  })
  server.requestTimeout = 0
  server.listen(0, '127.0.0.1', () => listening(server))
}
