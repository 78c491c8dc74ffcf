import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import type { Client } from '../testing/browserless.ts'
import { running } from '../testing/running.ts'

const at = await running('memory')
after(() => at.stop())
const ann = await at.signedIn('ann@example.com')
const bob = await at.signedIn('bob@example.com')

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const head = Buffer.alloc(4)
  head.writeUInt32BE(data.length)
  const tail = Buffer.alloc(4)
  tail.writeUInt32BE(crc32(body))
  return Buffer.concat([head, body, tail])
}

/** One black pixel. */
const png = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  chunk('IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0])),
  chunk('IDAT', deflateSync(Buffer.alloc(4))),
  chunk('IEND', Buffer.alloc(0)),
])

async function send(
  person: Client,
  name: string,
  type: string,
  bytes: Buffer,
  extra: { readonly token?: string; readonly header?: boolean } = {},
): Promise<{ status: number; json: Record<string, string> }> {
  const { csrfToken } = (await person.get('/csrf-token')).json
  const form = new FormData()
  if (extra.token !== undefined) form.set('_csrf', extra.token)
  form.set('file', new File([new Uint8Array(bytes)], name, { type }))
  const response = await fetch(`${at.origin}/api/files`, {
    method: 'POST',
    headers: {
      cookie: person.cookies,
      ...(extra.header !== false && { 'x-csrf-token': csrfToken }),
    },
    body: form,
  })
  return { status: response.status, json: (await response.json()) as Record<string, string> }
}

test('a picture is kept, listed, given back as a download, and removed', async () => {
  const kept = await send(ann, 'dot.png', 'image/png', png)
  assert.equal(kept.status, 201, JSON.stringify(kept.json))
  const { id, name, type, bytes, sha256 } = kept.json
  assert.deepEqual({ name, type, bytes }, { name: 'dot.png', type: 'image/png', bytes: png.length })
  assert.match(sha256 ?? '', /^[0-9a-f]{64}$/)
  assert.equal((await ann.get('/api/files')).json.length, 1)
  const given = await fetch(`${at.origin}/api/files/${id}`, { headers: { cookie: ann.cookies } })
  assert.deepEqual(Buffer.from(await given.arrayBuffer()), png)
  assert.match(given.headers.get('content-disposition') ?? '', /^attachment; filename="dot\.png"/)
  assert.equal(given.headers.get('x-content-type-options'), 'nosniff')
  assert.match(given.headers.get('content-security-policy') ?? '', /sandbox/)
  assert.equal((await ann.send('DELETE', `/api/files/${id}`)).status, 204)
  assert.equal((await ann.get(`/api/files/${id}`)).status, 404)
})

test('somebody else’s file is not there', async () => {
  const { id } = (await send(ann, 'mine.png', 'image/png', png)).json
  assert.equal((await bob.get(`/api/files/${id}`)).status, 404)
  assert.equal((await bob.send('DELETE', `/api/files/${id}`)).status, 404)
  assert.equal((await ann.get(`/api/files/${id}`)).status, 200)
})

test('a page that calls itself a picture is refused', async () => {
  const page = Buffer.from('<!doctype html><script>alert(1)</script>')
  assert.equal(
    (await send(ann, 'x.png', 'image/png', page)).json['code'],
    'uploads.content_mismatch',
  )
  assert.equal((await send(ann, 'x.html', 'text/html', page)).status, 415)
  const both = Buffer.concat([png, page])
  assert.equal((await send(ann, 'x.png', 'image/png', both)).status, 422)
})

test('a form without script brings its token as a field, and a wrong one keeps nothing', async () => {
  const before = (await ann.get('/api/files')).json.length
  const { csrfToken } = (await ann.get('/csrf-token')).json
  assert.equal((await send(ann, 'a.png', 'image/png', png, { header: false })).status, 403)
  const foreign = (await bob.get('/csrf-token')).json.csrfToken
  assert.equal(
    (await send(ann, 'a.png', 'image/png', png, { header: false, token: foreign })).status,
    403,
  )
  assert.equal((await ann.get('/api/files')).json.length, before)
  assert.equal(
    (await send(ann, 'a.png', 'image/png', png, { header: false, token: csrfToken })).status,
    201,
  )
})

test('exactly 20 MB are kept, as the page says, and a byte more is not', async () => {
  const most = Buffer.alloc(20_000_000, 'words\n')
  const kept = await send(ann, 'most.txt', 'text/plain', most)
  assert.equal(kept.status, 201, JSON.stringify(kept.json))
  const more = await send(ann, 'more.txt', 'text/plain', Buffer.concat([most, Buffer.from('.')]))
  assert.deepEqual([more.status, more.json['code']], [413, 'uploads.too_large'])
  assert.equal((await ann.send('DELETE', `/api/files/${kept.json['id']}`)).status, 204)
})

test('a file over the limit is answered at once', async () => {
  const large = Buffer.alloc(30 * 1024 * 1024)
  const sent = await send(ann, 'large.png', 'image/png', large).catch(() => undefined)
  assert.ok(sent === undefined || sent.status === 413, `${sent?.status}`)
})
