import { ConfigFault } from '../../kernel/fault.ts'
import { onlyKnown } from '../../kernel/options.ts'
import {
  type ArchiveBounds,
  type Bounds,
  DEFAULT_BOUNDS,
  type ImageBounds,
  type OfficeBounds,
  type PdfBounds,
} from './judge/bounds.ts'
import type { Policy } from './judge/judge.ts'
import { KINDS, type Kind, kindNamed, kindsOfFamily } from './judge/kinds.ts'

/** What may come in. Everything but `allow` has a default. */
export interface PolicyOptions {
  /**
   * Media types (`image/png`), their other names (`document/pdf`, `document/docx`, `archive/zip`) or
   * whole families: `image/*`, `document/*`, `text/*`, `archive/*`, `video/*`, `drawing/*`.
   */
  readonly allow: readonly string[]
  /** Bytes of one file; 10 MiB. */
  readonly maxBytes?: number
  readonly image?: Partial<ImageBounds>
  readonly archive?: Partial<ArchiveBounds>
  readonly pdf?: Partial<PdfBounds>
  readonly office?: Partial<OfficeBounds>
  readonly names?: {
    /** Bytes of a file name in UTF-8; 255, and never more. */
    readonly maxBytes?: number
    /** `refuse` tells why; `repair` makes a harmless name of it. */
    readonly onDanger?: 'refuse' | 'repair'
  }
}

/** @throws {ConfigFault} for an unknown type, an empty list, or a limit that is none */
export function policyOf(options: PolicyOptions): Policy {
  const { allow, maxBytes = DEFAULT_BOUNDS.maxBytes } = options
  if (allow.length === 0)
    throw new ConfigFault('uploads.allow', 'is empty; name types, such as image/png')
  const bounds: Bounds = {
    maxBytes: limit('maxBytes', maxBytes),
    image: section('image', DEFAULT_BOUNDS.image, options.image),
    archive: section('archive', DEFAULT_BOUNDS.archive, options.archive),
    pdf: section('pdf', DEFAULT_BOUNDS.pdf, options.pdf),
    office: section('office', DEFAULT_BOUNDS.office, options.office),
  }
  const nameBytes = limit('names.maxBytes', options.names?.maxBytes ?? 255)
  if (nameBytes < 16 || nameBytes > 255)
    throw new ConfigFault('uploads.names.maxBytes', 'is not from 16 to 255')
  const onDanger = options.names?.onDanger ?? 'refuse'
  return {
    allow: new Set(allow.flatMap(kindsCalled)),
    bounds,
    names: { maxBytes: nameBytes, onDanger },
  }
}

function kindsCalled(word: string): readonly Kind[] {
  const family = /^([a-z]+)\/\*$/.exec(word)?.[1]
  const kinds = family === undefined ? [kindNamed(word)] : kindsOfFamily(family)
  const found = kinds.filter(kind => kind !== undefined)
  if (found.length > 0) return found
  const known = KINDS.map(kind => kind.name).join(', ')
  throw new ConfigFault(
    'uploads.allow',
    `knows no type ${JSON.stringify(word)}; there are ${known}`,
  )
}

function section<T extends object>(name: string, defaults: T, given: Partial<T> = {}): T {
  onlyKnown(`uploads.${name}`, given, Object.keys(defaults))
  const merged: T = { ...defaults, ...given }
  for (const [key, value] of Object.entries(merged)) {
    if (typeof value === 'number') limit(`${name}.${key}`, value)
  }
  return merged
}

/** Whole and positive. */
export function limit(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new ConfigFault(`uploads.${name}`, `is ${value}; write a whole number greater than zero`)
}
