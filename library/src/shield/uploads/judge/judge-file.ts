import { open } from 'node:fs/promises'
import { granted, type Outcome, refused } from '../../../kernel/outcome.ts'
import { type PolicyOptions, policyOf } from '../policy.ts'
import { refusals } from '../refusals.ts'
import { type Claim, judge } from './judge.ts'
import { handleSource, memorySource } from './source.ts'

/** What a file is, for who only wants to know. */
export interface FileVerdict {
  readonly type: string
  readonly name: string
  readonly width?: number
  readonly height?: number
}

/**
 * Judges a file as an upload would be judged, and keeps nothing: bytes in memory, or a path of ours
 * (never one that a client sent; see `openWithin`).
 *
 * @throws {ConfigFault} for options that cannot be meant
 */
export async function judgeFile(
  file: Uint8Array | string,
  claim: Claim,
  options: PolicyOptions,
): Promise<Outcome<FileVerdict>> {
  const policy = policyOf(options)
  if (typeof file !== 'string') {
    return told(
      await judge(
        memorySource(Buffer.from(file.buffer, file.byteOffset, file.byteLength)),
        claim,
        policy,
      ),
    )
  }
  const handle = await open(file)
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) return refused(refusals.notAFile)
    return told(await judge(handleSource(handle, stats.size), claim, policy))
  } finally {
    await handle.close()
  }
}

function told(judged: Awaited<ReturnType<typeof judge>>): Outcome<FileVerdict> {
  if (!judged.ok) return judged
  const { kind, name, facts } = judged.value
  return granted({ type: kind.type, name, ...facts })
}
