import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { policyOf } from '../policy.ts'
import { compactPdf, gzip, office, page, tar, zip } from './documents.test.kit.ts'
import { judge } from './judge.ts'
import { dice, mutated } from './mutate.test.kit.ts'
import {
  anmf,
  apng,
  bmp,
  exif,
  extension,
  gif,
  heif,
  jpeg,
  mp4,
  riff,
  riffChunk,
  vp8x,
} from './pictures.test.kit.ts'
import { memorySource } from './source.ts'
import { POLICY } from './verdicts.test.kit.ts'

const FILES = process.env['THOROUGH'] === '1' ? 100_000 : 4_000
const SLOWEST_MS = 3_000
const LARGEST_SEED = 20_000

const folder = mkdtempSync(join(tmpdir(), 'bulwark-fuzz-'))
after(() => rmSync(folder, { recursive: true }))
execFileSync(process.execPath, [join(import.meta.dirname, '../fixtures/make-samples.mjs'), folder])

interface Seed {
  readonly bytes: Buffer
  readonly fileName: string
  readonly declaredType: string
}

const samples: readonly { file: string; fileName: string; declaredType: string; code: string }[] =
  JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'))
const own: readonly (readonly [Buffer, string])[] = [
  [apng(4), 'a.png'],
  [jpeg({ frame: 0xc2, components: 3, before: [exif(6)] }), 'a.jpg'],
  [gif({ frames: 3, before: extension(0xfe, 'words') }), 'a.gif'],
  [
    riff('WEBP', vp8x(2, 8, 8), riffChunk('ANIM', Buffer.alloc(6)), anmf(8, 8), anmf(4, 4)),
    'a.webp',
  ],
  [heif({ major: 'heic', coding: 'hvc1' }), 'a.heic'],
  [mp4(), 'a.mp4'],
  [bmp({ headerBytes: 124 }), 'a.bmp'],
  [
    zip([{ name: 'a.txt', data: 'a'.repeat(90), packed: true, described: true }, { name: 'b' }], {
      wide: true,
    }),
    'a.zip',
  ],
  [zip([{ name: 'in.zip', data: zip([{ name: 'a', data: 'a' }]) }]), 'a.zip'],
  [office('docx', { relations: [['hyperlink', 'https://example.org/', true]] }), 'a.docx'],
  [office('xlsx'), 'a.xlsx'],
  [page(), 'a.pdf'],
  [compactPdf(['<< /Type /Catalog /Pages 11 0 R >>', '<< /Type /Pages /Kids [] >>']), 'a.pdf'],
  [
    gzip(tar([{ name: 'a', data: 'x' }, { name: 'l', type: 'L', data: 'long' }, { name: 'b' }])),
    'a.tgz',
  ],
]
const seeds: readonly Seed[] = [
  ...samples
    .filter(one => one.code !== 'name')
    .map(one => ({ ...one, bytes: readFileSync(join(folder, one.file)) })),
  ...own.map(([bytes, fileName]) => ({ bytes, fileName, declaredType: '' })),
].filter(seed => seed.bytes.length <= LARGEST_SEED && seed.bytes.length > 0)

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

function held(): number {
  collect()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

test(`of ${FILES} damaged files none makes the judge throw, hang or keep memory`, async () => {
  const policy = policyOf(POLICY)
  const roll = dice(20_251_123)
  const pick = (): Seed => seeds[roll(seeds.length)]!
  const verdicts = new Map<string, number>()
  let before = 0
  let slowest = 0
  for (let i = 0; i < FILES; i++) {
    if (i === FILES / 4) before = held() // everything is warm
    if (i % 50 === 0) await turn() // zlib lets go of a failed stream in a turn of its own
    const seed = pick()
    const bytes = mutated(seed.bytes, pick().bytes, roll)
    const began = performance.now()
    const verdict = await judge(memorySource(bytes), seed, policy)
    slowest = Math.max(slowest, performance.now() - began)
    const code = verdict.ok ? 'ok' : verdict.refusal.code
    verdicts.set(code, (verdicts.get(code) ?? 0) + 1)
  }
  const grown = held() - before
  assert.ok(slowest < SLOWEST_MS, `${slowest} ms for one file`)
  assert.ok(grown < 16 * 1024 * 1024, `${grown} bytes more are held than after a quarter`)
  assert.ok(verdicts.size > 12, `only ${[...verdicts.keys()].join(', ')}`)
})
