import { granted, type Outcome, refused } from '../../../kernel/outcome.ts'
import type { Refusal } from '../../../kernel/refusal.ts'
import { extensionOf, judgeFileName } from '../names/file-name.ts'
import { because, refusals } from '../refusals.ts'
import { findActive, hidesArchive } from './active.ts'
import { walkZipFile } from './archive.ts'
import type { Bounds } from './bounds.ts'
import { type Detected, detect } from './detect.ts'
import { type Kind, kindNamed, kindOfExtension } from './kinds.ts'
import { type Source, stretch } from './source.ts'
import { type Facts, isRefusal } from './walk.ts'

/** What the client says about a file. None of it is believed. */
export interface Claim {
  readonly fileName: string
  /** The part's Content-Type, an empty string when none was sent. */
  readonly declaredType: string
}

/** What may come in. */
export interface Policy {
  readonly allow: ReadonlySet<Kind>
  readonly bounds: Bounds
  readonly names: { readonly maxBytes: number; readonly onDanger: 'refuse' | 'repair' }
}

/** What a file is, from its own bytes. */
export interface Judgement {
  readonly kind: Kind
  /** The client's name, cleaned. Metadata only. */
  readonly name: string
  readonly facts: Facts
}

/** Types that claim nothing. */
const SILENT: ReadonlySet<string> = new Set(['', 'application/octet-stream', 'binary/octet-stream'])
const ESSENCE = /^[\t ]*([!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+)[\t ]*(?:;[^,]*)?$/

/**
 * Judges one file: its name, then its type by its bytes, which the extension, the declared type and
 * the allow-list must agree with, then its structure to the last byte.
 *
 * @see ASVS 5.2.1, 5.2.2, 5.2.6; OWASP File Upload Cheat Sheet
 */
export async function judge(
  source: Source,
  claim: Claim,
  policy: Policy,
): Promise<Outcome<Judgement>> {
  if (source.size === 0) return refused(because(refusals.empty, 'no bytes'))
  if (source.size > policy.bounds.maxBytes) {
    return refused(because(refusals.tooLarge, `more than ${policy.bounds.maxBytes} bytes`))
  }
  const name = judgeFileName(claim.fileName, policy.names.onDanger, policy.names.maxBytes)
  if (!name.ok) return name
  const detected = await detect(source)
  const typed = await typeOf(source, detected, kindOfExtension(extensionOf(name.value)), policy)
  if ('code' in typed) return refused(typed)
  const mismatch = claimFault(typed.kind, name.value, claim.declaredType, policy)
  if (mismatch) return refused(mismatch)
  if (await isScript(source, typed.kind)) return refused(because(refusals.polyglot, 'a script'))
  const facts = typed.facts ?? (await typed.kind.walk(source, policy.bounds))
  if (isRefusal(facts)) return refused(facts)
  const hidden = await hiddenFault(source, typed.kind)
  return hidden ? refused(hidden) : granted({ kind: typed.kind, name: name.value, facts })
}

interface Typed {
  readonly kind: Kind
  /** Present when finding out the type meant walking the file. */
  readonly facts?: Facts
}

/** The kind of the bytes. ZIPs are walked for it, texts take the word of their extension. */
async function typeOf(
  source: Source,
  detected: Detected,
  claimed: Kind | undefined,
  policy: Policy,
): Promise<Typed | Refusal> {
  switch (detected.is) {
    case 'kind':
      return { kind: detected.kind }
    case 'zip': {
      const found = await walkZipFile(source, policy.bounds)
      if (typeof found !== 'string') return found
      const kind = kindNamed(found === 'zip' ? 'archive/zip' : `document/${found}`)
      return kind === undefined ? refusals.contentMismatch : { kind, facts: {} }
    }
    case 'text': {
      const kind = claimed?.name.startsWith('text/') ? claimed : kindNamed('text/plain')
      const fits = kind !== undefined && (!detected.html || kind.type === 'text/markdown')
      return fits ? { kind } : because(refusals.contentMismatch, 'the content is HTML or PHP')
    }
    case 'other':
      if (detected.mixed) return because(refusals.polyglot, detected.what)
      if (await hidesArchive(source))
        return because(refusals.polyglot, 'a ZIP behind something else')
      return because(refusals.contentMismatch, `the content is ${detected.what}`)
    default:
      return detected satisfies never
  }
}

/** The allow-list, the extension and the declared type against what the bytes are. */
function claimFault(
  kind: Kind,
  name: string,
  declaredType: string,
  policy: Policy,
): Refusal | undefined {
  const extension = extensionOf(name)
  const agrees = kind.extensions.includes(extension)
  if (!policy.allow.has(kind)) {
    return agrees || kindOfExtension(extension) === undefined
      ? because(refusals.typeNotAllowed, `${kind.type} is not on the list`)
      : because(
          refusals.contentMismatch,
          `the content is ${kind.type}, the name ends in .${extension}`,
        )
  }
  if (!agrees) {
    return because(
      refusals.extensionMismatch,
      `the content is ${kind.type}, the extension .${extension}`,
    )
  }
  const essence = ESSENCE.exec(declaredType)?.[1]?.toLowerCase()
  if (essence === undefined && declaredType.trim() !== '') {
    return because(refusals.declaredMismatch, 'the declared type is not one media type')
  }
  const told = essence ?? ''
  if (SILENT.has(told) || told === kind.type || kind.aliases.includes(told)) return undefined
  return because(
    refusals.declaredMismatch,
    `the content is ${kind.type}, declared as ${told.slice(0, 80)}`,
  )
}

/** What stands in a valid file for the eyes of another program. */
async function hiddenFault(source: Source, kind: Kind): Promise<Refusal | undefined> {
  if (kind.isZip || kind.name === 'archive/gzip') return undefined
  if (await hidesArchive(source)) return because(refusals.polyglot, 'a ZIP inside')
  if (!kind.name.startsWith('image/')) return undefined
  const head = await source.read(0, 1024)
  if (head.includes('%PDF-')) return because(refusals.polyglot, 'a PDF inside')
  return findActive(source)
}

/** Where the length or width after the signature, of pictures whose signature is a JavaScript word. */
const COMMENT_AT: Readonly<Record<string, number>> = {
  'image/gif': 6,
  'image/bmp': 2,
  'image/jpeg': 4,
}

/** Whether a length or width makes a picture begin with a comment of JavaScript that ends inside. */
async function isScript(source: Source, kind: Kind): Promise<boolean> {
  const at = COMMENT_AT[kind.type]
  if (at === undefined) return false
  if (!/^=?\w?\/\*/.test((await source.read(at, 4)).toString('latin1'))) return false
  for await (const bytes of stretch(source, at, source.size)) if (bytes.includes('*/')) return true
  return false
}
