import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { JsonReader } from './json-text.ts'
import { join } from './pictures.test.kit.ts'
import { rows } from './verdicts.test.kit.ts'
import { walkXml } from './xml.ts'

const RUNS = process.env['THOROUGH'] === '1' ? 50_000 : 2_000
const NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
const svg = (inner: string, root = ''): string =>
  `<svg ${NS} width="9" height="9"${root}>${inner}</svg>`
const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le')
const PNG_DATA = 'data:image/png;base64,iVBORw0KGgo='

rows([
  [
    'a drawing with gradients',
    'ok',
    svg(
      '<defs><linearGradient id="g"><stop offset="0" stop-color="#fff"/></linearGradient></defs><rect fill="url(#g)" width="9" height="9"/>',
    ),
    'a.svg',
  ],
  [
    'a drawing with styles',
    'ok',
    svg('<style>.a{fill:#c00;stroke:url(#s)}</style><rect class="a" style="opacity:.5"/>'),
    'a.svg',
  ],
  [
    'a drawing with a picture inside',
    'ok',
    svg(`<image href="${PNG_DATA}" width="1" height="1"/>`),
    'a.svg',
  ],
  [
    'a drawing that moves',
    'ok',
    svg('<rect><animate attributeName="x" from="0" to="5" dur="1s"/></rect>'),
    'a.svg',
  ],
  [
    'a drawing with metadata of its editor',
    'ok',
    svg(
      '<metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><a rdf:about=""/></rdf:RDF></metadata>',
    ),
    'a.svg',
  ],
  [
    'a drawing in UTF-16',
    'ok',
    utf16(`<?xml version="1.0" encoding="UTF-16"?>${svg('<rect/>')}`),
    'a.svg',
  ],
  [
    'a drawing with a mark and a comment before it',
    'ok',
    `\ufeff<!-- drawn by hand -->\n${svg('<rect/>')}`,
    'a.svg',
  ],
  ['a drawing with a bare DOCTYPE', 'ok', `<!DOCTYPE svg>${svg('<rect/>')}`, 'a.svg'],
  [
    'a drawing whose tags have a prefix',
    'ok',
    '<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:rect width="1"/></s:svg>',
    'a.svg',
  ],
  [
    'a drawing with characters by number',
    'ok',
    svg('<text>&#65;&#x42;&amp;&lt;script&gt;</text>'),
    'a.svg',
  ],
  ['a drawing with CDATA', 'ok', svg('<style><![CDATA[.a > .b {fill:red}]]></style>'), 'a.svg'],
  [
    'a script with a prefix',
    'active_content',
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/2000/svg"><x:script>1</x:script></svg>',
    'a.svg',
  ],
  ['a script in capitals', 'active_content', svg('<SCRIPT>alert(1)</SCRIPT>'), 'a.svg'],
  ['a handler with a coded name', 'malformed', svg('<rect on&#108;oad="alert(1)"/>'), 'a.svg'],
  [
    'a handler in a namespace',
    'active_content',
    svg('<rect xmlns:ev="http://www.w3.org/2001/xml-events" ev:onload="alert(1)"/>'),
    'a.svg',
  ],
  [
    'a link to a script, coded',
    'active_content',
    svg('<a href="&#106;avascript&#58;alert(1)"><rect/></a>'),
    'a.svg',
  ],
  [
    'a link to a script, broken by line ends',
    'active_content',
    svg('<a href="java&#10;script:alert(1)"><rect/></a>'),
    'a.svg',
  ],
  [
    'a link to a script, in another namespace',
    'active_content',
    svg('<a xmlns:q="http://www.w3.org/1999/xlink" q:href="javascript:alert(1)"/>'),
    'a.svg',
  ],
  [
    'a link to a page as data',
    'active_content',
    svg('<a href="data:text/html,<script>alert(1)</script>"/>')
      .replace('<script>', '&lt;script>')
      .replace('</script>"', '&lt;/script>"'),
    'a.svg',
  ],
  [
    'a picture that is a drawing as data',
    'active_content',
    svg('<image href="data:image/svg+xml;base64,PHN2Zy8+"/>'),
    'a.svg',
  ],
  [
    'an animation of a link',
    'active_content',
    svg('<a><animate attributeName="href" values="javascript:alert(1)"/></a>'),
    'a.svg',
  ],
  [
    'an animation of a link with a prefix',
    'active_content',
    svg('<a><set attributeName="xlink:href" to="x"/></a>'),
    'a.svg',
  ],
  [
    'an animation of a handler',
    'active_content',
    svg('<set attributeName="onclick" to="alert(1)"/>'),
    'a.svg',
  ],
  [
    'an animation towards a script',
    'active_content',
    svg('<animate attributeName="x" to="javascript:alert(1)"/>'),
    'a.svg',
  ],
  [
    'an element of HTML',
    'active_content',
    svg('<body xmlns="http://www.w3.org/1999/xhtml"/>'),
    'a.svg',
  ],
  ['an embedded page', 'active_content', svg('<iframe src="#"/>'), 'a.svg'],
  [
    'a drawing used from elsewhere',
    'external_reference',
    svg('<use href="https://x.example/a.svg#b"/>'),
    'a.svg',
  ],
  [
    'a drawing used without scheme',
    'external_reference',
    svg('<use href="//x.example/a.svg#b"/>'),
    'a.svg',
  ],
  [
    'a picture by a relative path',
    'external_reference',
    svg('<image href="../secret.png"/>'),
    'a.svg',
  ],
  [
    'a filter that fetches',
    'external_reference',
    svg('<feImage href="http://x.example/"/>'),
    'a.svg',
  ],
  [
    'a base elsewhere',
    'external_reference',
    svg('<rect/>', ' xml:base="http://x.example/"'),
    'a.svg',
  ],
  [
    'a style that imports',
    'external_reference',
    svg('<style>@import url(http://x.example/a.css);</style>'),
    'a.svg',
  ],
  [
    'a style that imports, coded',
    'external_reference',
    svg('<style>@\\69mport "//x.example";</style>'),
    'a.svg',
  ],
  [
    'a style that fetches a picture',
    'external_reference',
    svg('<rect style="fill:url( \'http://x.example/p\' )"/>'),
    'a.svg',
  ],
  [
    'a fill that fetches',
    'external_reference',
    svg('<rect fill="url(http://x.example/a.svg#b)"/>'),
    'a.svg',
  ],
  [
    'a style with an expression',
    'active_content',
    svg('<rect style="width:expression(alert(1))"/>'),
    'a.svg',
  ],
  [
    'a style with an expression behind a comment',
    'active_content',
    svg('<rect style="width:expr/**/ession(alert(1))"/>'),
    'a.svg',
  ],
  [
    'a style sheet as an instruction',
    'active_content',
    `<?xml-stylesheet href="http://x.example/a.xsl"?>${svg('')}`,
    'a.svg',
  ],
  ['PHP in a drawing', 'active_content', svg('<?php system("id"); ?>'), 'a.svg'],
  [
    'an internal subset',
    'external_entity',
    `<!DOCTYPE svg [<!ENTITY x "y">]>${svg('&x;')}`,
    'a.svg',
  ],
  [
    'a DOCTYPE from elsewhere',
    'external_entity',
    `<!DOCTYPE svg SYSTEM "http://x.example/a.dtd">${svg('')}`,
    'a.svg',
  ],
  [
    'a billion laughs',
    'external_entity',
    `<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>${svg('<text>&b;</text>')}`,
    'a.svg',
  ],
  ['an entity nobody defined', 'external_entity', svg('<text>&nbsp;</text>'), 'a.svg'],
  [
    'a drawing in UTF-7',
    'malformed',
    `<?xml version="1.0" encoding="UTF-7"?>${svg('+ADw-script+AD4-alert(1)')}`,
    'a.svg',
  ],
  [
    'a drawing that says it is in another encoding than it is',
    'malformed',
    `<?xml version="1.0" encoding="windows-1252"?>${svg('<text>é</text>')}`,
    'a.svg',
  ],
  ['a drawing without namespace', 'malformed', '<svg width="9"><rect/></svg>', 'a.svg'],
  [
    'a drawing in another namespace',
    'malformed',
    '<svg xmlns="http://www.w3.org/1999/xhtml"><rect/></svg>',
    'a.svg',
  ],
  ['tags that cross', 'malformed', svg('<g><rect></g></rect>'), 'a.svg'],
  ['a drawing cut short', 'malformed', svg('<rect/>').slice(0, -3), 'a.svg'],
  ['a page behind the drawing', 'malformed', `${svg('')}<html/>`, 'a.svg'],
  ['words behind the drawing', 'malformed', `${svg('')}alert(1)`, 'a.svg'],
  ['an attribute twice', 'malformed', svg('<rect x="1" x="2"/>'), 'a.svg'],
  ['an attribute without quotes', 'malformed', svg('<rect x=1/>'), 'a.svg'],
  [
    'a drawing a thousand deep',
    'malformed',
    svg('<g>'.repeat(1000) + '</g>'.repeat(1000)),
    'a.svg',
  ],
  [
    'a drawing of too many pixels',
    'pixel_bomb',
    `<svg ${NS} width="99999" height="99999"/>`,
    'a.svg',
  ],
  [
    'a drawing of more than 4 MiB',
    'too_large',
    svg(`<text>${'x'.repeat(5 << 20)}</text>`),
    'a.svg',
    { maxBytes: 16 << 20 },
  ],
  ['a drawing called text', 'content_mismatch', svg(''), 'a.txt', { allow: ['text/plain'] }],
  [
    'a page with a drawing in it',
    'content_mismatch',
    `<html><body>${svg('')}</body></html>`,
    'a.svg',
  ],

  ['words', 'ok', 'Grüße\tund\r\nmehr\f\n', 'a.txt'],
  ['words with a mark', 'ok', '\ufeffwords', 'a.txt'],
  ['words that are long', 'ok', 'é'.repeat(200_000), 'a.log'],
  ['Markdown that begins with a comment', 'ok', '<!-- title -->\n# Hello\n', 'a.md'],
  ['a page of HTML called Markdown is Markdown, and never shown', 'ok', '<html></html>', 'a.md'],
  ['a table with cells that begin with signs', 'ok', 'a,b\n-1,+2\n=x,@y\n', 'a.csv'],
  ['a number as JSON', 'ok', '-1.5e3', 'a.json'],
  ['JSON with a mark', 'ok', '\ufeff{"a":[]}', 'a.json'],
  [
    'long JSON',
    'ok',
    JSON.stringify(Array.from({ length: 20_000 }, (_, i) => ({ [`é${i}`]: '\u2028"\\' }))),
    'a.json',
  ],
  ['a page called words', 'content_mismatch', '\n <!DOCTYPE html><p>', 'a.txt'],
  [
    'a page that begins with a script, called a table',
    'content_mismatch',
    '<script>alert(1)</script>,b',
    'a.csv',
  ],
  ['PHP called words', 'content_mismatch', '<?php phpinfo();', 'a.txt'],
  ['words with a zero', 'content_mismatch', 'words\0', 'a.txt'],
  ['words with a zero far behind', 'content_mismatch', `${'w'.repeat(100_000)}\0`, 'a.txt'],
  ['words with control characters', 'content_mismatch', 'words \x1b[31m', 'a.txt'],
  ['words in Latin-1', 'content_mismatch', Buffer.from('Grüße', 'latin1'), 'a.txt'],
  [
    'words that stop being UTF-8',
    'content_mismatch',
    join('é'.repeat(50_000), [0xe9, 0x20]),
    'a.txt',
  ],
  ['words that end within a character', 'malformed', join('words ', [0xe5, 0x86]), 'a.txt'],
  ['words in UTF-16', 'content_mismatch', utf16('words'), 'a.txt'],
  ['JSON cut short', 'malformed', '{"a":[1,2', 'a.json'],
  ['JSON with something behind', 'malformed', '{} {}', 'a.json'],
  ['JSON with a comma too many', 'malformed', '[1,]', 'a.json'],
  ['JSON that is a script', 'malformed', ")]}',\n{}", 'a.json'],
  ['JSON a thousand deep', 'malformed', '['.repeat(1000) + ']'.repeat(1000), 'a.json'],
])

function readsAsJson(text: string, cuts: readonly number[]): boolean {
  const reader = new JsonReader()
  let from = 0
  for (const cut of [
    ...cuts.map(it => it % (text.length + 1)).toSorted((a, b) => a - b),
    text.length,
  ]) {
    reader.write(text.slice(from, cut))
    from = cut
  }
  reader.end()
  return reader.fault === undefined
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('JSON is JSON exactly when JSON.parse says so, however it is cut', () => {
  const scraps = fc
    .array(
      fc.constantFrom(
        ...'{}[]:,"\\ \n-+.0123456789eEutrufalsn'.split(''),
        'null',
        '"a"',
        '\\u00e9',
        '\x01',
      ),
      { maxLength: 14 },
    )
    .map(pieces => pieces.join(''))
  const texts = fc.oneof(
    scraps,
    fc.json(),
    fc.tuple(fc.json(), fc.nat(), scraps).map(([json, at, scrap]) => {
      const cut = at % (json.length + 1)
      return json.slice(0, cut) + scrap + json.slice(cut + 1)
    }),
  )
  fc.assert(
    fc.property(texts, fc.array(fc.nat(), { maxLength: 4 }), (text, cuts) => {
      assert.equal(readsAsJson(text, cuts), parses(text), JSON.stringify(text))
    }),
    { numRuns: RUNS * 5 },
  )
})

test('no text makes the XML reader throw, and reading is linear', () => {
  const scraps = fc
    .array(
      fc.constantFrom(
        '<',
        '>',
        '</',
        '/>',
        'a',
        ' ',
        '=',
        '"',
        "'",
        '&',
        ';',
        '&#1;',
        '<!--',
        '-->',
        '<![CDATA[',
        ']]>',
        '<?',
        '?>',
        '<!DOCTYPE',
        '[',
        ']',
        'x:y',
        '\n',
        'é',
        '\0',
      ),
      { maxLength: 30 },
    )
    .map(pieces => pieces.join(''))
  fc.assert(
    fc.property(scraps, text => {
      walkXml(text, {})
      walkXml(`<a>${text}</a>`, { doctype: () => undefined, instruction: () => undefined })
    }),
    { numRuns: RUNS },
  )
  for (const piece of [
    '<a ',
    '<',
    '&',
    '<!--',
    '"',
    '<a b="',
    '<?x ',
    ']]>',
    '<![CDATA[',
    ' ',
    '<a>',
    "='",
  ]) {
    const text = `<r>${piece.repeat(200_000)}`
    const began = performance.now()
    walkXml(text, {})
    assert.ok(performance.now() - began < 2000, `${piece} takes too long`)
  }
})
