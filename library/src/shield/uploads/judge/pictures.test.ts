import { deflateSync } from 'node:zlib'
import { zip } from './documents.test.kit.ts'
import {
  anmf,
  apng,
  be,
  bmp,
  box,
  chunk,
  exif,
  extension,
  ftyp,
  gif,
  heif,
  join,
  jpeg,
  le,
  mp4,
  noise,
  png,
  riff,
  riffChunk,
  segment,
  vp8,
  vp8l,
  vp8x,
} from './pictures.test.kit.ts'
import { rows } from './verdicts.test.kit.ts'

const SCRIPT = '<script>alert(document.domain)</script>'
const packed = (words: string | Buffer): Buffer => deflateSync(words)
const archive = zip([{ name: 'x.txt', data: 'x' }])
const XMP =
  '<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><dc:title>a &lt;script></dc:title></rdf:RDF></x:xmpmeta>'

rows([
  ['a PNG with transparency', 'ok', png({ colour: 6 }), 'a.png'],
  ['a PNG of 16 bits', 'ok', png({ depth: 16, colour: 4 }), 'a.png'],
  [
    'an interlaced PNG',
    'ok',
    png({ width: 5, height: 5, interlaced: true, rows: Buffer.alloc(86) }),
    'a.png',
  ],
  [
    'an interlaced PNG of one pixel',
    'ok',
    png({ width: 1, height: 1, interlaced: true, rows: Buffer.alloc(4) }),
    'a.png',
  ],
  [
    'a PNG in many data chunks',
    'ok',
    png({ data: [...deflateSync(Buffer.alloc(39))].map(byte => Buffer.from([byte])) }),
    'a.png',
  ],
  [
    'a PNG with an empty data chunk',
    'ok',
    png({ data: [Buffer.alloc(0), deflateSync(Buffer.alloc(39))] }),
    'a.png',
  ],
  [
    'a PNG with a colour profile',
    'ok',
    png({ before: [chunk('iCCP', join('sRGB\0', [0], packed(noise(3000))))] }),
    'a.png',
  ],
  [
    'a PNG with XMP',
    'ok',
    png({ before: [chunk('iTXt', join('XML:com.adobe.xmp\0', [0, 0, 0, 0], XMP))] }),
    'a.png',
  ],
  [
    'a PNG with compressed XMP',
    'ok',
    png({ before: [chunk('iTXt', join('XML:com.adobe.xmp\0', [1, 0, 0, 0], packed(XMP)))] }),
    'a.png',
  ],
  [
    'a PNG with compressed words',
    'ok',
    png({ before: [chunk('zTXt', join('Comment\0', [0], packed('by the sea < 3 miles')))] }),
    'a.png',
  ],
  ['a PNG with zeros behind', 'ok', png({ tail: Buffer.alloc(100) }), 'a.png'],
  ['an APNG', 'ok', apng(3), 'a.png'],
  [
    'a PNG with a private chunk behind its data',
    'ok',
    png({ after: [chunk('prVt', noise(50))] }),
    'a.png',
  ],
  [
    'a PNG whose chunk lies about its sum',
    'malformed',
    png({ before: [chunk('tEXt', 'a\0b', true)] }),
    'a.png',
  ],
  [
    'a PNG with two headers',
    'malformed',
    png({ before: [chunk('IHDR', join(be(1, 4), be(1, 4), [8, 2, 0, 0, 0]))] }),
    'a.png',
  ],
  ['a PNG of an unknown colour type', 'malformed', png({ colour: 5 }), 'a.png'],
  ['a PNG of an unknown depth', 'malformed', png({ depth: 3, rows: Buffer.alloc(10) }), 'a.png'],
  ['a palette PNG without palette', 'malformed', png({ colour: 3 }), 'a.png'],
  [
    'a PNG with a palette of four bytes',
    'malformed',
    png({ colour: 3, before: [chunk('PLTE', [1, 2, 3, 4])] }),
    'a.png',
  ],
  [
    'a PNG with an unknown critical chunk',
    'malformed',
    png({ before: [chunk('EVIL', [1])] }),
    'a.png',
  ],
  [
    'a PNG with something between its data',
    'malformed',
    png({
      data: [Buffer.alloc(0)],
      after: [chunk('tEXt', 'a\0b'), chunk('IDAT', deflateSync(Buffer.alloc(39)))],
    }),
    'a.png',
  ],
  ['a PNG with a row too few', 'malformed', png({ rows: Buffer.alloc(26) }), 'a.png'],
  ['a PNG with a row too many', 'bomb', png({ rows: Buffer.alloc(52) }), 'a.png'],
  [
    'a PNG whose data goes on behind its end',
    'polyglot',
    png({ data: [join(deflateSync(Buffer.alloc(39)), noise(40))] }),
    'a.png',
  ],
  ['a PNG whose data is no deflate', 'malformed', png({ data: [noise(40)] }), 'a.png'],
  [
    'a PNG whose texts inflate to 100 MB',
    'bomb',
    png({ before: [chunk('zTXt', join('C\0', [0], packed(Buffer.alloc(3 << 20))))] }),
    'a.png',
  ],
  [
    'a PNG whose profile inflates to 3 MiB',
    'bomb',
    png({ before: [chunk('iCCP', join('C\0', [0], packed(Buffer.alloc(3 << 20))))] }),
    'a.png',
  ],
  [
    'a PNG with script in compressed words',
    'active_content',
    png({ before: [chunk('zTXt', join('C\0', [0], packed(SCRIPT)))] }),
    'a.png',
  ],
  [
    'a PNG with script in international words',
    'active_content',
    png({ before: [chunk('iTXt', join('C\0', [1, 0, 0, 0], packed(SCRIPT)))] }),
    'a.png',
  ],
  [
    'a PNG with PHP in a private chunk',
    'active_content',
    png({ after: [chunk('prVt', '<?php system($_GET["c"]);')] }),
    'a.png',
  ],
  [
    'a PNG with PHP in its very pixels',
    'active_content',
    png({
      width: 20,
      colour: 2,
      height: 1,
      data: [deflateSync(join([0], '<?=$_GET[0]($_POST[1]);?>', Buffer.alloc(35)), { level: 0 })],
    }),
    'a.png',
  ],
  [
    'a PNG with an event handler in words',
    'active_content',
    png({ before: [chunk('tEXt', 'C\0"><img src=x onerror=alert(1)>')] }),
    'a.png',
  ],
  [
    'a PNG with a stub of PHAR',
    'active_content',
    png({ before: [chunk('tEXt', 'C\0 __HALT_COMPILER(); ?>')] }),
    'a.png',
  ],
  [
    'a PNG with JSP in words',
    'active_content',
    png({ before: [chunk('tEXt', 'C\0<%= Runtime.getRuntime() %>')] }),
    'a.png',
  ],
  [
    'a PNG with more metadata than allowed',
    'metadata_too_large',
    png({ before: [chunk('prVt', noise(2000))] }),
    'a.png',
    { image: { maxMetadataBytes: 2000 } },
  ],
  ['a PNG with a ZIP in a chunk', 'polyglot', png({ after: [chunk('prVt', archive)] }), 'a.png'],
  [
    'a PNG with a PDF in its first kilobyte',
    'polyglot',
    png({ before: [chunk('tEXt', 'C\0%PDF-1.4 1 0 obj')] }),
    'a.png',
  ],
  ['an APNG of too many frames', 'bomb', apng(12), 'a.png', { image: { maxFrames: 10 } }],
  [
    'an APNG whose frame lies off the canvas',
    'malformed',
    png({ before: [chunk('fcTL', join(be(0, 4), be(9, 4), be(3, 4), Buffer.alloc(14)))] }),
    'a.png',
  ],
  [
    'an APNG with frame data that nobody announced',
    'malformed',
    png({ after: [chunk('fdAT', join(be(1, 4), deflateSync(Buffer.alloc(39))))] }),
    'a.png',
  ],
  [
    'a PNG of one pixel more than allowed',
    'pixel_bomb',
    png({ width: 11, height: 1, colour: 0 }),
    'a.png',
    { image: { maxPixels: 10 } },
  ],

  ['a colour JPEG', 'ok', jpeg({ components: 3 }), 'a.jpg'],
  ['a progressive JPEG', 'ok', jpeg({ frame: 0xc2 }), 'a.jpeg'],
  ['a JPEG for print', 'ok', jpeg({ components: 4 }), 'a.jpe'],
  ['a JPEG with EXIF', 'ok', jpeg({ before: [exif(6)] }), 'a.jpg'],
  [
    'a JPEG with XMP',
    'ok',
    jpeg({ before: [segment(0xe1, join('http://ns.adobe.com/xap/1.0/\0', XMP))] }),
    'a.jpg',
  ],
  [
    'a JPEG with restart markers',
    'ok',
    jpeg({ scan: [1, 0xff, 0xd0, 2, 0xff, 0xd1, 3, 0xff, 0, 4] }),
    'a.jpg',
  ],
  [
    'a JPEG with fill bytes before a marker',
    'ok',
    jpeg({ end: [0xff, 0xff, 0xff, 0xd9] }),
    'a.jpg',
  ],
  [
    'a JPEG with a comment',
    'ok',
    jpeg({ before: [segment(0xfe, 'taken < noon & > dawn')] }),
    'a.jpg',
  ],
  ['a JPEG with further pictures that its index names', 'ok', multiPicture(jpeg()), 'a.jpg'],
  [
    'a JPEG whose index names a place that is none',
    'malformed',
    multiPicture(jpeg(), 100_000),
    'a.jpg',
  ],
  ['a JPEG whose index names a page of HTML', 'malformed', multiPicture(join(SCRIPT)), 'a.jpg'],
  ['a JPEG followed by a picture that no index names', 'polyglot', join(jpeg(), jpeg()), 'a.jpg'],
  ['a JPEG with a page behind', 'polyglot', jpeg({ tail: SCRIPT }), 'a.jpg'],
  ['a JPEG without a scan', 'malformed', jpeg({ scan: [] }), 'a.jpg'],
  ['a JPEG without end', 'malformed', jpeg({ end: [] }), 'a.jpg'],
  [
    'a JPEG with two frame headers',
    'malformed',
    jpeg({ before: [segment(0xc0, join([8], be(1, 2), be(1, 2), [1, 1, 0x11, 0]))] }),
    'a.jpg',
  ],
  ['a lossless JPEG', 'malformed', jpeg({ frame: 0xc3 }), 'a.jpg'],
  ['a hierarchical JPEG', 'malformed', jpeg({ before: [segment(0xde, [0])] }), 'a.jpg'],
  [
    'a JPEG with a segment beyond its end',
    'malformed',
    join(jpeg().subarray(0, 20), [0xff, 0xe5, 0xff, 0xff]),
    'a.jpg',
  ],
  ['a JPEG of no height', 'malformed', jpeg({ height: 0 }), 'a.jpg'],
  [
    'a JPEG with PHP in a private segment',
    'active_content',
    jpeg({ before: [segment(0xed, '<?php passthru($_GET["x"]);')] }),
    'a.jpg',
  ],
  [
    'a JPEG with script behind a restart marker',
    'active_content',
    jpeg({ scan: join([0xff, 0xd0], SCRIPT) }),
    'a.jpg',
  ],
  ['a JPEG that is also a script', 'polyglot', jpegScript(), 'a.jpg'],
  [
    'a JPEG with too much metadata',
    'metadata_too_large',
    jpeg({ before: [segment(0xe5, noise(3000))] }),
    'a.jpg',
    { image: { maxMetadataBytes: 2000 } },
  ],
  [
    'a JPEG with a ZIP in its comment',
    'polyglot',
    jpeg({ before: [segment(0xfe, archive)] }),
    'a.jpg',
  ],

  ['a GIF of the older kind', 'ok', join('GIF87a', gif().subarray(6)), 'a.gif'],
  [
    'an animation with a comment',
    'ok',
    gif({ frames: 5, before: extension(0xfe, 'made < 2025') }),
    'a.gif',
  ],
  ['a GIF with a long comment', 'ok', gif({ before: extension(0xfe, noise(9000)) }), 'a.gif'],
  ['a GIF with XMP', 'ok', gif({ before: xmpExtension() }), 'a.gif'],
  ['a GIF without frames', 'malformed', gif({ frames: 0 }), 'a.gif'],
  ['a GIF whose code size is impossible', 'malformed', gif({ codeSize: 12 }), 'a.gif'],
  ['a GIF of no width', 'malformed', gif({ width: 0, frameSize: [1, 1] }), 'a.gif'],
  [
    'a GIF with a huge frame on a small canvas',
    'pixel_bomb',
    gif({ frameSize: [60000, 60000] }),
    'a.gif',
  ],
  ['a GIF of too many frames', 'bomb', gif({ frames: 501 }), 'a.gif'],
  ['a GIF with an unknown block', 'malformed', gif({ before: [0x99, 1, 2, 3] }), 'a.gif'],
  ['a GIF with script behind', 'polyglot', gif({ tail: SCRIPT }), 'a.gif'],
  [
    'a GIF with script in its comment',
    'active_content',
    gif({ before: extension(0xfe, SCRIPT) }),
    'a.gif',
  ],
  [
    'a GIF that is also a script, and walks',
    'polyglot',
    gif({
      width: 0x2a2f,
      height: 1,
      frameSize: [1, 1],
      before: extension(0xfe, '*/=1;alert(1)//'),
    }),
    'a.gif',
  ],
  [
    'a GIF that is also a script by assignment',
    'polyglot',
    gif({
      width: 0x2f3d,
      height: 0x002a,
      frameSize: [1, 1],
      before: extension(0xfe, '*/1;alert(1)//'),
    }),
    'a.gif',
  ],

  ['a lossy WebP', 'ok', riff('WEBP', vp8(4, 6)), 'a.webp'],
  [
    'a WebP with profile, EXIF and XMP',
    'ok',
    riff(
      'WEBP',
      vp8x(0x2c, 4, 6),
      riffChunk('ICCP', noise(30)),
      vp8(4, 6),
      riffChunk('EXIF', 'II*\0'),
      riffChunk('XMP ', XMP),
    ),
    'a.webp',
  ],
  [
    'a WebP with transparency',
    'ok',
    riff('WEBP', vp8x(0x10, 4, 6), riffChunk('ALPH', noise(9)), vp8(4, 6)),
    'a.webp',
  ],
  [
    'an animated WebP',
    'ok',
    riff('WEBP', vp8x(2, 8, 8), riffChunk('ANIM', Buffer.alloc(6)), anmf(8, 8), anmf(4, 4, 2, 2)),
    'a.webp',
  ],
  ['a WebP with zeros behind', 'ok', join(riff('WEBP', vp8l(4, 4)), Buffer.alloc(3)), 'a.webp'],
  [
    'a WebP larger than its canvas',
    'malformed',
    riff('WEBP', vp8x(0, 4, 4), vp8l(400, 400)),
    'a.webp',
  ],
  [
    'a WebP whose canvas is a bomb',
    'pixel_bomb',
    riff('WEBP', vp8x(0, 1 << 24, 1 << 24), vp8l(4, 4)),
    'a.webp',
  ],
  [
    'a WebP animation with a frame off its canvas',
    'malformed',
    riff('WEBP', vp8x(2, 8, 8), anmf(8, 8, 2, 2)),
    'a.webp',
  ],
  [
    'a WebP animation whose frame holds another size',
    'malformed',
    riff('WEBP', vp8x(2, 8, 8), anmf(8, 8, 0, 0, vp8l(4, 4))),
    'a.webp',
  ],
  [
    'a WebP frame without animation',
    'malformed',
    riff('WEBP', vp8x(0, 8, 8), anmf(8, 8)),
    'a.webp',
  ],
  [
    'a WebP animation of too many frames',
    'bomb',
    riff('WEBP', vp8x(2, 8, 8), ...Array.from({ length: 11 }, () => anmf(8, 8))),
    'a.webp',
    { image: { maxFrames: 10 } },
  ],
  [
    'a simple WebP with a second chunk',
    'malformed',
    riff('WEBP', vp8l(4, 4), riffChunk('JUNK', 'x')),
    'a.webp',
  ],
  ['a WebP without key frame', 'malformed', riff('WEBP', riffChunk('VP8 ', noise(20))), 'a.webp'],
  [
    'a WebP whose length is the file’s of yesterday',
    'malformed',
    join('RIFF', le(500, 4), 'WEBP', vp8l(4, 4)),
    'a.webp',
  ],
  ['a WebP with a page behind', 'polyglot', join(riff('WEBP', vp8l(4, 4)), SCRIPT), 'a.webp'],
  [
    'a WebP with script in its XMP',
    'active_content',
    riff('WEBP', vp8x(4, 4, 6), vp8(4, 6), riffChunk('XMP ', SCRIPT)),
    'a.webp',
  ],
  ['an AVI called WebP', 'content_mismatch', riff('AVI ', riffChunk('LIST', 'x')), 'a.webp'],

  [
    'an AVIF that begins with a common brand',
    'ok',
    heif({ major: 'mif1', compatible: ['mif1', 'avif', 'miaf'] }),
    'a.avif',
  ],
  ['a HEIC', 'ok', heif({ major: 'heic', coding: 'hvc1' }), 'a.heic'],
  [
    'a HEIC with zeros behind',
    'ok',
    heif({ major: 'heic', coding: 'hvc1', tail: Buffer.alloc(32) }),
    'a.heif',
  ],
  ['an AVIF with padding', 'ok', heif({ more: [box('free', Buffer.alloc(100))] }), 'a.avif'],
  ['a HEIC called AVIF', 'extension_mismatch', heif({ major: 'heic', coding: 'hvc1' }), 'a.avif'],
  ['HEVC in an AVIF', 'content_mismatch', heif({ coding: 'hvc1' }), 'a.avif'],
  ['an AVIF whose bytes lie beyond its end', 'malformed', heif({ offset: 1000 }), 'a.avif'],
  ['an AVIF whose picture is empty', 'malformed', heif({ length: 0 }), 'a.avif'],
  [
    'an AVIF whose bytes are in another file',
    'external_reference',
    heif({ external: 1 }),
    'a.avif',
  ],
  ['an AVIF whose first item is not there', 'malformed', heif({ primary: 7 }), 'a.avif'],
  ['an AVIF with another handler', 'malformed', heif({ handler: 'soun' }), 'a.avif'],
  ['an AVIF of too many pixels', 'pixel_bomb', heif({ width: 60000, height: 60000 }), 'a.avif'],
  ['an AVIF of no width', 'malformed', heif({ width: 0 }), 'a.avif'],
  [
    'an AVIF with an unknown box at the top',
    'malformed',
    heif({ more: [box('evil', 'x')] }),
    'a.avif',
  ],
  ['an AVIF with a page behind', 'malformed', heif({ tail: SCRIPT }), 'a.avif'],
  [
    'an AVIF with script in its padding',
    'active_content',
    heif({ more: [box('free', SCRIPT)] }),
    'a.avif',
  ],
  [
    'an AVIF with much in its padding',
    'metadata_too_large',
    heif({ more: [box('free', noise(3000))] }),
    'a.avif',
    { image: { maxMetadataBytes: 2000 } },
  ],
  [
    'an AVIF without meta',
    'malformed',
    join(ftyp('avif', 'avif', 'mif1'), box('mdat', noise(50))),
    'a.avif',
  ],
  ['an AVIF with two metas', 'malformed', heif({ more: [box('meta', [0, 0, 0, 0])] }), 'a.avif'],
  [
    'QuickTime called AVIF',
    'content_mismatch',
    join(ftyp('qt  ', 'qt  '), box('mdat', noise(50))),
    'a.avif',
  ],

  ['an MP4', 'ok', mp4(), 'a.mp4'],
  ['an MP4 with padding', 'ok', mp4({ more: [box('free', Buffer.alloc(500))] }), 'a.mp4'],
  ['an MP4 that begins with the newest brand', 'ok', mp4({ brand: 'mp42' }), 'a.m4v'],
  ['an MP4 without track', 'malformed', mp4({ tracks: 0 }), 'a.mp4'],
  ['an MP4 of too many pixels', 'pixel_bomb', mp4({ width: 65535, height: 65535 }), 'a.mp4'],
  [
    'an MP4 whose data is elsewhere',
    'external_reference',
    mp4({ reference: box('url ', [0, 0, 0, 0], 'http://x.example/\0') }),
    'a.mp4',
  ],
  [
    'an MP4 with script in its title',
    'active_content',
    mp4({ words: box('udta', SCRIPT) }),
    'a.mp4',
  ],
  ['an MP4 with an unknown box', 'malformed', mp4({ more: [box('evil', 'x')] }), 'a.mp4'],
  ['an MP4 with a page behind', 'malformed', mp4({ tail: SCRIPT }), 'a.mp4'],
  ['an MP4 without data', 'malformed', mp4().subarray(0, -72), 'a.mp4'],

  ['a BMP with its rows from the top', 'ok', bmp({ height: -2 }), 'a.bmp'],
  ['a BMP of 32 bits with masks', 'ok', bmp({ depth: 32, packing: 3, headerBytes: 56 }), 'a.bmp'],
  ['a BMP of the newest header', 'ok', bmp({ headerBytes: 124 }), 'a.bmp'],
  [
    'a BMP packed by runs',
    'ok',
    bmp({ depth: 8, packing: 1, pixels: Buffer.from([3, 0, 0, 1]) }),
    'a.dib',
  ],
  ['a BMP with fewer pixels than it says', 'malformed', bmp({ pixels: Buffer.alloc(4) }), 'a.bmp'],
  ['a BMP with more pixels than it says', 'malformed', bmp({ pixels: Buffer.alloc(400) }), 'a.bmp'],
  ['a BMP with a JPEG in it', 'malformed', bmp({ packing: 4 }), 'a.bmp'],
  ['a BMP of an odd depth', 'malformed', bmp({ depth: 7 }), 'a.bmp'],
  ['a BMP that is longer than the file', 'malformed', bmp({ length: 5000 }), 'a.bmp'],
  [
    'a BMP of too many pixels',
    'pixel_bomb',
    bmp({ width: 60000, height: 60000, pixels: Buffer.alloc(4) }),
    'a.bmp',
  ],
  ['a BMP with a page behind', 'polyglot', bmp({ tail: SCRIPT }), 'a.bmp'],
])

/** A JPEG with a second picture, and the index of CIPA DC-007 that names its place. */
function multiPicture(second: Buffer, away = 0): Buffer {
  const index = (offset: number): Buffer =>
    segment(
      0xe2,
      join(
        'MPF\0',
        'MM\0*',
        be(8, 4),
        be(1, 2),
        join(be(0xb002, 2), be(7, 2), be(32, 4), be(26, 4)),
        be(0, 4),
        Buffer.alloc(16),
        join(be(0, 4), be(second.length, 4), be(offset, 4), be(0, 4)),
      ),
    )
  const indexAt = 2 + 18 + 4 + 4 // SOI, JFIF, the segment's head, MPF\0
  const first = jpeg({ before: [index(0)] })
  return join(jpeg({ before: [index(first.length + 8 - indexAt + away)] }), Buffer.alloc(8), second)
}

/** `FF D8 FF E0` is a word of JavaScript in Latin-1, and the segment's length begins a comment. */
function jpegScript(): Buffer {
  const body = Buffer.alloc(0x2f2a - 2)
  body.write('JFIF\0')
  body.write('*/=1;alert(1)/*', 100)
  return join([0xff, 0xd8], segment(0xe0, body), jpeg().subarray(20))
}

/** XMP stands in a GIF as it is, and a run of all bytes behind it makes every reader find the end. */
function xmpExtension(): Buffer {
  const run = Buffer.from(Array.from({ length: 256 }, (_, i) => 255 - i))
  return join(extension(0xff, 'XMP DataXMP').subarray(0, -1), XMP, [1], run, [0])
}
