import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { diskStorage, uploads } from '../uploads.ts'

// A server that stores what it is sent until it is killed: `node crash.child.test.kit.ts FOLDER`.
const files = uploads({
  storage: diskStorage({ folder: process.argv[2] ?? '' }),
  allow: ['text/*'],
  quota: false,
})
const server = createServer(async (request, response) => {
  const header = (name: string): string | undefined => request.headers[name]?.toString()
  const outcome = await files.receive({ header, body: request, owner: 'ann' })
  response.writeHead(outcome.ok ? 201 : outcome.refusal.status)
  response.end(JSON.stringify(outcome.ok ? outcome.value.files : outcome.refusal))
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
