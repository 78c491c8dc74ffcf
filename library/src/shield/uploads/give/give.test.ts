import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConfigFault } from '../../../kernel/fault.ts'
import { page } from '../judge/documents.test.kit.ts'
import { png } from '../judge/pictures.test.kit.ts'
import { filePart, form } from '../multipart/form.test.kit.ts'
import { headersOf, type World, world } from '../receive/world.test.kit.ts'
import { type Download, type StoredFile, type UploadsOptions, uploads } from '../uploads.ts'
import { contentDisposition, type Disposition } from './disposition.ts'
import { sliceOf } from './range.ts'

const RUNS = process.env['THOROUGH'] === '1' ? 50_000 : 2_000

async function keeping(
  bytes: Buffer,
  name: string,
  options: Partial<UploadsOptions> = {},
): Promise<{ at: World; file: StoredFile }> {
  const at = world({
    allow: ['image/*', 'text/*', 'document/*', 'drawing/*', 'archive/*'],
    ...options,
  })
  const outcome = await at.receive([form(filePart('file', name, bytes, ''))])
  assert.ok(outcome.ok, JSON.stringify(outcome))
  const [file] = outcome.value.files
  assert.ok(file)
  return { at, file }
}

async function got(
  { at, file }: { at: World; file: StoredFile },
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
  disposition?: Disposition,
): Promise<{ status: number; headers: Map<string, string>; body: string }> {
  const request = { method, header: headersOf(headers), ...(disposition ? { disposition } : {}) }
  const outcome = await at.files.serve('ann', file.id, request)
  if (!outcome.ok) {
    const { status, headers: own = {} } = outcome.refusal
    return { status, headers: new Map(Object.entries(own)), body: outcome.refusal.code }
  }
  return read(outcome.value)
}

async function read(
  download: Download,
): Promise<{ status: number; headers: Map<string, string>; body: string }> {
  const headers = new Map<string, string>()
  for (let i = 0; i < download.headers.length; i += 2) {
    const name = download.headers[i] ?? ''
    assert.ok(!headers.has(name), `${name} twice`)
    headers.set(name, download.headers[i + 1] ?? '')
  }
  const body = download.body ? (await buffer(download.body)).toString('latin1') : ''
  return { status: download.status, headers, body }
}

test('a file goes out as itself, to be saved, in a sandbox, kept by nobody', async () => {
  const kept = await keeping(Buffer.from('hello world'), 'words.txt')
  const { status, headers, body } = await got(kept)
  assert.equal(status, 200)
  assert.equal(body, 'hello world')
  assert.deepEqual(Object.fromEntries(headers), {
    'content-type': 'text/plain; charset=utf-8',
    'content-disposition': 'attachment; filename="words.txt"',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'accept-ranges': 'bytes',
    etag: `"${kept.file.sha256}"`,
    'content-length': '11',
  })
})

for (const [what, bytes, name, inline] of [
  ['a picture', png(), 'a.png', true],
  ['words', Buffer.from('w'), 'a.txt', true],
  ['a drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'a.svg', false],
  ['a document', page(), 'a.pdf', false],
  ['Markdown', Buffer.from('# hi'), 'a.md', false],
  ['a table', Buffer.from('a,b'), 'a.csv', false],
  ['JSON', Buffer.from('{}'), 'a.json', false],
] as const) {
  test(`${what} ${inline ? 'may' : 'may never'} open in the browser, and only when asked`, async () => {
    const kept = await keeping(bytes, name)
    const of = async (wanted?: Disposition): Promise<string | undefined> =>
      (await got(kept, {}, 'GET', wanted)).headers.get('content-disposition')
    assert.match((await of()) ?? '', /^attachment;/)
    assert.match((await of('inline')) ?? '', inline ? /^inline;/ : /^attachment;/)
  })
}

test('types that may open are those on the list, when there is one', async () => {
  const kept = await keeping(png(), 'a.png', { download: { inline: ['application/pdf'] } })
  assert.match(
    (await got(kept, {}, 'GET', 'inline')).headers.get('content-disposition') ?? '',
    /^attachment/,
  )
})

test('who asked already gets no bytes again', async () => {
  const kept = await keeping(Buffer.from('hello'), 'a.txt', { download: { cacheSeconds: 60 } })
  const etag = `"${kept.file.sha256}"`
  for (const tag of [etag, `W/${etag}`, '*', `"other", ${etag}`]) {
    const { status, body, headers } = await got(kept, { 'if-none-match': tag })
    assert.equal(status, 304, tag)
    assert.equal(body, '')
    assert.equal(headers.get('cache-control'), 'private, max-age=60, no-transform')
  }
  assert.equal((await got(kept, { 'if-none-match': '"other"' })).status, 200)
})

for (const [range, status, part, body] of [
  ['bytes=0-4', 206, 'bytes 0-4/11', 'hello'],
  ['bytes=6-', 206, 'bytes 6-10/11', 'world'],
  ['bytes=-5', 206, 'bytes 6-10/11', 'world'],
  ['bytes=6-99', 206, 'bytes 6-10/11', 'world'],
  ['bytes=-99', 206, 'bytes 0-10/11', 'hello world'],
  ['bytes=10-10', 206, 'bytes 10-10/11', 'd'],
  ['bytes=11-', 416, 'bytes */11', 'uploads.range'],
  ['bytes=-0', 416, 'bytes */11', 'uploads.range'],
  ['bytes=5-2', 200, undefined, 'hello world'],
  ['bytes=0-0,2-2', 200, undefined, 'hello world'],
  [`bytes=${'0-1,'.repeat(1000)}0-1`, 200, undefined, 'hello world'],
  ['lines=0-1', 200, undefined, 'hello world'],
  ['bytes=a-b', 200, undefined, 'hello world'],
  ['bytes=99999999999999999999-', 200, undefined, 'hello world'],
] as const) {
  test(`the range ${range.slice(0, 30)} gives ${status}`, async () => {
    const answer = await got(await keeping(Buffer.from('hello world'), 'a.txt'), { range })
    assert.equal(answer.status, status)
    assert.equal(answer.headers.get('content-range'), part)
    assert.equal(answer.body, body)
    if (status !== 416) assert.equal(answer.headers.get('content-length'), String(body.length))
  })
}

test('a range of a file that has changed gives the whole file', async () => {
  const kept = await keeping(Buffer.from('hello'), 'a.txt')
  assert.equal((await got(kept, { range: 'bytes=0-1', 'if-range': '"other"' })).status, 200)
  assert.equal(
    (await got(kept, { range: 'bytes=0-1', 'if-range': `"${kept.file.sha256}"` })).status,
    206,
  )
  assert.equal(
    (await got(kept, { range: 'bytes=0-1', 'if-range': `W/"${kept.file.sha256}"` })).status,
    200,
  )
})

test('HEAD says all and sends nothing', async () => {
  const { status, headers, body } = await got(
    await keeping(Buffer.from('hello'), 'a.txt'),
    { range: 'bytes=0-1' },
    'HEAD',
  )
  assert.equal(status, 200)
  assert.equal(headers.get('content-length'), '5')
  assert.equal(body, '')
})

test('no range ever leads outside the file', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^bytes=[0-9]{0,4}-[0-9]{0,4}$/),
      fc.nat(2000),
      (range, bytes) => {
        const slice = sliceOf(range, bytes)
        if (slice === undefined || slice === 'unsatisfiable') return
        assert.ok(
          slice.start >= 0 && slice.start < slice.end && slice.end <= bytes,
          JSON.stringify(slice),
        )
      },
    ),
    { numRuns: RUNS },
  )
})

for (const [name, header] of [
  ['a.png', 'attachment; filename="a.png"'],
  ['my file (1).png', 'attachment; filename="my file (1).png"'],
  ['naïve.png', 'attachment; filename="naive.png"; filename*=UTF-8\'\'na%C3%AFve.png'],
  ['写真.png', 'attachment; filename="__.png"; filename*=UTF-8\'\'%E5%86%99%E7%9C%9F.png'],
  ["it's 100%.txt", "attachment; filename=\"it's 100_.txt\"; filename*=UTF-8''it%27s%20100%25.txt"],
  ['a"b\\c;d.txt', 'attachment; filename="a_b_c_d.txt"; filename*=UTF-8\'\'a%22b%5Cc%3Bd.txt'],
  ['x\r\nSet-Cookie: a=b.txt', 'attachment; filename="x__Set-Cookie: a=b.txt"'],
  ['', 'attachment; filename="file"; filename*=UTF-8\'\''],
] as const) {
  test(`the name ${JSON.stringify(name)} is told safely`, () => {
    assert.equal(contentDisposition('attachment', name), header)
  })
}

test('any name makes one disposition with one or two parameters, whose longer form is the name', () => {
  const value =
    /^inline; filename="([\x20\x21\x23-\x5b\x5d-\x7e]{1,120})"(?:; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]*))?$/
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), name => {
      const match = value.exec(contentDisposition('inline', name))
      assert.ok(match, contentDisposition('inline', name))
      const wanted = name.toWellFormed().replace(/\p{Cc}/gu, '_')
      assert.equal(match[2] === undefined ? match[1] : decodeURIComponent(match[2]), wanted)
    }),
    { numRuns: RUNS },
  )
})

async function linked({ at }: { at: World }, link: string, holder?: string): Promise<string> {
  const url = new URL(link, 'https://app.example')
  const id = url.pathname.slice('/files/'.length)
  const request = { method: 'GET', header: () => undefined }
  const outcome = await at.files.serveLink(id, url.search.slice(1), request, holder)
  if (!outcome.ok) return `${outcome.refusal.code} ${outcome.refusal.says}`
  const { headers, body } = await read(outcome.value)
  return `${headers.get('content-disposition')?.split(';')[0]} ${body}`
}

test('a link opens its file until it is old, for whoever has it', async () => {
  const kept = await keeping(Buffer.from('hello'), 'a.txt')
  const link = kept.at.files.link(kept.file, `/files/${kept.file.id}`)
  assert.match(link, /^\/files\/[0-9a-f-]{36}\?v=1&e=\d+&d=a&s=[\w-]{43}$/)
  assert.equal(await linked(kept, link), 'attachment hello')
  kept.at.clock.advance(299_000)
  assert.equal(await linked(kept, link), 'attachment hello')
  kept.at.clock.advance(1000)
  assert.equal(await linked(kept, link), 'uploads.expired_link uploads.bad_link')
})

test('a link for one holder opens for nobody else', async () => {
  const kept = await keeping(Buffer.from('hello'), 'a.txt')
  const link = kept.at.files.link(kept.file, `/files/${kept.file.id}`, {
    holder: 'ann',
    disposition: 'inline',
    seconds: 5,
  })
  assert.equal(await linked(kept, link, 'ann'), 'inline hello')
  assert.match(await linked(kept, link, 'bob'), /^uploads\.bad_link/)
  assert.match(await linked(kept, link), /^uploads\.bad_link/)
})

test('nothing about a link can be changed', async () => {
  const kept = await keeping(Buffer.from('hello'), 'a.txt')
  const other = await kept.at.receive([form(filePart('file', 'b.txt', 'other', ''))])
  assert.ok(other.ok)
  const link = kept.at.files.link(kept.file, `/files/${kept.file.id}`)
  const bound = kept.at.files.link(kept.file, `/files/${kept.file.id}`, { holder: 'ann' })
  const tampered = [
    link.replace('d=a', 'd=i'),
    link.replace(/e=\d+/, 'e=99999999999'),
    link.replace(kept.file.id, other.value.files[0]?.id ?? ''),
    link.replace(/.$/, last => (last === 'A' ? 'B' : 'A')),
    link.replace('&d=a', '&d=a&h=1'),
    bound.replace('&h=1', ''),
    `${link}&filename=evil.html`,
    link.replace('v=1', 'v=2'),
    link.slice(0, -1),
    `/files/${kept.file.id}`,
  ]
  for (const bad of tampered)
    assert.match(await linked(kept, bad, 'ann'), /^uploads\.bad_link/, bad)
})

test('a link to a file that is gone leads nowhere', async () => {
  const kept = await keeping(Buffer.from('hello'), 'a.txt')
  const link = kept.at.files.link(kept.file, `/files/${kept.file.id}`)
  await kept.at.files.remove('ann', kept.file.id)
  assert.match(await linked(kept, link), /^uploads\.absent/)
})

test('links lead to the files’ own origin, where there is one, and others may embed them', async () => {
  const kept = await keeping(png(), 'a.png', { download: { origin: 'https://files.example' } })
  assert.ok(kept.at.files.link(kept.file, '/f').startsWith('https://files.example/f?v=1'))
  assert.equal((await got(kept)).headers.get('cross-origin-resource-policy'), 'cross-origin')
})

test('links of another key are not ours, and without a key there are none', async () => {
  const kept = await keeping(Buffer.from('hello'), 'a.txt')
  const other = world({ linkKey: createSecretKey(Buffer.alloc(32, 8)) })
  const link = other.files.link(kept.file, `/files/${kept.file.id}`)
  assert.match(await linked(kept, link), /^uploads\.bad_link/)
  const keyless = uploads({ storage: kept.at.storage, allow: ['text/*'] })
  assert.throws(() => keyless.link(kept.file, '/f'), ConfigFault)
})
