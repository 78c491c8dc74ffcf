import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Busboy as FastifyBusboy } from '@fastify/busboy'
import busboy from 'busboy'
import fc from 'fast-check'
import { boundaryOf } from './boundary.ts'
import {
  BOUNDARY,
  cut,
  fieldPart,
  filePart,
  form,
  type Part,
  parse,
  rawPart,
} from './form.test.kit.ts'
import { readPartHead, readUsualHead } from './part-head.ts'

const RUNS = process.env['THOROUGH'] === '1' ? 60_000 : 1_500
const D = 'Content-Disposition: form-data; '
const everyByte = (body: Buffer): readonly Buffer[] => [...body].map(byte => Buffer.from([byte]))

const friends: readonly (readonly [
  string,
  Buffer,
  readonly (readonly [string, string | undefined, string])[],
])[] = [
  ['a field', form(fieldPart('a', 'b')), [['a', undefined, 'b']]],
  ['an empty field', form(fieldPart('a', '')), [['a', undefined, '']]],
  ['a file', form(filePart('f', 'a.png', 'PNG')), [['f', 'a.png', 'PNG']]],
  ['an empty file', form(filePart('f', 'a.png', '')), [['f', 'a.png', '']]],
  ['a file input in which nothing was chosen', form(filePart('f', '', '')), [['f', '', '']]],
  [
    'fields and files',
    form(fieldPart('a', '1'), filePart('f', 'x', '2'), fieldPart('a', '3')),
    [
      ['a', undefined, '1'],
      ['f', 'x', '2'],
      ['a', undefined, '3'],
    ],
  ],
  ['no parts at all', Buffer.from(`--${BOUNDARY}--\r\n`), []],
  [
    'a body without its last line end',
    form(fieldPart('a', 'b')).subarray(0, -2),
    [['a', undefined, 'b']],
  ],
  [
    'line ends and dashes in the content',
    form(fieldPart('a', '\r\n--\r\n\r\n--x\r\n--')),
    [['a', undefined, '\r\n--\r\n\r\n--x\r\n--']],
  ],
  [
    'content that nearly is a boundary',
    form(fieldPart('a', `\r\n--${BOUNDARY.slice(0, -1)}\r\n`)),
    [['a', undefined, `\r\n--${BOUNDARY.slice(0, -1)}\r\n`]],
  ],
  [
    'content that ends in a beginning of a boundary',
    form(fieldPart('a', `x\r\n--${BOUNDARY.slice(0, 9)}`)),
    [['a', undefined, `x\r\n--${BOUNDARY.slice(0, 9)}`]],
  ],
  [
    'the boundary itself, without its dashes',
    form(fieldPart('a', `\r\n${BOUNDARY}\r\n`)),
    [['a', undefined, `\r\n${BOUNDARY}\r\n`]],
  ],
  ['a name in another script', form(filePart('f', '写真é.png', 'x')), [['f', '写真é.png', 'x']]],
  [
    'a name in both forms that agree',
    form(rawPart(`${D}name="f"; filename="a b.png"; filename*=UTF-8''a%20b.png`, 'x')),
    [['f', 'a b.png', 'x']],
  ],
  [
    'a name in the extended form alone',
    form(rawPart(`${D}name="f"; filename*=utf-8'en'%e5%86%99.png`, 'x')),
    [['f', '写.png', 'x']],
  ],
  [
    'parameters as tokens',
    form(rawPart('content-disposition:form-data;name=f;filename=a.png', 'x')),
    [['f', 'a.png', 'x']],
  ],
  [
    'headers that nobody needs',
    form(
      rawPart(
        `X-Other: 1\r\n${D}name="a"\r\nContent-Length: 1\r\nContent-Transfer-Encoding: binary`,
        'x',
      ),
    ),
    [['a', undefined, 'x']],
  ],
  [
    'brackets in a name, which mean nothing',
    form(fieldPart('a[b][__proto__]', 'x')),
    [['a[b][__proto__]', undefined, 'x']],
  ],
]
for (const [what, body, parts] of friends) {
  test(`reads ${what}, however it is cut`, () => {
    for (const pieces of [[body], everyByte(body), cut(body, [1, 7, 50, 51, 90])]) {
      const parsed = parse(pieces)
      assert.ok('parts' in parsed, JSON.stringify(parsed))
      assert.deepEqual(
        parsed.parts.map(part => [part.name, part.fileName, part.content.toString()]),
        parts,
      )
    }
  })
}

const part = (head: string | Buffer): Buffer => form(rawPart(head, 'x'))
const attackers: readonly (readonly [string, string, Buffer])[] = [
  ['a part without disposition', 'ambiguous_part', part('Content-Type: text/plain')],
  ['a part without header', 'ambiguous_part', form(Buffer.from(`--${BOUNDARY}\r\n\r\nx\r\n`))],
  ['two dispositions', 'ambiguous_part', part(`${D}name="a"\r\n${D}name="b"`)],
  ['two types', 'ambiguous_part', part(`${D}name="a"\r\nContent-Type: a/b\r\nContent-Type: c/d`)],
  ['a part without a name', 'ambiguous_part', part('Content-Disposition: form-data')],
  ['a part with an empty name', 'ambiguous_part', part(`${D}name=""`)],
  ['a file without a name of its field', 'ambiguous_part', part(`${D}filename="a"`)],
  ['two names', 'ambiguous_part', part(`${D}name="a"; name="b"`)],
  ['two names in different cases', 'ambiguous_part', part(`${D}name="a"; NAME="b"`)],
  ['two file names', 'ambiguous_part', part(`${D}name="a"; filename="b"; filename="c"`)],
  [
    'two file names that differ by form',
    'ambiguous_part',
    part(`${D}name="a"; filename="b.png"; filename*=UTF-8''..%2Fb`),
  ],
  [
    'two extended file names',
    'ambiguous_part',
    part(`${D}name="a"; filename*=UTF-8''b; filename*=UTF-8''c`),
  ],
  ['an extended name in quotes', 'ambiguous_part', part(`${D}name="a"; filename*="UTF-8''b"`)],
  [
    'an extended name in another charset',
    'ambiguous_part',
    part(`${D}name="a"; filename*=iso-8859-1''b`),
  ],
  ['an extended name with a zero', 'ambiguous_part', part(`${D}name="a"; filename*=UTF-8''a%00b`)],
  [
    'an extended name with a line end',
    'ambiguous_part',
    part(`${D}name="a"; filename*=UTF-8''a%0d%0ab`),
  ],
  [
    'an extended name that is not UTF-8',
    'ambiguous_part',
    part(`${D}name="a"; filename*=UTF-8''%ff`),
  ],
  [
    'an extended name in several pieces',
    'ambiguous_part',
    part(`${D}name="a"; filename*0="b"; filename*1="c"`),
  ],
  ['an unknown parameter', 'ambiguous_part', part(`${D}name="a"; size=5`)],
  ['a name that objects have already', 'ambiguous_part', part(`${D}name="__proto__"`)],
  ['another such name', 'ambiguous_part', part(`${D}name="constructor"`)],
  ['a name of 300 bytes', 'ambiguous_part', part(`${D}name="${'n'.repeat(300)}"`)],
  ['a backslash in a file name', 'ambiguous_part', part(`${D}name="a"; filename="b\\".png"`)],
  ['a zero in a file name', 'ambiguous_part', part(`${D}name="a"; filename="b\0.png"`)],
  ['a quote that does not end', 'ambiguous_part', part(`${D}name="a`)],
  ['something behind a quote', 'ambiguous_part', part(`${D}name="a"b`)],
  ['blanks around the sign', 'ambiguous_part', part(`${D}name = "a"`)],
  ['an attachment', 'ambiguous_part', part('Content-Disposition: attachment; name="a"')],
  [
    'a disposition that only begins like one',
    'ambiguous_part',
    part('Content-Disposition: form-data2; name="a"'),
  ],
  [
    'a file name that is not UTF-8',
    'ambiguous_part',
    part(Buffer.from(`${D}name="a"; filename="\xe9.png"`, 'latin1')),
  ],
  [
    'bytes without a file name',
    'ambiguous_part',
    part(`${D}name="a"\r\nContent-Type: application/octet-stream`),
  ],
  ['a coded content', 'ambiguous_part', part(`${D}name="a"\r\nContent-Transfer-Encoding: base64`)],
  ['a header that is folded', 'ambiguous_part', part(`${D}\r\n name="a"`)],
  ['a header that begins with a blank', 'ambiguous_part', part(` ${D}name="a"`)],
  ['a blank before the colon', 'ambiguous_part', part('Content-Disposition : form-data; name="a"')],
  ['a bare line feed in a header', 'ambiguous_part', part(`X: 1\n${D}name="a"`)],
  ['a bare carriage return in a header', 'ambiguous_part', part(`X: 1\r${D}name="a"`)],
  ['a line that is no header', 'ambiguous_part', part(`${D}name="a"\r\nhello`)],
  ['seventeen header lines', 'ambiguous_part', part(`${D}name="a"${'\r\nX: 1'.repeat(17)}`)],
  [
    'nine kilobytes of header',
    'part_header_too_large',
    part(`${D}name="a"\r\nX: ${'x'.repeat(9000)}`),
  ],
  [
    'a header without end',
    'part_header_too_large',
    Buffer.from(`--${BOUNDARY}\r\n${'x'.repeat(20_000)}`),
  ],
  [
    'words before the first boundary',
    'malformed_body',
    Buffer.concat([Buffer.from('hello\r\n'), form(fieldPart('a', 'b'))]),
  ],
  [
    'an empty line before the first boundary',
    'malformed_body',
    Buffer.concat([Buffer.from('\r\n'), form(fieldPart('a', 'b'))]),
  ],
  [
    'words after the last boundary',
    'malformed_body',
    Buffer.concat([form(fieldPart('a', 'b')), Buffer.from('x')]),
  ],
  [
    'a second form after the first',
    'malformed_body',
    Buffer.concat([form(fieldPart('a', 'b')), form(fieldPart('c', 'd'))]),
  ],
  ['a boundary that goes on', 'malformed_body', form(fieldPart('a', `x\r\n--${BOUNDARY}x\r\ny`))],
  [
    'a boundary with a blank behind',
    'malformed_body',
    form(fieldPart('a', `x\r\n--${BOUNDARY} \r\ny`)),
  ],
  [
    'a boundary with one dash behind',
    'malformed_body',
    form(fieldPart('a', `x\r\n--${BOUNDARY}-\r\ny`)),
  ],
  [
    'line feeds alone',
    'malformed_body',
    Buffer.from(form(fieldPart('a', 'b')).toString().replaceAll('\r\n', '\n')),
  ],
  ['another boundary', 'malformed_body', Buffer.from('--other\r\n\r\n')],
  ['no last boundary', 'malformed_body', rawPart(`${D}name="a"`, 'x')],
  [
    'a boundary right behind a head',
    'ambiguous_part',
    form(fieldPart('a', `--${BOUNDARY}\r\n${D}name="b"\r\n\r\nc`)),
  ],
  ['a body cut in a header', 'malformed_body', form(fieldPart('a', 'b')).subarray(0, 60)],
  ['a body cut in its last boundary', 'malformed_body', form(fieldPart('a', 'b')).subarray(0, -4)],
  ['half a line end at the end', 'malformed_body', form(fieldPart('a', 'b')).subarray(0, -1)],
  ['nothing', 'malformed_body', Buffer.alloc(0)],
]
for (const [what, code, body] of attackers) {
  test(`refuses ${what}, however it is cut`, () => {
    for (const pieces of [[body], everyByte(body), cut(body, [1, 7, 50, 51, 90])]) {
      const parsed = parse(pieces)
      assert.equal('code' in parsed ? parsed.code : 'read', `uploads.${code}`)
      assert.ok('why' in parsed && parsed.why !== '')
    }
  })
}

for (const [type, boundary] of [
  ['multipart/form-data; boundary=abc', 'abc'],
  ['multipart/form-data;boundary="a b:c"', 'a b:c'],
  ['Multipart/Form-Data; charset=utf-8; BOUNDARY=----x', '----x'],
  [`multipart/form-data; boundary=${'b'.repeat(70)}`, 'b'.repeat(70)],
] as const) {
  test(`finds the boundary in ${type.slice(0, 60)}`, () => assert.equal(boundaryOf(type), boundary))
}

for (const [type, code] of [
  [undefined, 'not_multipart'],
  ['', 'not_multipart'],
  ['application/json', 'not_multipart'],
  ['multipart/mixed; boundary=a', 'not_multipart'],
  ['multipart/form-data2; boundary=a', 'not_multipart'],
  ['multipart/form-data', 'malformed_body'],
  ['multipart/form-data; boundary=', 'malformed_body'],
  ['multipart/form-data; boundary=""', 'malformed_body'],
  ['multipart/form-data; boundary="a "', 'malformed_body'],
  ['multipart/form-data; boundary=a; boundary=b', 'malformed_body'],
  ['multipart/form-data; boundary=a; Boundary=a', 'malformed_body'],
  ['multipart/form-data; boundary=a b', 'malformed_body'],
  ['multipart/form-data; boundary="a\\"b"', 'malformed_body'],
  ['multipart/form-data; boundary=a, application/json', 'malformed_body'],
  ['multipart/form-data; boundary="é"', 'malformed_body'],
  [`multipart/form-data; boundary=${'b'.repeat(71)}`, 'malformed_body'],
] as const) {
  test(`refuses the Content-Type ${JSON.stringify(type)?.slice(0, 60)}`, () => {
    const boundary = boundaryOf(type)
    assert.equal(typeof boundary === 'string' ? boundary : boundary.code, `uploads.${code}`)
  })
}

const contents = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
  fc
    .array(
      fc.constantFrom(
        '\r',
        '\n',
        '\r\n',
        '-',
        '--',
        `\r\n--${BOUNDARY.slice(0, 10)}`,
        BOUNDARY,
        'x',
        '\0',
      ),
      { maxLength: 30 },
    )
    .map(pieces => Buffer.from(pieces.join('')))
    .filter(bytes => !bytes.includes(`--${BOUNDARY}`)),
)
const words = fc
  .stringMatching(/^[A-Za-zé写_.()-]{1,20}$/)
  .filter(name => !/^(?:constructor|prototype|__proto__)$/.test(name))
const forms = fc.array(fc.tuple(words, fc.option(words, { nil: undefined }), contents), {
  maxLength: 5,
})
const bodyOf = (parts: readonly (readonly [string, string | undefined, Buffer])[]): Buffer =>
  form(
    ...parts.map(([name, fileName, content]) =>
      fileName === undefined
        ? rawPart(`${D}name="${name}"`, content)
        : filePart(name, fileName, content, 'image/png'),
    ),
  )

test('what is put into a form comes out of it, however it is cut', () => {
  fc.assert(
    fc.property(forms, fc.array(fc.nat(), { maxLength: 6 }), (parts, places) => {
      const parsed = parse(cut(bodyOf(parts), places))
      assert.ok('parts' in parsed, JSON.stringify(parsed))
      assert.deepEqual(
        parsed.parts.map(it => [it.name, it.fileName, it.content]),
        parts.map(([name, fileName, content]) => [name, fileName, Buffer.from(content)]),
      )
    }),
    { numRuns: RUNS },
  )
})

interface Seen {
  readonly name: string
  readonly fileName: string | undefined
  readonly content: Buffer
}

function peer(
  kind: 'busboy' | '@fastify/busboy',
  pieces: readonly Buffer[],
): Promise<readonly Seen[] | Error> {
  const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }
  const seen: Seen[] = []
  const collect = (
    name: string,
    fileName: string | undefined,
    file: NodeJS.ReadableStream,
  ): void => {
    const chunks: Buffer[] = []
    const at = seen.push({ name, fileName, content: Buffer.alloc(0) }) - 1
    file.on('data', (bytes: Buffer) => chunks.push(bytes))
    file.on('end', () => {
      seen[at] = { name, fileName, content: Buffer.concat(chunks) }
    })
    file.on('error', () => undefined)
  }
  return new Promise(resolve => {
    const timer = setTimeout(() => resolve(new Error('silent')), 1000)
    const done = (answer: readonly Seen[] | Error): void => {
      clearTimeout(timer)
      resolve(answer)
    }
    const field = (name: string, value: string): void =>
      void seen.push({ name, fileName: undefined, content: Buffer.from(value) })
    const parser =
      kind === 'busboy'
        ? busboy({ headers, defParamCharset: 'utf8', preservePath: true })
            .on('field', field)
            .on('file', (name, file, { filename }) => collect(name, filename, file))
            .on('error', (error: unknown) => done(error as Error))
            .on('close', () => done(seen))
        : new FastifyBusboy({ headers, preservePath: true })
            .on('field', field)
            .on('file', (name, file, fileName) => collect(name, fileName, file))
            .on('error', (error: unknown) => done(error as Error))
            .on('finish', () => done(seen))
    for (const piece of pieces) parser.write(piece)
    parser.end()
  })
}

for (const kind of ['busboy', '@fastify/busboy'] as const) {
  test(`whatever we read, ${kind} reads alike`, async () => {
    const damage = fc.array(
      fc.tuple(
        fc.nat(),
        fc.constantFrom(
          '\r\n',
          '\r',
          '\n',
          '"',
          ';',
          ' ',
          '-',
          '\\',
          ':',
          '=',
          '\0',
          'name="b"',
          '%22',
          'é',
        ),
      ),
      { maxLength: 3 },
    )
    let read = 0
    await fc.assert(
      fc.asyncProperty(
        forms,
        damage,
        fc.array(fc.nat(), { maxLength: 4 }),
        async (parts, changes, places) => {
          // A peer that has nothing to say about a form of no parts may say that it ended too soon.
          fc.pre(parts.length > 0)
          let body = bodyOf(
            parts.map(([name, fileName, content]) => [
              name,
              fileName,
              Buffer.from(content.toString('utf8')),
            ]),
          )
          for (const [at, piece] of changes) {
            const place = at % (body.length + 1)
            body = Buffer.concat([
              body.subarray(0, place),
              Buffer.from(piece),
              body.subarray(place),
            ])
          }
          const pieces = cut(body, places)
          const ours = parse(pieces)
          if (!('parts' in ours)) return
          read += 1
          const theirs = await peer(kind, pieces)
          if (theirs instanceof Error)
            assert.fail(`${theirs.message}: ${JSON.stringify(body.toString())}`)
          const plain = ({ name, fileName, content }: Seen | Part): unknown => [
            name,
            fileName,
            content.toString('utf8'),
          ]
          assert.deepEqual(
            theirs.map(plain),
            ours.parts.map(plain),
            JSON.stringify(body.toString()),
          )
        },
      ),
      { numRuns: RUNS },
    )
    assert.ok(read > RUNS / 20, `only ${read} bodies were read`)
  })
}

test('heads that are quite usual are read like all others', () => {
  const heads = fc
    .tuple(
      fc.constantFrom(D, 'content-disposition: form-data; ', 'Content-Disposition:form-data; '),
      fc.stringMatching(/^[a-z"\\;= é]{0,8}$/),
      fc.option(fc.stringMatching(/^[a-z"\\;.= é]{0,8}$/), { nil: undefined }),
      fc.option(
        fc.constantFrom(
          'image/png',
          'text/plain; charset=utf-8',
          ' ',
          '',
          'application/octet-stream',
        ),
        { nil: undefined },
      ),
    )
    .map(
      ([start, name, fileName, type]) =>
        `${start}name="${name}"${fileName === undefined ? '' : `; filename="${fileName}"`}${type === undefined ? '' : `\r\nContent-Type: ${type}`}`,
    )
  fc.assert(
    fc.property(heads, head => {
      const usual = readUsualHead(Buffer.from(`${head}\r\n\r\ncontent`).toString('latin1'))
      if (usual === undefined) return
      assert.deepEqual(usual, { head: readPartHead(Buffer.from(head)), length: head.length + 4 })
    }),
    { numRuns: RUNS * 3 },
  )
})

test('no body makes the parser throw', () => {
  const scraps = fc.array(
    fc.oneof(
      fc.constantFrom(
        `--${BOUNDARY}`,
        '\r\n',
        '--',
        '\r\n\r\n',
        D,
        'name="a"',
        '; filename="b"',
        'Content-Type: a/b',
      ),
      fc.uint8Array({ maxLength: 8 }).map(bytes => Buffer.from(bytes).toString('latin1')),
    ),
    { maxLength: 20 },
  )
  fc.assert(
    fc.property(scraps, fc.array(fc.nat(), { maxLength: 5 }), (pieces, places) => {
      parse(cut(Buffer.from(pieces.join(''), 'latin1'), places))
    }),
    { numRuns: RUNS * 2 },
  )
})

test('hostile bodies cost hardly more than random ones', () => {
  const size = 4 * 1024 * 1024
  const near = `\r\n--${BOUNDARY}`.slice(0, -1)
  const cost = (content: Buffer): number => {
    const body = form(filePart('f', 'a', content))
    const chunks = Array.from({ length: Math.ceil(body.length / 65_536) }, (_, i) =>
      body.subarray(i * 65_536, (i + 1) * 65_536),
    )
    const began = process.cpuUsage()
    for (let i = 0; i < 3; i++) assert.ok('parts' in parse(chunks))
    const { user, system } = process.cpuUsage(began)
    return user + system
  }
  const random = Buffer.alloc(
    size,
    Buffer.from(Array.from({ length: 9973 }, (_, i) => (i * 7919) % 251)),
  )
  cost(random)
  // The parser alone; what the network adds to both sides only brings them nearer together.
  const floor = cost(random) + 10_000
  for (const shape of ['\r\n', near, 'some words in a line\r\n']) {
    const hostile = cost(Buffer.alloc(size, shape))
    assert.ok(hostile < 6 * floor, `${JSON.stringify(shape)}: ${hostile} against ${floor} us`)
  }
})
