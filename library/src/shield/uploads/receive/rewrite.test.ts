import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import {
  apng,
  chunk,
  exif,
  join,
  jpeg,
  png,
  riff,
  riffChunk,
  segment,
  vp8,
  vp8x,
} from '../judge/pictures.test.kit.ts'
import { verdictOf } from '../judge/verdicts.test.kit.ts'
import { filePart, form } from '../multipart/form.test.kit.ts'
import type { Rewriter } from './rewrite.ts'
import { type SharpLike, type SharpPicture, sharpRewriter } from './sharp.ts'
import { stripMetadata } from './strip.ts'
import { allFiles, world } from './world.test.kit.ts'

async function after(rewrite: Rewriter, bytes: Buffer, name: string): Promise<Buffer | string> {
  const at = world({ rewrite })
  const outcome = await at.receive([form(filePart('file', name, bytes, ''))])
  await at.files.settled()
  if (!outcome.ok) {
    assert.deepEqual(allFiles(at.folder), [])
    return outcome.refusal.code
  }
  const [file] = outcome.value.files
  assert.ok(file)
  const stored = await buffer(await at.storage.open(file, 0, file.bytes))
  assert.equal(file.bytes, stored.length)
  assert.equal(file.sha256, createHash('sha256').update(stored).digest('hex'))
  assert.deepEqual(at.quarantine(), [])
  return stored
}

const XMP = segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>')
const ICC = segment(0xe2, 'ICC_PROFILE\0\x01\x01profile')
const rows: readonly (readonly [string, string, Buffer, Buffer])[] = [
  [
    'a JPEG with EXIF, XMP and a comment',
    'a.jpg',
    jpeg({ before: [exif(1), XMP, segment(0xfe, 'secret')] }),
    jpeg(),
  ],
  [
    'a JPEG with a colour profile',
    'a.jpg',
    jpeg({ before: [exif(1), ICC] }),
    jpeg({ before: [ICC] }),
  ],
  ['a JPEG with zeros behind', 'a.jpg', jpeg({ tail: Buffer.alloc(99) }), jpeg()],
  [
    'a PNG with words, EXIF and its time',
    'a.png',
    png({
      before: [chunk('tEXt', 'Author\0Ann'), chunk('eXIf', 'II*\0'), chunk('gAMA', [0, 0, 1, 1])],
      after: [chunk('tIME', [7, 230, 1, 1, 1, 1, 1])],
    }),
    png({ before: [chunk('gAMA', [0, 0, 1, 1])] }),
  ],
  ['an APNG', 'a.png', apng(3), apng(3)],
  [
    'a WebP with EXIF and XMP',
    'a.webp',
    riff(
      'WEBP',
      vp8x(0x2c, 4, 6),
      riffChunk('ICCP', 'icc!'),
      vp8(4, 6),
      riffChunk('EXIF', 'II*\0'),
      riffChunk('XMP ', '<x/>'),
    ),
    riff('WEBP', vp8x(0x20, 4, 6), riffChunk('ICCP', 'icc!'), vp8(4, 6)),
  ],
  ['words', 'a.txt', Buffer.from('words'), Buffer.from('words')],
]
for (const [what, name, before, wanted] of rows) {
  test(`of ${what} only the picture stays`, async () => {
    assert.deepEqual(await after(stripMetadata(), before, name), wanted)
  })
}

test('a JPEG that lies on its side still does, and says nothing else', async () => {
  const stored = await after(
    stripMetadata(),
    jpeg({ before: [exif(6, 'N 52 22 at home')] }),
    'a.jpg',
  )
  assert.ok(Buffer.isBuffer(stored))
  assert.ok(!stored.includes('home'))
  const head = stored.indexOf('Exif\0\0')
  assert.equal(stored.readUInt16BE(head + 6 + 8), 1) // one field
  assert.equal(stored.readUInt16BE(head + 6 + 10), 0x0112)
  assert.equal(stored.readUInt16BE(head + 6 + 18), 6)
  assert.ok((await verdictOf(stored, 'a.jpg')).ok)
})

/** As much of sharp as is used; it answers with the given picture. */
function sharpLike(answer: Buffer | Error, seen: unknown[]): SharpLike {
  return (path, options) => {
    seen.push(options)
    const picture: SharpPicture = {
      rotate: () => picture,
      toFormat(format, more) {
        seen.push(path.startsWith('/'), format, more)
        return picture
      },
      async *[Symbol.asyncIterator]() {
        if (answer instanceof Error) throw answer
        yield* Readable.from([answer], { objectMode: false })
      },
    }
    return picture
  }
}

test('a picture that is encoded anew is stored as it came out', async () => {
  const seen: unknown[] = []
  const rewrite = sharpRewriter(sharpLike(jpeg({ width: 8 }), seen), { maxPixels: 1000 })
  assert.deepEqual(await after(rewrite, jpeg({ before: [exif(6)] }), 'a.jpg'), jpeg({ width: 8 }))
  assert.deepEqual(seen, [
    { limitInputPixels: 1000, failOn: 'warning', animated: true, sequentialRead: true },
    true,
    'jpeg',
    { quality: 82 },
  ])
})

test('what is no picture is not encoded anew', async () => {
  const rewrite = sharpRewriter(sharpLike(new Error('never asked'), []))
  assert.deepEqual(await after(rewrite, Buffer.from('words'), 'a.txt'), Buffer.from('words'))
})

test('a picture that cannot be decoded is refused', async () => {
  const rewrite = sharpRewriter(sharpLike(new Error('VipsJpeg: premature end'), []))
  assert.equal(await after(rewrite, jpeg(), 'a.jpg'), 'uploads.malformed')
})

for (const [what, bytes] of [
  ['another type', png()],
  ['a page of HTML', Buffer.from('<html></html>')],
  ['a picture with a page behind', join(jpeg(), '<script>alert(1)</script>')],
  ['nothing', Buffer.alloc(0)],
] as const) {
  test(`a rewriter that makes ${what} of a picture is not believed`, async () => {
    const code = await after(
      () => Readable.from([bytes].filter(it => it.length > 0)),
      jpeg(),
      'a.jpg',
    )
    assert.match(String(code), /^uploads\.(?:extension_mismatch|content_mismatch|polyglot|empty)$/)
  })
}

test('a rewriter that does not stop is stopped', async () => {
  const endless = async function* (): AsyncGenerator<Buffer> {
    for (;;) yield Buffer.alloc(1 << 20)
  }
  assert.equal(await after(() => endless(), jpeg(), 'a.jpg'), 'uploads.malformed')
})
