import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'

const FOLDER = join(import.meta.dirname, '../../assets')

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/** Static files, read once at start: what is not there then is not served, whatever is asked for. */
export function assetRoutes(app: FastifyInstance): void {
  for (const name of globSync('**/*.{css,js,svg,woff2}', { cwd: FOLDER })) {
    const bytes = readFileSync(join(FOLDER, name))
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    const type = TYPES[extname(name)] ?? 'application/octet-stream'
    app.get(
      `/assets/${name.replaceAll('\\', '/')}`,
      { config: { access: { public: true }, headers: 'asset', content: { produces: ['*/*'] } } },
      async (request, reply) => {
        reply.header('etag', etag).header('cache-control', 'public, max-age=0, must-revalidate')
        if (request.headers['if-none-match'] === etag) return reply.code(304).send()
        return reply.type(type).send(bytes)
      },
    )
  }
}
