import assert from 'node:assert/strict'
import { test } from 'node:test'
import { world } from './receive/world.test.kit.ts'
import { uploadsChecks } from './uploads.checks.ts'
import { stripMetadata, type UploadsOptions } from './uploads.ts'

const CAREFUL: Partial<UploadsOptions> = {
  scan: async () => ({ clean: true }),
  rewrite: stripMetadata(),
  download: { origin: 'https://files.example' },
}

function found(options: Partial<UploadsOptions>): readonly string[] {
  const { settings } = world({ ...CAREFUL, ...options }).files
  return uploadsChecks.filter(check => check.found({ services: [settings] })).map(({ id }) => id)
}

test('a careful service hears nothing, and neither does one without files', () => {
  assert.deepEqual(found({}), [])
  assert.deepEqual(
    uploadsChecks.filter(check => check.found({ services: [] })),
    [],
  )
})

test('the defaults are told what else could be done, and nothing worse', () => {
  const { settings } = world().files
  const ids = uploadsChecks.filter(check => check.found({ services: [settings] }))
  assert.deepEqual(
    ids.map(({ severity }) => severity),
    ids.map(() => 'advice'),
  )
})

const mistakes: readonly (readonly [string, Partial<UploadsOptions>])[] = [
  ['uploads.runs-inline', { download: { origin: 'https://f.example', inline: ['image/svg+xml'] } }],
  ['uploads.dangerous', { pdf: { dangerouslyAllowJavascript: true } }],
  ['uploads.dangerous', { archive: { dangerouslyAllowLinks: true } }],
  ['uploads.dangerous', { office: { dangerouslyAllowMacros: true } }],
  ['uploads.no-quota', { quota: false }],
  ['uploads.slow-senders', { request: { minBytesPerSecond: 1 } }],
  ['uploads.slow-senders', { request: { idleSeconds: 3600 } }],
  ['uploads.large-pictures', { image: { maxPixels: 1_000_000_000 } }],
  ['uploads.wide-archives', { archive: { maxExpandedBytes: 2 ** 40 } }],
  ['uploads.wide-archives', { archive: { maxDepth: 9 } }],
  ['uploads.unscanned', { scan: undefined as never }],
  ['uploads.own-origin', { download: {} }],
  ['uploads.places-kept', { rewrite: undefined as never }],
]
for (const [id, options] of mistakes) {
  test(`finds ${id} in ${JSON.stringify(options)}`, () => assert.deepEqual(found(options), [id]))
}
