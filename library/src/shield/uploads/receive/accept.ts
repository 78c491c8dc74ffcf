import { StoreFault } from '../../../kernel/fault.ts'
import { granted, type Outcome, refused } from '../../../kernel/outcome.ts'
import { type Judgement, judge, type Policy } from '../judge/judge.ts'
import { memorySource, type Source } from '../judge/source.ts'
import type { Spool } from '../keep/spool.ts'
import type { Draft, FileStorage, StoredFile } from '../keep/storage.ts'
import { because, malformed } from '../refusals.ts'
import { type Rewriter, spooled } from './rewrite.ts'
import { type Scanner, scanFault } from './scan.ts'

/** What decides about a file once all of it is there. */
export interface AcceptRules {
  readonly policy: Policy
  readonly storage: FileStorage
  readonly scan: Scanner | undefined
  readonly scanSeconds: number
  readonly rewrite: Rewriter | undefined
  readonly clock: () => number
}

/** A file that may be kept, and where it waits for that. */
export interface Accepted {
  readonly draft: Draft
  readonly file: StoredFile
}

export interface Claimed {
  readonly fileName: string
  readonly declaredType: string
  readonly owner: string
}

/**
 * Judges a file, has it rewritten and scanned, and brings it durably to the disk. Every draft made
 * on the way is given to `holds`, so that whoever began the upload can clear it away.
 */
export async function accept(
  spool: Spool,
  claimed: Claimed,
  rules: AcceptRules,
  gone: AbortSignal,
  holds: (draft: Draft) => void,
): Promise<Outcome<Accepted>> {
  const sha256 = spool.sha256()
  const { memory, bytes } = spool
  let waiting = memory === undefined ? await spool.draft() : undefined
  const source = memory === undefined ? draftSource(waiting, bytes) : memorySource(memory)
  const judged = await judge(source, claimed, rules.policy)
  if (!judged.ok) return judged
  waiting ??= await spool.draft()
  const first: Candidate = { draft: waiting, bytes, sha256, judgement: judged.value }
  const last = rules.rewrite
    ? await rewritten(first, rules.rewrite, rules, gone, holds)
    : granted(first)
  if (!last.ok) return last
  const { draft, judgement } = last.value
  await draft.seal()
  const file = fileOf(last.value, claimed.owner, rules.clock())
  if (rules.scan === undefined) return granted({ draft, file })
  const { type } = judgement.kind
  const seen = {
    path: draft.path,
    bytes: file.bytes,
    type,
    sha256: file.sha256,
    read: readOf(draft),
  }
  const refusal = await scanFault(rules.scan, seen, rules.scanSeconds, gone)
  return refusal ? refused(refusal) : granted({ draft, file })
}

interface Candidate {
  readonly draft: Draft
  readonly bytes: number
  readonly sha256: string
  readonly judgement: Judgement
}

function draftSource(draft: Draft | undefined, size: number): Source {
  return {
    size,
    read: (at, length) =>
      draft?.read(at, Math.min(length, size - at)) ?? Promise.resolve(Buffer.alloc(0)),
  }
}

function readOf(draft: Draft): (at: number, length: number) => Promise<Buffer> {
  return (at, length) => draft.read(at, length)
}

async function rewritten(
  from: Candidate,
  rewrite: Rewriter,
  rules: AcceptRules,
  gone: AbortSignal,
  holds: (draft: Draft) => void,
): Promise<Outcome<Candidate>> {
  const { type } = from.judgement.kind
  const draft = await rules.storage.begin()
  holds(draft)
  try {
    const pieces = await rewrite({
      path: from.draft.path,
      bytes: from.bytes,
      type,
      read: readOf(from.draft),
      signal: gone,
    })
    if (pieces === undefined) return granted(from)
    const { bytes, sha256 } = await spooled(pieces, draft, rules.policy.bounds.maxBytes)
    const claim = { fileName: from.judgement.name, declaredType: type }
    const judged = await judge(draftSource(draft, bytes), claim, rules.policy)
    return judged.ok ? granted({ draft, bytes, sha256, judgement: judged.value }) : judged
  } catch (error) {
    if (error instanceof StoreFault) throw error
    return refused(because(malformed('not rewritten'), `cannot be rewritten: ${String(error)}`))
  }
}

function fileOf(
  { draft, bytes, sha256, judgement }: Candidate,
  owner: string,
  now: number,
): StoredFile {
  return {
    id: draft.id,
    owner,
    name: judgement.name,
    type: judgement.kind.type,
    bytes,
    sha256,
    storedAt: now,
    ...judgement.facts,
  }
}
