import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../../kernel/outcome.ts'
import { type PolicyOptions, policyOf } from '../policy.ts'
import { type Judgement, judge } from './judge.ts'
import { memorySource } from './source.ts'

/** What the corpus' own policy is, which is a little wider than the library's. */
export const POLICY: PolicyOptions = {
  allow: ['image/*', 'drawing/*', 'document/*', 'archive/*', 'text/*', 'video/*'],
  maxBytes: 1 << 20,
  image: { maxPixels: 50_000_000, maxFrames: 500, maxMetadataBytes: 1 << 20 },
  archive: { maxEntries: 1000, maxExpandedBytes: 64 << 20, maxRatio: 200, maxDepth: 2 },
}

/** Judges bytes as an upload of this name. */
export async function verdictOf(
  bytes: Buffer,
  fileName: string,
  options: Partial<PolicyOptions> = {},
  declaredType = '',
): Promise<Outcome<Judgement>> {
  return judge(memorySource(bytes), { fileName, declaredType }, policyOf({ ...POLICY, ...options }))
}

/** A friend (`ok`) or an attack with the code that stops it, after its `uploads.`. */
export type Row = readonly [
  what: string,
  code: string,
  bytes: Buffer | string,
  fileName: string,
  options?: Partial<PolicyOptions>,
]

/** One test for each row. */
export function rows(table: readonly Row[]): void {
  for (const [what, code, bytes, fileName, options] of table) {
    test(`${code === 'ok' ? 'lets in' : 'refuses'} ${what}`, async () => {
      const verdict = await verdictOf(Buffer.from(bytes), fileName, options)
      const told = verdict.ok ? 'ok' : verdict.refusal.code.replace('uploads.', '')
      assert.equal(told, code, verdict.ok ? '' : verdict.refusal.why)
    })
  }
}
