import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { ConfigFault, StoreFault } from '../../kernel/fault.ts'
import { refused } from '../../kernel/outcome.ts'
import { page } from './judge/documents.test.kit.ts'
import { gif, jpeg, png } from './judge/pictures.test.kit.ts'
import { cut, fieldPart, filePart, form, rawPart } from './multipart/form.test.kit.ts'
import { allFiles, CONTENT_TYPE, headersOf, verbsOf, world } from './receive/world.test.kit.ts'
import { diskStorage, type Fields, type StoredFile, uploads } from './uploads.ts'

const words = (bytes: number): Buffer => Buffer.alloc(bytes, 'words and more words\n')
const one = (bytes: Buffer, name = 'a.txt'): Buffer => form(filePart('file', name, bytes, ''))

async function kept(
  bytes: Buffer,
  name: string,
): Promise<{ at: ReturnType<typeof world>; file: StoredFile }> {
  const at = world()
  const outcome = await at.receive([one(bytes, name)])
  assert.ok(outcome.ok, JSON.stringify(outcome))
  const [file] = outcome.value.files
  assert.ok(file)
  return { at, file }
}

test('a file comes in under a clean name and goes out as it was', async () => {
  const { at, file } = await kept(png({ width: 7 }), 'e\u0301te\u0301.png')
  const { id, field, ...rest } = file as StoredFile & { field: string }
  assert.match(id, /^[0-9a-f-]{36}$/)
  assert.deepEqual(rest, {
    owner: 'ann',
    name: 'été.png',
    type: 'image/png',
    bytes: png({ width: 7 }).length,
    sha256: createHash('sha256')
      .update(png({ width: 7 }))
      .digest('hex'),
    storedAt: at.clock(),
    width: 7,
    height: 3,
  })
  const download = await at.files.serve('ann', id, { method: 'GET', header: () => undefined })
  assert.ok(download.ok && download.value.body)
  assert.deepEqual(await buffer(download.value.body), png({ width: 7 }))
  assert.deepEqual(at.quarantine(), [])
})

test('fields come along, in order and as text', async () => {
  const at = world()
  const body = form(
    fieldPart('title', 'Grüße'),
    filePart('file', 'a.txt', 'x', ''),
    fieldPart('tag', '1'),
    fieldPart('tag', '2'),
  )
  const outcome = await at.receive(cut(body, [3, 60, 61, 150]))
  assert.ok(outcome.ok)
  assert.deepEqual(
    [...outcome.value.fields],
    [
      ['title', ['Grüße']],
      ['tag', ['1', '2']],
    ],
  )
  assert.deepEqual(
    outcome.value.files.map(({ field, name }) => [field, name]),
    [['file', 'a.txt']],
  )
})

for (const bytes of [1, 1024, 64 * 1024, 64 * 1024 + 1, 300_000, 3_000_000]) {
  test(`a file of ${bytes} bytes is on the disk byte for byte, in pieces of any size`, async () => {
    for (const step of [1 + Math.floor(bytes / 50), 65_536]) {
      const at = world()
      const body = one(words(bytes))
      const places = Array.from({ length: Math.ceil(body.length / step) }, (_, i) => i * step)
      const outcome = await at.receive(cut(body, places))
      assert.ok(outcome.ok, JSON.stringify(outcome))
      const [file] = outcome.value.files
      const [data] = allFiles(join(at.folder, 'files')).filter(path => !path.endsWith('.json'))
      assert.deepEqual(readFileSync(data ?? ''), words(bytes))
      assert.equal(file?.sha256, createHash('sha256').update(words(bytes)).digest('hex'))
    }
  })
}

test('names on the disk are nobody’s, folders and files are for us alone', async () => {
  const { at } = await kept(png(), 'secret plan.png')
  const paths = allFiles(at.folder)
  assert.equal(paths.length, 3) // bytes, record, claim
  for (const path of paths) {
    assert.ok(!path.includes('plan') && !path.includes('ann') && !path.includes('.png'), path)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700)
  }
})

test('a stranger finds, serves and removes nothing', async () => {
  const { at, file } = await kept(png(), 'a.png')
  const request = { method: 'GET', header: () => undefined }
  assert.deepEqual(await at.files.list('bob'), [])
  for (const outcome of [
    await at.files.find('bob', file.id),
    await at.files.serve('bob', file.id, request),
    await at.files.remove('bob', file.id),
    await at.files.find('ann', '../../etc/passwd'),
    await at.files.find('ann', crypto.randomUUID()),
  ]) {
    assert.equal(outcome.ok ? '' : outcome.refusal.code, 'uploads.absent')
  }
  assert.equal((await at.files.list('ann')).length, 1)
})

test('of ten who remove a file at once, one does', async () => {
  const { at, file } = await kept(png(), 'a.png')
  const removed = await Promise.all(
    Array.from({ length: 10 }, () => at.files.remove('ann', file.id)),
  )
  assert.equal(removed.filter(outcome => outcome.ok).length, 1)
  assert.deepEqual(allFiles(at.folder), [])
})

test('all files of a request are kept, or none', async () => {
  const at = world()
  const good = filePart('file', 'a.png', png(), 'image/png')
  const bad = filePart('file', 'b.png', gif(), 'image/png')
  const outcome = await at.receive([form(good, good, bad, good)])
  assert.equal(outcome.ok ? '' : outcome.refusal.code, 'uploads.extension_mismatch')
  await at.files.settled()
  assert.deepEqual(allFiles(at.folder), [])
})

const limits: readonly (readonly [string, string, object, Buffer, Buffer])[] = [
  ['bytes of a file', 'too_large', { maxBytes: 5000 }, one(words(5000)), one(words(5001))],
  [
    'bytes of a large file',
    'too_large',
    { maxBytes: 200_000 },
    one(words(200_000)),
    one(words(200_001)),
  ],
  [
    'bytes of a request',
    'request_too_large',
    { request: { maxRequestBytes: one(words(5000)).length } },
    one(words(5000)),
    one(words(5001)),
  ],
  [
    'files',
    'too_many_files',
    { request: { maxFiles: 2 } },
    form(...Array.from({ length: 2 }, () => filePart('f', 'a.txt', 'x', ''))),
    form(...Array.from({ length: 3 }, () => filePart('f', 'a.txt', 'x', ''))),
  ],
  [
    'fields',
    'too_many_fields',
    { request: { maxFields: 2 } },
    form(fieldPart('a', ''), fieldPart('b', ''), filePart('f', 'a.txt', 'x', '')),
    form(
      fieldPart('a', ''),
      fieldPart('b', ''),
      fieldPart('c', ''),
      filePart('f', 'a.txt', 'x', ''),
    ),
  ],
  [
    'bytes of a field',
    'field_too_large',
    { request: { maxFieldBytes: 10 } },
    form(fieldPart('a', 'x'.repeat(10)), filePart('f', 'a.txt', 'x', '')),
    form(fieldPart('a', 'x'.repeat(11)), filePart('f', 'a.txt', 'x', '')),
  ],
  [
    'bytes of all fields',
    'field_too_large',
    { request: { maxAllFieldsBytes: 10 } },
    form(
      fieldPart('a', 'x'.repeat(5)),
      fieldPart('b', 'x'.repeat(5)),
      filePart('f', 'a.txt', 'x', ''),
    ),
    form(
      fieldPart('a', 'x'.repeat(5)),
      fieldPart('b', 'x'.repeat(6)),
      filePart('f', 'a.txt', 'x', ''),
    ),
  ],
  [
    'bytes of a part’s head',
    'part_header_too_large',
    { request: { maxPartHeadBytes: 90 } },
    form(
      rawPart(
        `Content-Disposition: form-data; name="f"; filename="a.txt"\r\nX: ${'x'.repeat(27)}`,
        'x',
      ),
    ),
    form(
      rawPart(
        `Content-Disposition: form-data; name="f"; filename="a.txt"\r\nX: ${'x'.repeat(28)}`,
        'x',
      ),
    ),
  ],
  [
    'bytes of a name',
    'name',
    { names: { maxBytes: 20 } },
    one(words(5), `${'n'.repeat(16)}.txt`),
    one(words(5), `${'n'.repeat(17)}.txt`),
  ],
]
for (const [what, code, options, exact, over] of limits) {
  test(`exactly as many ${what} as allowed come in, one more does not`, async () => {
    for (const step of [1, 7, 100_000]) {
      const at = world(options)
      const pieces = (body: Buffer): readonly Buffer[] =>
        cut(
          body,
          step === 1 && body.length > 20_000
            ? [1]
            : Array.from({ length: Math.ceil(body.length / step) }, (_, i) => i * step),
        )
      const fits = await at.receive(pieces(exact))
      assert.ok(fits.ok, JSON.stringify(fits))
      const exceeds = await at.receive(pieces(over))
      assert.equal(exceeds.ok ? '' : exceeds.refusal.code, `uploads.${code}`)
      assert.ok(!exceeds.ok && exceeds.refusal.close)
      await at.files.settled()
      assert.equal((await at.files.list('ann')).length, fits.value.files.length)
      assert.deepEqual(at.quarantine(), [])
    }
  })
}

const unread: readonly (readonly [string, string, Record<string, string>])[] = [
  ['another type', 'not_multipart', { 'content-type': 'application/json' }],
  ['no type', 'not_multipart', {}],
  [
    'a content coding',
    'not_multipart',
    { 'content-type': CONTENT_TYPE, 'content-encoding': 'gzip' },
  ],
  ['no boundary', 'malformed_body', { 'content-type': 'multipart/form-data' }],
  [
    'an announced length over the limit',
    'request_too_large',
    { 'content-type': CONTENT_TYPE, 'content-length': '20971521' },
  ],
]
for (const [what, code, headers] of unread) {
  test(`a request with ${what} is refused without reading it`, async () => {
    const at = world()
    let read = 0
    const body = new Readable({
      read() {
        read += 1
      },
    })
    const outcome = await at.files.receive({ header: headersOf(headers), body, owner: 'ann' })
    assert.equal(outcome.ok ? '' : outcome.refusal.code, `uploads.${code}`)
    assert.ok(read <= 1) // a stream may ask itself once for what nobody takes
    body.destroy()
  })
}

test('a form without a file is refused, also when a file input was left empty', async () => {
  const at = world()
  for (const body of [form(), form(fieldPart('a', 'b')), form(filePart('file', '', ''))]) {
    const outcome = await at.receive([body])
    assert.equal(outcome.ok ? '' : outcome.refusal.code, 'uploads.no_file')
  }
  const outcome = await at.receive([
    form(filePart('file', '', ''), filePart('other', 'a.txt', 'x', '')),
  ])
  assert.ok(outcome.ok)
})

test('bytes without a name are refused', async () => {
  const at = world()
  const outcome = await at.receive([form(filePart('file', '', 'x'))])
  assert.equal(outcome.ok ? '' : outcome.refusal.code, 'uploads.name')
})

test('files come in by named fields only, when they are named', async () => {
  const at = world({ fileFields: ['avatar'] })
  assert.ok((await at.receive([form(filePart('avatar', 'a.png', png()))])).ok)
  const outcome = await at.receive([form(filePart('other', 'a.png', png()))])
  assert.equal(outcome.ok ? '' : outcome.refusal.code, 'uploads.unexpected_field')
})

test('a harmful name is refused before its bytes are read, or repaired when asked', async () => {
  const at = world()
  const outcome = await at.receive([
    form(filePart('file', '../../x.php.png', png())).subarray(0, 160),
  ])
  assert.equal(outcome.ok ? '' : outcome.refusal.code, 'uploads.name')
  const mild = world({ names: { onDanger: 'repair' } })
  const repaired = await mild.receive([one(png(), '../../x.php.png')])
  assert.equal(repaired.ok ? repaired.value.files[0]?.name : '', 'x_php.png')
})

test('a field that is not UTF-8 is refused', async () => {
  const at = world()
  const body = form(
    rawPart('Content-Disposition: form-data; name="a"', Buffer.from([0xff])),
    filePart('f', 'a.txt', 'x', ''),
  )
  const outcome = await at.receive([body])
  assert.equal(outcome.ok ? '' : outcome.refusal.code, 'uploads.ambiguous_part')
})

test('somebody else who counts the same bytes may refuse', async () => {
  const at = world()
  let wire = 0
  const refusal = { code: 'limits.too_large', says: 'limits.too_large', status: 413, close: true }
  const budget = {
    wire(bytes: number) {
      wire += bytes
      return wire > 100 ? refusal : undefined
    },
  }
  const request = { header: headersOf({ 'content-type': CONTENT_TYPE }), owner: 'ann', budget }
  const outcome = await at.files.receive({
    ...request,
    body: Readable.from([one(words(400))], { objectMode: false }),
  })
  assert.deepEqual(outcome, refused(refusal))
  assert.equal(wire, one(words(400)).length)
})

test('who knows the form may refuse it before anything is kept', async () => {
  const at = world()
  const refusal = { code: 'csrf.bad_token', says: 'csrf.refused', status: 403 }
  const request = { header: headersOf({ 'content-type': CONTENT_TYPE }), owner: 'ann' }
  const sent = (token: string): Readable =>
    Readable.from([form(fieldPart('_csrf', token), filePart('file', 'a.txt', 'x', ''))], {
      objectMode: false,
    })
  const admit = (fields: Fields): typeof refusal | undefined =>
    fields.get('_csrf')?.[0] === 'right' ? undefined : refusal
  assert.deepEqual(
    await at.files.receive({ ...request, body: sent('wrong'), admit }),
    refused(refusal),
  )
  await at.files.settled()
  assert.deepEqual(allFiles(at.folder), [])
  assert.ok((await at.files.receive({ ...request, body: sent('right'), admit })).ok)
})

test('a body that any iterable gives is received alike', async () => {
  const at = world()
  const body = (async function* () {
    for (const piece of cut(one(words(500_000)), [10, 100, 1000, 70_000]))
      yield new Uint8Array(piece)
  })()
  const outcome = await at.files.receive({
    header: headersOf({ 'content-type': CONTENT_TYPE }),
    body,
    owner: 'ann',
  })
  assert.ok(outcome.ok, JSON.stringify(outcome))
  const web = new Response(one(words(500_000))).body
  assert.ok(web)
  const again = await at.files.receive({
    header: headersOf({ 'content-type': CONTENT_TYPE }),
    body: web,
    owner: 'ann',
  })
  assert.ok(again.ok, JSON.stringify(again))
})

test('pictures, documents and archives come in with any of their names for the type', async () => {
  const at = world()
  for (const [bytes, name, type] of [
    [jpeg(), 'a.JPG', 'image/pjpeg'],
    [page(), 'a.pdf', ''],
    [Buffer.from('a,b\n'), 'a.csv', 'application/vnd.ms-excel'],
  ] as const) {
    const outcome = await at.receive([form(filePart('file', name, bytes, type))])
    assert.ok(outcome.ok, JSON.stringify(outcome))
  }
})

test('a disk that fails is a fault, and nothing is left of the upload', async () => {
  const at = world()
  for (const verb of ['begin', 'keep'] as const) {
    const fails = (): Promise<never> =>
      Promise.reject(new StoreFault(`files.${verb}`, new Error('no space left')))
    const storage = { ...verbsOf(at.storage), [verb]: fails }
    const broken = uploads({ storage, allow: ['text/*'] })
    for (const bytes of [100, 200_000]) {
      const body = Readable.from([one(words(bytes))], { objectMode: false })
      await assert.rejects(
        broken.receive({ header: headersOf({ 'content-type': CONTENT_TYPE }), body, owner: 'ann' }),
        StoreFault,
      )
    }
    await broken.settled()
    assert.deepEqual(allFiles(at.folder), [])
  }
})

test('bytes that vanished from the disk are a fault, not an empty file', async () => {
  const { at, file } = await kept(png(), 'a.png')
  const [data] = allFiles(join(at.folder, 'files')).filter(path => !path.endsWith('.json'))
  writeFileSync(data ?? '', 'short')
  await assert.rejects(
    at.files.serve('ann', file.id, { method: 'GET', header: () => undefined }),
    StoreFault,
  )
})

for (const [option, options] of [
  ['uploads.allow', { allow: [] }],
  ['uploads.request.maxFiles', { request: { maxFiles: 0 } }],
  ['uploads.quota.maxBytes', { quota: { maxBytes: -1 } }],
  ['uploads.scanSeconds', { scanSeconds: 0 }],
  ['uploads.maxByte', { maxByte: 1 }],
  ['uploads.request.maxFile', { request: { maxFile: 1 } }],
  ['uploads.download.cacheSeconds', { download: { cacheSeconds: -1 } }],
  ['uploads.image.maxPixel', { image: { maxPixel: 1 } }],
  ['uploads.download.origin', { download: { origin: 'https://files.example/path' } }],
] as const) {
  test(`${JSON.stringify(options)} does not start, and names ${option}`, () => {
    assert.throws(
      () => world(options as object),
      (error: unknown) => error instanceof ConfigFault && error.option === option,
    )
  })
}

test('a folder in which others may write does not start', () => {
  const { folder } = world()
  chmodSync(folder, 0o777)
  assert.throws(() => diskStorage({ folder }), ConfigFault)
  chmodSync(folder, 0o700)
})

test('closing leaves no quarantine behind', async () => {
  const at = world()
  const body = new Readable({ read: () => undefined })
  const outcome = at.receive(body)
  body.push(one(words(200_000)).subarray(0, 150_000))
  while (at.quarantine().length === 0) await new Promise(resolve => setImmediate(resolve))
  body.destroy()
  assert.equal((await outcome).ok, false)
  await at.files.close()
  assert.deepEqual(allFiles(at.folder), [])
})
