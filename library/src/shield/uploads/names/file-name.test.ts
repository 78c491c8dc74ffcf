import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { extensionOf, fileNameFault, judgeFileName, repairFileName } from './file-name.ts'
import { judgePath } from './path.ts'
import { segmentFault } from './segment.ts'

const RUNS = process.env['THOROUGH'] === '1' ? 100_000 : 3_000

const friends = [
  'photo.png',
  'résumé de l’été.pdf',
  '写真.png',
  'party 🎉 (1).gif',
  'report.v1.2.final.pdf',
  'node.js guide.pdf',
  'example.com.pdf',
  'Intro to Node.js.pdf',
  'Mr. Smith.jpg',
  'page.html.pdf',
  'archive.tar.gz',
  'README',
  '-5 degrees.csv',
  'a_b-c (2) [3] {4}.txt',
  `${'a'.repeat(251)}.png`,
  `${'é'.repeat(125)}x.png`,
]
for (const name of friends) {
  test(`keeps the name ${JSON.stringify(name.slice(0, 40))}`, () => {
    assert.equal(fileNameFault(name), undefined)
  })
}

const attackers: readonly (readonly [string, string])[] = [
  ['a hidden file', '.htaccess'],
  ['a hidden file that is only an ending', '.png'],
  ['a name that begins with a blank', ' cat.png'],
  ['a page that a server runs', 'shell.php'],
  ['a page in a mixture of cases', 'shell.pHp5'],
  ['a page with a picture behind', 'shell.php.png'],
  ['a page with two endings behind', 'shell.php.tar.gz'],
  ['a page behind a picture', 'cat.png.phtml'],
  ['a page with a blank behind its ending', 'shell.php .png'],
  ['an ending cut by a semicolon', 'shell.asp;.png'],
  ['an ending cut by a coded zero', 'shell.php%00.png'],
  ['a handler of ASP.NET', 'x.ashx.png'],
  ['a server page of Java', 'x.jspx.jpg'],
  ['a script for CGI', 'x.cgi.txt'],
  ['server-side includes', 'x.shtml.txt'],
  ['settings of a web server', 'web.config'],
  ['a program', 'invoice.pdf.exe'],
  ['a program with a picture behind', 'invoice.exe.png'],
  ['a screen saver', 'beach.jpg.scr'],
  ['a shortcut', 'readme.txt.lnk'],
  ['a Java archive', 'applet.jar.zip'],
  ['a path', 'a/b.png'],
  ['a path of Windows', 'C:\\fakepath\\cat.png'],
  ['a way up', '../cat.png'],
  ['a device', 'CON.png'],
  ['a device with endings', 'nul.tar.png'],
  ['an alternate stream', 'cat.png::$DATA'],
  ['another header', 'cat.png\r\nX-Evil: 1.png'],
  ['letters that run backwards', 'invoice\u202egnp.exe'],
  ['letters nobody sees', 'pho\u200bto.png'],
  ['a half character', 'cat\ud83d.png'],
  ['a name of 256 bytes', `${'a'.repeat(252)}.png`],
  ['a name of 256 bytes in fewer characters', `${'é'.repeat(126)}.png`],
  ['nothing', ''],
]
for (const [what, name] of attackers) {
  test(`refuses ${what}`, () => {
    const judged = judgeFileName(name)
    assert.equal(judged.ok ? '' : judged.refusal.code, 'uploads.name')
  })
  test(`makes a harmless name of ${what}, when asked`, () => {
    const judged = judgeFileName(name, 'repair')
    assert.ok(judged.ok)
    assert.equal(fileNameFault(judged.value), undefined)
  })
}

test('repairs keep what can be recognised', () => {
  const rows = [
    ['../../public/cat.png', 'cat.png'],
    ['C:\\fakepath\\holiday photo.jpg', 'holiday photo.jpg'],
    ['shell.php.png', 'shell_php.png'],
    ['CON.png', '_CON.png'],
    ['invoice\u202egnp.exe', 'invoicegnp_exe'],
    ['cat.png\r\nX-Evil: 1.png', 'cat.pngX-Evil_ 1.png'],
    ['cat.png. .', 'cat.png'],
    ['', 'file'],
    ['...', 'file'],
    [`${'é'.repeat(200)}.png`, `${'é'.repeat(125)}.png`],
  ] as const
  for (const [name, repaired] of rows) assert.equal(repairFileName(name), repaired)
})

/** Names made of the pieces that names go wrong with. */
const nasty = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom(
        ...[
          '.',
          '..',
          '/',
          '\\',
          '%2e',
          '%2f',
          '%25',
          '%00',
          ' ',
          ':',
          ';',
          '\0',
          '\u202e',
          '\u200d',
        ],
        ...[
          'con',
          'nul',
          '.php',
          '.exe',
          '.png',
          '\ud800',
          'é',
          'e\u0301',
          '\uff0e',
          '\uff0f',
          '…',
          '~',
        ],
      ),
    ),
    { maxLength: 12 },
  )
  .map(pieces => pieces.join(''))

test('a repaired name always passes, and is not repaired again', () => {
  fc.assert(
    fc.property(nasty, fc.integer({ min: 16, max: 255 }), (name, maxBytes) => {
      const repaired = repairFileName(name, maxBytes)
      assert.equal(fileNameFault(repaired, maxBytes), undefined, JSON.stringify(repaired))
      assert.equal(repairFileName(repaired, maxBytes), repaired)
    }),
    { numRuns: RUNS },
  )
})

test('a name that passes is not changed by repair, but for its form of accents', () => {
  fc.assert(
    fc.property(nasty, name => {
      fc.pre(fileNameFault(name) === undefined)
      assert.equal(repairFileName(name), name.normalize('NFC'))
    }),
    { numRuns: RUNS },
  )
})

test('no decoding of a segment that passes ever leads out of its folder', () => {
  const decoders = [
    (text: string) => text,
    (text: string) => text.normalize('NFKC'),
    (text: string) => decodeURIComponent(text),
    (text: string) => decodeURIComponent(decodeURIComponent(text)),
    (text: string) => unescape(text),
    (text: string) => text.toLowerCase().normalize('NFKD'),
  ]
  fc.assert(
    fc.property(nasty, segment => {
      fc.pre(segmentFault(segment) === undefined)
      for (const decode of decoders) {
        let decoded: string
        try {
          decoded = decode(segment)
        } catch {
          continue // not coded at all
        }
        assert.ok(!/(?:^|[/\\])[. ]*\.\.?[. ]*(?:[/\\]|$)/.test(decoded), JSON.stringify(decoded))
        assert.ok(!/[\0\r\n]/.test(decoded), JSON.stringify(decoded))
        assert.ok(!/^[/\\]/.test(decoded), JSON.stringify(decoded))
      }
    }),
    { numRuns: RUNS },
  )
})

test('judging a path never throws, and what passes is in NFC without empty segments', () => {
  fc.assert(
    fc.property(nasty, name => {
      const judged = judgePath(name)
      if (!judged.ok) return
      for (const segment of judged.value) {
        assert.equal(segment, segment.normalize('NFC'))
        assert.ok(!/^\.{0,2}$/.test(segment))
      }
    }),
    { numRuns: RUNS },
  )
})

test('the extension is what stands after the last dot', () => {
  for (const [name, extension] of [
    ['a.PNG', 'png'],
    ['a.tar.gz', 'gz'],
    ['README', ''],
    ['.png', ''],
    ['a.', ''],
  ] as const) {
    assert.equal(extensionOf(name), extension)
  }
})
