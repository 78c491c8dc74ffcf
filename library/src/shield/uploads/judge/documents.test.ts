import { crc32, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { compactPdf, flate, gzip, office, page, stream, tar, zip } from './documents.test.kit.ts'
import { join, le, noise, png } from './pictures.test.kit.ts'
import { rows } from './verdicts.test.kit.ts'

const SCRIPT = '<script>alert(document.domain)</script>'
const JS = '/S /JavaScript /JS (app.alert\\(1\\))'
const zeros = (bytes: number): Buffer => Buffer.alloc(bytes)
const unicodePath = (of: string, to: string): Buffer =>
  join(le(0x7075, 2), le(5 + Buffer.byteLength(to), 2), [1], le(crc32(of), 4), to)
const small = { archive: { maxExpandedBytes: 1 << 20, maxRatio: 1000 } }
const nest = (depth: number): Buffer =>
  depth === 0
    ? zip([{ name: 'x.txt', data: 'x' }])
    : zip([{ name: 'in.zip', data: nest(depth - 1), packed: depth % 2 === 0 }])

rows([
  [
    'an archive',
    'ok',
    zip([
      { name: 'a.txt', data: 'a' },
      { name: 'b/c.txt', data: 'c'.repeat(500), packed: true },
    ]),
    'a.zip',
  ],
  ['an empty archive', 'ok', zip([]), 'a.zip'],
  [
    'an archive with folders',
    'ok',
    zip([
      { name: 'b/', mode: 0o40755 },
      { name: 'b/c.txt', data: 'c' },
    ]),
    'a.zip',
  ],
  [
    'an archive with descriptors',
    'ok',
    zip([
      { name: 'a.txt', data: 'a'.repeat(99), packed: true, described: true },
      { name: 'b', data: 'b' },
    ]),
    'a.zip',
  ],
  [
    'an archive with the long trailer',
    'ok',
    zip([{ name: 'a.txt', data: 'a' }], { wide: true }),
    'a.zip',
  ],
  [
    'an archive with a comment',
    'ok',
    zip([{ name: 'a.txt', data: 'a' }], { comment: 'made in spring' }),
    'a.zip',
  ],
  [
    'an archive with zeros behind',
    'ok',
    zip([{ name: 'a.txt', data: 'a' }], { tail: zeros(64) }),
    'a.zip',
  ],
  [
    'an archive with names in the old code page',
    'ok',
    zip([{ name: 'r\x82sum\x82.txt', data: 'a', flags: 0 }]),
    'a.zip',
  ],
  [
    'an archive with two spellings of one name that agree',
    'ok',
    zip([{ name: 'é.txt', data: 'a', extra: unicodePath('é.txt', 'é.txt') }]),
    'a.zip',
  ],
  [
    'an archive with names that differ in case',
    'ok',
    zip([
      { name: 'README', data: 'a' },
      { name: 'readme', data: 'b' },
    ]),
    'a.zip',
  ],
  ['a page of HTML in an archive', 'ok', zip([{ name: 'index.html', data: SCRIPT }]), 'a.zip'],
  ['an archive in an archive', 'ok', nest(1), 'a.zip'],
  [
    'a gzip in an archive',
    'ok',
    zip([{ name: 'a.gz', data: gzip('x'.repeat(900)), packed: true }]),
    'a.zip',
  ],
  [
    'an entry that repeats itself, but is small',
    'ok',
    zip([{ name: 'a', data: zeros(100_000), packed: true }]),
    'a.zip',
  ],
  ['an archive three deep', 'archive_depth', nest(2), 'a.zip'],
  [
    'an archive three deep, the inner one packed',
    'archive_depth',
    zip([{ name: 'in.zip', data: nest(1), packed: true }]),
    'a.zip',
  ],
  [
    'a gzip in a gzip in an archive',
    'archive_depth',
    zip([{ name: 'a.gz', data: gzip(gzip('x')) }]),
    'a.zip',
  ],
  [
    'an entry beyond its ratio',
    'bomb',
    zip([{ name: 'a', data: zeros(200_000), packed: true }]),
    'a.zip',
  ],
  [
    'entries that are too much together',
    'bomb',
    zip(Array.from({ length: 5 }, (_, i) => ({ name: `${i}`, data: noise(300_000, i) }))),
    'a.zip',
    { ...small, maxBytes: 4 << 20 },
  ],
  [
    'a bomb in an archive in an archive',
    'bomb',
    zip([
      {
        name: 'in.zip',
        data: zip([{ name: 'a', data: zeros(900_000), packed: true }]),
        packed: true,
      },
    ]),
    'a.zip',
  ],
  [
    'a gzip bomb in an archive',
    'bomb',
    zip([{ name: 'a.gz', data: gzipSync(zeros(9_000_000)) }]),
    'a.zip',
  ],
  [
    'a thousand and one entries',
    'archive_entries',
    zip(Array.from({ length: 1001 }, (_, i) => ({ name: `${i}` }))),
    'a.zip',
  ],
  [
    'entries of nested archives, counted together',
    'archive_entries',
    zip([
      { name: 'in.zip', data: zip(Array.from({ length: 6 }, (_, i) => ({ name: `${i}` }))) },
      ...Array.from({ length: 5 }, (_, i) => ({ name: `${i}` })),
    ]),
    'a.zip',
    { archive: { maxEntries: 11 } },
  ],
  [
    'an entry that says it is smaller than it is',
    'bomb',
    zip([{ name: 'a', data: 'x'.repeat(500), packed: true, size: 10 }]),
    'a.zip',
  ],
  [
    'an entry that says it is larger than it is',
    'malformed',
    zip([{ name: 'a', data: 'x'.repeat(500), packed: true, size: 900 }]),
    'a.zip',
  ],
  [
    'an entry with another checksum',
    'malformed',
    zip([{ name: 'a', data: 'abc', sum: 1 }]),
    'a.zip',
  ],
  [
    'an entry whose local header has another name',
    'malformed',
    zip([{ name: 'a.txt', localName: 'b.exe', data: 'abc' }]),
    'a.zip',
  ],
  [
    'an entry whose local header has another size',
    'malformed',
    zip([{ name: 'a.txt', data: 'abc', localSize: 9 }]),
    'a.zip',
  ],
  [
    'two entries in one place',
    'bomb',
    zip([
      { name: 'a', data: 'abc' },
      { name: 'b', data: 'abc', at: 0 },
    ]),
    'a.zip',
  ],
  [
    'an entry that no directory names',
    'malformed',
    zip([{ name: 'a', data: 'a' }, { name: 'b', data: 'b', hidden: true }, { name: 'c' }]),
    'a.zip',
  ],
  [
    'bytes between two entries',
    'malformed',
    zip([{ name: 'a', data: 'a', gap: SCRIPT }, { name: 'b' }]),
    'a.zip',
  ],
  [
    'bytes before the first entry',
    'content_mismatch',
    zip([{ name: 'a', data: 'a' }], { prefix: 'MZ\x90\x00' }).subarray(0, -30),
    'a.zip',
  ],
  [
    'a program that unpacks itself',
    'polyglot',
    zip([{ name: 'a', data: 'a' }], { prefix: join('MZ', [0x90, 0, 3, 0]) }),
    'a.zip',
  ],
  [
    'a page behind the archive',
    'polyglot',
    zip([{ name: 'a', data: 'a' }], { tail: SCRIPT }),
    'a.zip',
  ],
  [
    'a directory that counts wrongly',
    'malformed',
    zip([{ name: 'a' }, { name: 'b' }], { count: 1 }),
    'a.zip',
  ],
  [
    'a name that climbs behind a folder',
    'archive_path',
    zip([{ name: 'a/../../b', data: 'b' }]),
    'a.zip',
  ],
  ['a name with a backslash', 'archive_path', zip([{ name: '..\\b', data: 'b' }]), 'a.zip'],
  ['a name with a drive', 'archive_path', zip([{ name: 'C:b', data: 'b' }]), 'a.zip'],
  ['a name with a zero', 'archive_path', zip([{ name: 'a\0b', data: 'b' }]), 'a.zip'],
  ['a name that is absolute', 'archive_path', zip([{ name: '/a', data: 'b' }]), 'a.zip'],
  ['an empty name', 'archive_path', zip([{ name: '', data: 'b' }]), 'a.zip'],
  [
    'a second name that climbs',
    'archive_path',
    zip([{ name: 'a.txt', data: 'a', extra: unicodePath('a.txt', '../a') }]),
    'a.zip',
  ],
  [
    'a name that is not the UTF-8 it says',
    'archive_path',
    changed(zip([{ name: 'abc' }]), -25, 0xff),
    'a.zip',
  ],
  ['one name twice', 'archive_path', zip([{ name: 'a' }, { name: 'a' }]), 'a.zip'],
  [
    'one name twice, in two forms of accents',
    'archive_path',
    zip([{ name: 'é' }, { name: 'e\u0301' }]),
    'a.zip',
  ],
  ['one name as folder and file', 'archive_path', zip([{ name: 'a' }, { name: 'a/' }]), 'a.zip'],
  ['a link', 'archive_link', zip([{ name: 'a', data: '/etc/passwd', mode: 0o120777 }]), 'a.zip'],
  ['a device', 'archive_link', zip([{ name: 'a', mode: 0o60600 }]), 'a.zip'],
  ['a pipe', 'archive_link', zip([{ name: 'a', mode: 0o10600 }]), 'a.zip'],
  [
    'a link, let in by the options',
    'ok',
    zip([{ name: 'a', data: 'b', mode: 0o120777 }]),
    'a.zip',
    { archive: { dangerouslyAllowLinks: true } },
  ],
  [
    'an encrypted entry',
    'archive_encrypted',
    zip([{ name: 'a', data: noise(20), flags: 0x801 }]),
    'a.zip',
  ],
  [
    'an entry of strong encryption',
    'archive_encrypted',
    zip([{ name: 'a', data: noise(20), flags: 0x840 }]),
    'a.zip',
  ],
  [
    'an entry of AES',
    'archive_encrypted',
    zip([{ name: 'a', data: noise(20), method: 99 }]),
    'a.zip',
  ],
  [
    'an encrypted entry, let in by the options',
    'ok',
    zip([{ name: 'a', data: noise(20), flags: 0x801 }]),
    'a.zip',
    { archive: { dangerouslyAllowEncrypted: true } },
  ],
  [
    'a method nobody can look into',
    'malformed',
    zip([{ name: 'a', data: noise(20), method: 14 }]),
    'a.zip',
  ],
  ['a folder with content', 'malformed', zip([{ name: 'a/', data: 'x', mode: 0o40755 }]), 'a.zip'],
  [
    'deflate data that goes on behind its end',
    'malformed',
    zip([
      {
        name: 'a',
        data: join(deflateRawSync(Buffer.from('abc')), 'xyz'),
        method: 8,
        size: 3,
        sum: crc32('abc'),
      },
    ]),
    'a.zip',
  ],

  ['a letter', 'ok', office('docx'), 'a.docx'],
  ['a table', 'ok', office('xlsx'), 'a.xlsx'],
  ['slides', 'ok', office('pptx'), 'a.pptx'],
  [
    'a letter with a link',
    'ok',
    office('docx', { relations: [['hyperlink', 'https://example.org/', true]] }),
    'a.docx',
  ],
  [
    'a letter with a link to a mailbox',
    'ok',
    office('docx', { relations: [['hyperlink', 'mailto:ann@example.org', true]] }),
    'a.docx',
  ],
  [
    'a letter with a picture',
    'ok',
    office('docx', {
      relations: [['image', 'media/a.png']],
      parts: [{ name: 'word/media/a.png', data: png() }],
    }),
    'a.docx',
  ],
  [
    'a letter that talks of DDE',
    'ok',
    office('docx', { body: '<w:document><w:t>DDEAUTO was a bad idea</w:t></w:document>' }),
    'a.docx',
  ],
  ['a letter called a table', 'extension_mismatch', office('docx'), 'a.xlsx'],
  ['a letter called an archive', 'extension_mismatch', office('docx'), 'a.zip'],
  [
    'an archive called a letter',
    'extension_mismatch',
    zip([{ name: 'a.txt', data: 'a' }]),
    'a.docx',
  ],
  [
    'a template',
    'extension_mismatch',
    office('docx', {
      mainType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml',
    }),
    'a.docx',
  ],
  [
    'a letter with macros by type',
    'macro',
    office('docx', { mainType: 'application/vnd.ms-word.document.macroEnabled.main+xml' }),
    'a.docx',
  ],
  [
    'slides with macros by type',
    'macro',
    office('pptx', {
      mainType: 'application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml',
    }),
    'a.pptx',
  ],
  [
    'a table with macros by part',
    'macro',
    office('xlsx', { parts: [{ name: 'xl/vbaProject.bin', data: noise(64) }] }),
    'a.xlsx',
  ],
  [
    'a table with macros under another name',
    'macro',
    office('xlsx', {
      relations: [
        ['http://schemas.microsoft.com/office/2006/relationships/vbaProject', 'media/picture.bin'],
      ],
      parts: [{ name: 'xl/media/picture.bin', data: noise(64) }],
    }),
    'a.xlsx',
  ],
  [
    'a table with a macro sheet',
    'macro',
    office('xlsx', {
      overrides: [['/xl/macrosheets/sheet1.xml', 'application/vnd.ms-excel.macrosheet+xml']],
    }),
    'a.xlsx',
  ],
  [
    'a letter with an ActiveX control',
    'macro',
    office('docx', { relations: [['control', 'activeX/activeX1.xml']] }),
    'a.docx',
  ],
  [
    'a letter with an embedded object',
    'active_content',
    office('docx', { parts: [{ name: 'word/embeddings/oleObject1.bin', data: noise(64) }] }),
    'a.docx',
  ],
  [
    'a letter with an embedded object under another name',
    'active_content',
    office('docx', { relations: [['oleObject', 'media/a.bin']] }),
    'a.docx',
  ],
  [
    'a letter that takes in a page of HTML',
    'active_content',
    office('docx', { relations: [['aFChunk', 'afchunk.htm']] }),
    'a.docx',
  ],
  [
    'a letter with a field that starts programs',
    'active_content',
    office('docx', {
      body: '<w:p><w:instrText xml:space="preserve"> DDEAUTO c:\\\\windows\\\\cmd.exe "/k calc"</w:instrText></w:p>',
    }),
    'a.docx',
  ],
  [
    'a table that links to a program',
    'active_content',
    office('xlsx', {
      parts: [
        {
          name: 'xl/externalLinks/externalLink1.xml',
          data: '<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>',
        },
      ],
    }),
    'a.xlsx',
  ],
  [
    'a letter with a template elsewhere',
    'external_reference',
    office('docx', { relations: [['attachedTemplate', 'http://x.example/t.dotm', true]] }),
    'a.docx',
  ],
  [
    'a letter with a picture elsewhere',
    'external_reference',
    office('docx', { relations: [['image', 'http://x.example/a.png', true]] }),
    'a.docx',
  ],
  [
    'a letter with a frame elsewhere',
    'external_reference',
    office('docx', { relations: [['frame', '\\\\x.example\\share', true]] }),
    'a.docx',
  ],
  [
    'a letter with a link to a script',
    'external_reference',
    office('docx', { relations: [['hyperlink', 'javascript:alert(1)', true]] }),
    'a.docx',
  ],
  [
    'a letter with a link to a file',
    'external_reference',
    office('docx', { relations: [['hyperlink', 'file://x.example/a', true]] }),
    'a.docx',
  ],
  [
    'a letter with an address that does not say it is external',
    'external_reference',
    office('docx', { relations: [['image', 'http://x.example/a.png']] }),
    'a.docx',
  ],
  [
    'a letter with entities',
    'external_entity',
    office('docx', { body: '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>' }),
    'a.docx',
  ],
  [
    'a letter in UTF-16, where nobody looks',
    'malformed',
    office('docx', { parts: [{ name: 'word/x.xml', data: Buffer.from('\ufeff<d/>', 'utf16le') }] }),
    'a.docx',
  ],
  [
    'a letter without its main part',
    'malformed',
    office('docx', { without: ['word/document.xml'] }),
    'a.docx',
  ],
  [
    'a letter whose relations are no XML',
    'malformed',
    office('docx', { parts: [{ name: 'word/_rels/x.xml.rels', data: '<Relationships>' }] }),
    'a.docx',
  ],
  [
    'a letter with macros, let in by the options',
    'ok',
    office('docx', { parts: [{ name: 'word/vbaProject.bin', data: 'x' }] }),
    'a.docx',
    { office: { dangerouslyAllowMacros: true } },
  ],

  ['a PDF with packed content', 'ok', page({ content: flate('BT (Hi) Tj ET') }), 'a.pdf'],
  [
    'a PDF of the compact kind',
    'ok',
    compactPdf(['<< /Type /Catalog /Pages 11 0 R >>', '<< /Type /Pages /Kids [] /Count 0 >>']),
    'a.pdf',
  ],
  [
    'a PDF with a length that stands elsewhere',
    'ok',
    page({ content: join('<< /Length 5 0 R >>\nstream\nBT (Hi) Tj ET\nendstream'), more: ['13'] }),
    'a.pdf',
  ],
  ['a PDF that opens at a page', 'ok', page({ catalogue: '/OpenAction [3 0 R /Fit] ' }), 'a.pdf'],
  [
    'a PDF with links',
    'ok',
    page({ page: '/Annots [<< /Subtype /Link /A << /S /URI /URI (https://example.org) >> >>] ' }),
    'a.pdf',
  ],
  ['a PDF with a form', 'ok', page({ catalogue: '/AcroForm << /Fields [] >> ' }), 'a.pdf'],
  ['a PDF that was changed later', 'ok', updated(), 'a.pdf'],
  [
    'a PDF that talks of scripts in a string',
    'ok',
    page({ more: ['(the name /JavaScript, and <script>)'] }),
    'a.pdf',
  ],
  ['a PDF with a comment between objects', 'ok', page({ more: ['% made by hand\n42'] }), 'a.pdf'],
  ['a PDF of an all-white page', 'ok', page({ more: [flate(zeros(3_000_000))] }), 'a.pdf'],
  [
    'a PDF with content in Base 85',
    'ok',
    page({ content: stream('9jqo^~>', '/Filter /ASCII85Decode ') }),
    'a.pdf',
  ],
  ['a PDF with zeros behind', 'ok', page({ suffix: zeros(512) }), 'a.pdf'],
  [
    'a PDF with a script when it opens',
    'active_content',
    page({ catalogue: `/OpenAction << ${JS} >> ` }),
    'a.pdf',
  ],
  [
    'a PDF with a script whose name is coded',
    'active_content',
    page({ catalogue: '/OpenAction << /S /J#61vaScript /J#53 (app.alert) >> ' }),
    'a.pdf',
  ],
  [
    'a PDF with a script in an object stream',
    'active_content',
    compactPdf([
      '<< /Type /Catalog /Pages 11 0 R /OpenAction 12 0 R >>',
      '<< /Type /Pages /Kids [] /Count 0 >>',
      `<< ${JS} >>`,
    ]),
    'a.pdf',
  ],
  [
    'a PDF with a script in an object stream that does not say so',
    'active_content',
    page({ more: [flate(`9 0 << ${JS} >>`, '/N 1 /First 4 ')] }),
    'a.pdf',
  ],
  [
    'a PDF with a script in an object stream in Base 85',
    'malformed',
    page({
      more: [
        stream('!!!!!zz', '/Type /ObjStm /N 1 /First 4 /Filter [/ASCII85Decode /FlateDecode] '),
      ],
    }),
    'a.pdf',
  ],
  [
    'a PDF with an object stream nobody can unpack',
    'malformed',
    page({ more: [stream('xxxx', '/Type /ObjStm /N 1 /First 2 /Filter /LZWDecode ')] }),
    'a.pdf',
  ],
  [
    'a PDF with scripts by name',
    'active_content',
    page({
      catalogue: '/Names << /JavaScript << /Names [(a) 5 0 R] >> >> ',
      more: ['<< /S /JavaScript >>'],
    }),
    'a.pdf',
  ],
  [
    'a PDF with a script on a page',
    'active_content',
    page({ page: `/AA << /O << ${JS} >> >> ` }),
    'a.pdf',
  ],
  [
    'a PDF that starts a program',
    'active_content',
    page({ catalogue: '/OpenAction << /S /Launch /F (cmd.exe) >> ' }),
    'a.pdf',
  ],
  [
    'a PDF with a dynamic form',
    'active_content',
    page({ catalogue: '/AcroForm << /XFA [(template) 5 0 R] >> ', more: [stream('<xdp/>')] }),
    'a.pdf',
  ],
  [
    'a PDF that sends a form',
    'active_content',
    page({ page: '/Annots [<< /A << /S /SubmitForm /F (http://x.example) >> >>] ' }),
    'a.pdf',
  ],
  [
    'a PDF with rich media',
    'active_content',
    page({ page: '/Annots [<< /Subtype /RichMedia >>] ' }),
    'a.pdf',
  ],
  [
    'a PDF with a file in it',
    'active_content',
    page({ catalogue: '/Names << /EmbeddedFiles << >> >> ' }),
    'a.pdf',
  ],
  [
    'a PDF with a file attached to a page',
    'active_content',
    page({
      page: '/Annots [<< /Subtype /FileAttachment /FS << /EF << /F 5 0 R >> >> >>] ',
      more: [stream('MZ')],
    }),
    'a.pdf',
  ],
  [
    'a PDF that opens another',
    'external_reference',
    page({ catalogue: '/OpenAction << /S /GoToR /F (\\\\\\\\x.example\\\\share) >> ' }),
    'a.pdf',
  ],
  [
    'a PDF with a link to a script',
    'active_content',
    page({ page: '/Annots [<< /A << /S /URI /URI (java\\script:alert) >> >>] ' }),
    'a.pdf',
  ],
  [
    'an encrypted PDF',
    'encrypted',
    page({ trailer: '/Encrypt 5 0 R ', more: ['<< /Filter /Standard >>'] }),
    'a.pdf',
  ],
  [
    'an encrypted PDF of the compact kind',
    'encrypted',
    compactPdf(['<< /Type /Catalog >>'], '/Encrypt 9 0 R '),
    'a.pdf',
  ],
  [
    'a PDF whose references lead into a stream',
    'malformed',
    page({ content: stream('5 0 obj\n<< /S /JavaScript >>\nendobj'), offsets: { 3: 190 } }),
    'a.pdf',
  ],
  [
    'a PDF whose object is not where it is said to be',
    'malformed',
    page({ offsets: { 2: 17 } }),
    'a.pdf',
  ],
  ['a PDF that starts nowhere', 'malformed', page({ start: 3 }), 'a.pdf'],
  [
    'a PDF with a wrong length',
    'malformed',
    page({ content: join('<< /Length 5 >>\nstream\nBT (Hi) Tj ET\nendstream') }),
    'a.pdf',
  ],
  [
    'a PDF with junk between objects',
    'malformed',
    page({ content: join('42\nendobj\njunk') }),
    'a.pdf',
  ],
  ['a PDF of an unknown version', 'malformed', page({ version: '9.9' }), 'a.pdf'],
  [
    'a PDF without catalogue',
    'malformed',
    Buffer.from(page().toString('latin1').replace('/Root 1 0 R', '/Boot 1 0 R'), 'latin1'),
    'a.pdf',
  ],
  ['a PDF with script in a comment', 'active_content', page({ more: [`%${SCRIPT}\n42`] }), 'a.pdf'],
  [
    'a PDF with an archive behind',
    'polyglot',
    page({ suffix: zip([{ name: 'a', data: 'a' }]) }),
    'a.pdf',
  ],
  [
    'a PDF with an archive inside',
    'polyglot',
    page({ more: [stream(zip([{ name: 'a', data: 'a' }]))] }),
    'a.pdf',
  ],
  ['a PDF with a page of HTML behind', 'polyglot', page({ suffix: SCRIPT }), 'a.pdf'],
  [
    'a PDF with streams that are too much together',
    'bomb',
    page({ more: [flate(zeros(700_000)), flate(zeros(700_000))] }),
    'a.pdf',
    small,
  ],
  [
    'a PDF packed twice',
    'bomb',
    page({
      more: [
        stream(deflateSync(deflateSync(zeros(3_000_000))), '/Filter [/FlateDecode /FlateDecode] '),
      ],
    }),
    'a.pdf',
    small,
  ],
  ['a PDF with arrays that are too deep', 'malformed', page({ more: ['['.repeat(5000)] }), 'a.pdf'],
  ['a PDF with a key twice', 'malformed', page({ catalogue: '/A 1 /A 2 ' }), 'a.pdf'],

  ['a gzip of several members', 'ok', join(gzip('one\n'), gzip('two\n')), 'a.gz'],
  ['a gzip with zeros behind', 'ok', join(gzip('one\n'), zeros(30)), 'a.gz'],
  [
    'a tar in a gzip',
    'ok',
    gzip(
      tar([
        { name: 'a/', type: '5' },
        { name: 'a/b.txt', data: 'hello' },
      ]),
    ),
    'a.tgz',
  ],
  [
    'a tar with a long name',
    'ok',
    gzip(
      tar([
        { name: '././@LongLink', type: 'L', data: `${'d/'.repeat(60)}x\0` },
        { name: 'short', data: 'x' },
      ]),
    ),
    'a.tgz',
  ],
  ['an archive in a gzip', 'ok', gzip(zip([{ name: 'a.txt', data: 'a' }])), 'a.gz'],
  ['a tar with a link', 'archive_link', gzip(tar([{ name: 'a', type: '2' }])), 'a.tgz'],
  ['a tar with a hard link', 'archive_link', gzip(tar([{ name: 'a', type: '1' }])), 'a.tgz'],
  ['a tar with a device', 'archive_link', gzip(tar([{ name: 'a', type: '3' }])), 'a.tgz'],
  ['a tar that climbs', 'archive_path', gzip(tar([{ name: '../a', data: 'x' }])), 'a.tgz'],
  ['a tar that is absolute', 'archive_path', gzip(tar([{ name: '/a', data: 'x' }])), 'a.tgz'],
  [
    'a tar that climbs by a long name',
    'archive_path',
    gzip(
      tar([
        { name: 'l', type: 'L', data: '../../../etc/passwd' },
        { name: 'a', data: 'x' },
      ]),
    ),
    'a.tgz',
  ],
  [
    'a tar that climbs by a PAX record',
    'archive_path',
    gzip(
      tar([
        { name: 'p', type: 'x', data: '18 path=../../etc\n' },
        { name: 'a', data: 'x' },
      ]),
    ),
    'a.tgz',
  ],
  ['a tar with a wrong checksum', 'malformed', gzip(tar([{ name: 'a', badSum: true }])), 'a.tgz'],
  [
    'a tar of too many entries',
    'archive_entries',
    gzip(tar(Array.from({ length: 12 }, (_, i) => ({ name: `${i}` })))),
    'a.tgz',
    { archive: { maxEntries: 10 } },
  ],
  ['a gzip whose checksum is wrong', 'malformed', changed(gzip('abc'), -8, 1), 'a.gz'],
  ['a gzip whose length is wrong', 'malformed', changed(gzip('abc'), -4, 9), 'a.gz'],
  [
    'a gzip whose name climbs',
    'archive_path',
    join(
      [0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3],
      '../../x\0',
      deflateRawSync(Buffer.from('a')),
      le(crc32('a'), 4),
      le(1, 4),
    ),
    'a.gz',
  ],
  ['a gzip with reserved flags', 'malformed', changed(gzip('abc'), 3, 0xe0), 'a.gz'],
  ['a gzip beyond its ratio', 'bomb', gzip(zeros(300_000)), 'a.gz'],
  ['a gzip bomb in a second member', 'bomb', join(gzip('one'), gzip(zeros(9_000_000))), 'a.gz'],
  ['a gzip three deep', 'archive_depth', gzip(gzip(gzip('x'))), 'a.gz'],
])

/** One byte, counted from the end when negative, made another. */
function changed(bytes: Buffer, at: number, to: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at < 0 ? copy.length + at : at] = to
  return copy
}

/** An incremental update: object 4 again, and references that lead back to the first ones. */
function updated(): Buffer {
  const first = page()
  const start = Number(/startxref\n(\d+)/.exec(first.toString('latin1'))?.[1])
  const object = `4 0 obj\n<< /Length 2 >>\nstream\nET\nendstream\nendobj\n`
  const at = first.length
  return join(
    first,
    object,
    `xref\n0 0\n4 1\n${String(at).padStart(10, '0')} 00000 n \n`,
    `trailer\n<< /Size 5 /Root 1 0 R /Prev ${start} >>\nstartxref\n${at + object.length}\n%%EOF\n`,
  )
}
