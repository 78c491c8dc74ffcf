import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { filePart, form } from '../multipart/form.test.kit.ts'
import type { Draft } from '../uploads.ts'
import { CONTENT_TYPE, world } from './world.test.kit.ts'

const MIB = 1024 * 1024
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Letters without meaning, which are text. */
const letters = (bytes: number): Buffer =>
  Buffer.from(randomBytes(bytes / 2).toString('hex'), 'latin1')

/** Sends `body` over a socket; `watch` gets the request when the first bytes go to the disk, `written` each piece that was written. */
async function sent(
  body: Buffer,
  options: {
    readonly watch?: (request: IncomingMessage) => void
    readonly written?: (piece: Buffer) => void
    readonly isDoneWithPieces?: boolean
  } = {},
): Promise<readonly { readonly name: string; readonly sha256: string }[]> {
  const at = world({ maxBytes: 8 * MIB })
  const { storage } = at
  const begin = storage.begin.bind(storage)
  let arriving: IncomingMessage | undefined
  storage.begin = async () => {
    if (arriving !== undefined) options.watch?.(arriving)
    arriving = undefined
    const draft = await begin()
    const write = draft.write.bind(draft)
    const watched: Partial<Draft> = {
      ...(options.isDoneWithPieces !== undefined && { isDoneWithPieces: options.isDoneWithPieces }),
      async write(pieces) {
        await write(pieces)
        for (const piece of pieces) options.written?.(piece)
      },
    }
    return Object.assign(draft, watched)
  }
  const server = createServer(async (request, response) => {
    arriving = request
    const header = (name: string): string | undefined => request.headers[name]?.toString()
    const outcome = await at.files.receive({ header, body: request, owner: 'ann' })
    response.end(JSON.stringify(outcome.ok ? outcome.value.files : outcome.refusal))
  })
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  const answer = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'content-type': CONTENT_TYPE },
  })
  const files = await answer.json()
  server.close()
  assert.ok(Array.isArray(files), JSON.stringify(files))
  return files
}

const large = letters(4 * MIB)
const one = form(filePart('file', 'a.txt', large, 'text/plain'))

test('memory of what is on the disk is given back at once, and the file is whole', async () => {
  const pieces: Buffer[] = []
  const [file] = await sent(one, { written: piece => pieces.push(piece) })
  assert.equal(file?.sha256, sha256(large))
  const kept = pieces.reduce((sum, piece) => sum + piece.length, 0)
  assert.ok(kept < 2 * MIB, `${kept} bytes are still held`)
})

test('a driver that does not say that it is done with pieces finds them as they were', async () => {
  const pieces: Buffer[] = []
  await sent(one, { written: piece => pieces.push(piece), isDoneWithPieces: false })
  assert.equal(sha256(Buffer.concat(pieces)), sha256(large))
})

test('who listens to the body beside us keeps what he heard', async () => {
  const heard: Buffer[] = []
  const [file] = await sent(one, {
    watch: request => void request.on('data', (piece: Buffer) => heard.push(piece)),
  })
  assert.equal(file?.sha256, sha256(large))
  const all = Buffer.concat(heard)
  assert.ok(all.length > 2 * MIB, `${all.length} bytes heard`)
  assert.equal(sha256(all), sha256(one.subarray(-all.length)))
})

test('files that came in one piece of the network do not lose what the other gave back', async () => {
  const contents = Array.from({ length: 10 }, (_, i) => letters(100_000 + 2 * i))
  const files = await sent(
    form(...contents.map((content, i) => filePart(`f${i}`, `${i}.txt`, content, 'text/plain'))),
  )
  const sums = files.map(file => file.sha256)
  assert.deepEqual(
    sums,
    contents.map(content => sha256(content)),
  )
})
