import { isUtf8 } from 'node:buffer'
import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import type { OfficeBounds } from './bounds.ts'
import { entryKey } from './entry-path.ts'
import { walkXml, xmlText } from './xml.ts'
import type { Content } from './zip.ts'
import type { Directory, Entry } from './zip-directory.ts'

const TYPES_PART = '[Content_Types].xml'
const ROOT_RELATIONS = '_rels/.rels'
const MAX_PART_BYTES = 4 * 1024 * 1024
const MAIN: Readonly<Record<string, 'docx' | 'xlsx' | 'pptx'>> = {
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml': 'docx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml': 'xlsx',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml': 'pptx',
}
const MACRO_TYPE =
  /macroEnabled|vbaProject|vbaData|activeX|macrosheet|dialogsheet|ms-office\.legacy/i
const MACRO_RELATION =
  /\/(?:vbaProject|wordVbaData|xlMacrosheet|xlIntlMacrosheet|control|activeXControl\w*|keyMapCustomizations)$/i
const MACRO_NAME = /(?:^|\/)(?:vbaProject\w*\.bin|vbaData\.xml|macrosheets\/|activeX\/)/i
const EMBED_TYPE = /oleObject/i
const EMBED_RELATION = /\/(?:oleObject|package|aFChunk)$/i
const EMBED_NAME = /(?:^|\/)(?:embeddings\/|oleObject\w*\.bin)/i
const EXTERNAL_RELATION =
  /\/(?:attachedTemplate|subDocument|frame|externalLinkPath|mailMergeSource|mailMergeHeaderSource)$/i
const LINK = /^(?:https?|mailto|tel|ftp):|^#/i
const XML_PART = /\.(?:xml|rels|vml)$/i
const OWN_DEFINITIONS = /<!(?:DOCTYPE|ENTITY)/i
/** Fields that start programs: `DDE` and `DDEAUTO` in Word, `ddeLink` in Excel. */
const DDE =
  /<w:instrText[^>]*>[^<]*\bDDE(?:AUTO)?\b|w:instr\s*=\s*["'][^"']*\bDDE(?:AUTO)?\b|<(?:\w+:)?ddeLink\b/i
const CARRY = 256

/**
 * Reads an Office Open XML package while its parts stream by: what it calls itself, and that nothing
 * in it runs, embeds or fetches.
 *
 * @see ECMA-376 part 2 §6, §8, §9
 */
export class OfficeReader {
  readonly #bounds: OfficeBounds
  readonly #names: ReadonlySet<string>
  readonly #overrides = new Map<string, string>()
  readonly #defaults = new Map<string, string>()
  #main: string | undefined
  #fault: Refusal | undefined

  constructor(directory: Directory, bounds: OfficeBounds) {
    this.#bounds = bounds
    this.#names = new Set(directory.entries.map(entry => entryKey(entry.name)))
    for (const { name } of directory.entries) {
      if (MACRO_NAME.test(name)) this.#macro('a part with macros')
      if (EMBED_NAME.test(name)) this.#embedded('an embedded part')
    }
  }

  static isPackage(directory: Directory): boolean {
    return directory.entries.some(entry => entry.name === TYPES_PART)
  }

  #macro(why: string): void {
    if (!this.#bounds.dangerouslyAllowMacros) this.#fault ??= because(refusals.macro, why)
  }

  #embedded(why: string): void {
    if (this.#bounds.dangerouslyAllowEmbeddedObjects) return
    this.#fault ??= because(refusals.activeContent, why)
  }

  #external(why: string): void {
    if (this.#bounds.dangerouslyAllowExternalReferences) return
    this.#fault ??= because(refusals.externalReference, why)
  }

  /** Sees the XML of the package; other parts only count. */
  content(entry: Entry): Content | undefined {
    if (!XML_PART.test(entry.name)) return undefined
    const whole = entry.name === TYPES_PART || entry.name.endsWith('.rels')
    const pieces: Buffer[] = []
    let bytes = 0
    let carried = ''
    return {
      take: piece => {
        if (bytes === 0 && /^(?:\xff\xfe|\xfe\xff|\0)/.test(piece.toString('latin1', 0, 2))) {
          this.#fault ??= malformed('a part that is not UTF-8')
        }
        bytes += piece.length
        const words = carried + piece.toString('latin1')
        if (OWN_DEFINITIONS.test(words)) {
          this.#fault ??= because(refusals.externalEntity, 'a part with a DOCTYPE')
        }
        if (DDE.test(words)) this.#fault ??= because(refusals.activeContent, 'a DDE field')
        carried = words.slice(-CARRY)
        if (whole && bytes <= MAX_PART_BYTES) pieces.push(piece)
      },
      end: () => {
        if (whole) this.#read(entry.name, bytes, pieces)
        return this.#fault
      },
    }
  }

  #read(name: string, bytes: number, pieces: readonly Buffer[]): void {
    const joined = Buffer.concat(pieces)
    const text = bytes > MAX_PART_BYTES || !isUtf8(joined) ? undefined : xmlText(joined)
    if (text === undefined) {
      this.#fault ??= malformed(`${name.slice(-40)} is too large or not UTF-8`)
      return
    }
    const refusal = walkXml(text, {
      open: (element, attributes) => {
        const local = element.split(':').at(-1)
        if (local === 'Relationship') this.#relation(name, attributes)
        else if (local === 'Override' || local === 'Default') this.#type(attributes)
        return undefined
      },
    })
    this.#fault ??= refusal
  }

  #type(attributes: ReadonlyMap<string, string>): void {
    const type = attributes.get('ContentType') ?? ''
    const partName = attributes.get('PartName')
    const extension = attributes.get('Extension')
    if (MACRO_TYPE.test(type)) this.#macro('a type with macros')
    if (EMBED_TYPE.test(type) && partName !== undefined) this.#embedded('an embedded object')
    if (partName !== undefined) this.#overrides.set(partName.replace(/^\//, ''), type)
    if (extension !== undefined) this.#defaults.set(extension.toLowerCase(), type)
  }

  #relation(part: string, attributes: ReadonlyMap<string, string>): void {
    const type = attributes.get('Type') ?? ''
    const target = attributes.get('Target') ?? ''
    if (MACRO_RELATION.test(type)) this.#macro('a relationship to macros')
    if (EMBED_RELATION.test(type)) this.#embedded('a relationship to an embedded object')
    if (attributes.get('TargetMode')?.toLowerCase() === 'external') {
      const isLink = type.endsWith('/hyperlink') && LINK.test(target.trim())
      if (!isLink) this.#external('a relationship to another place')
    } else if (
      EXTERNAL_RELATION.test(type) ||
      /^[a-z][a-z0-9+.-]*:|^\/\/|^\\\\/i.test(target.trim())
    ) {
      this.#external('a relationship to another place')
    }
    if (part === ROOT_RELATIONS && type.endsWith('/officeDocument')) {
      if (this.#main !== undefined) this.#fault ??= malformed('two main parts')
      this.#main = target.replace(/^\//, '')
    }
  }

  /** After the last entry: which kind of document it is, `undefined` for another kind of package. */
  verdict(): Refusal | 'docx' | 'xlsx' | 'pptx' | undefined {
    if (this.#fault) return this.#fault
    const main = this.#main
    if (main === undefined) return undefined
    if (!this.#names.has(main)) return malformed('the main part is missing')
    const extension = main.slice(main.lastIndexOf('.') + 1).toLowerCase()
    return MAIN[this.#overrides.get(main) ?? this.#defaults.get(extension) ?? '']
  }
}
