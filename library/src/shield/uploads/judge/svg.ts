import type { Refusal } from '../../../kernel/refusal.ts'
import { because, malformed, refusals } from '../refusals.ts'
import type { Bounds } from './bounds.ts'
import { pixels } from './picture.ts'
import type { Source } from './source.ts'
import type { Facts } from './walk.ts'
import { walkXml, xmlText } from './xml.ts'

const SVG = 'http://www.w3.org/2000/svg'
const MAX_BYTES = 4 * 1024 * 1024 // read in one step of the event loop
/** Elements that run, embed or listen, by local name in whatever namespace. */
const ACTIVE: ReadonlySet<string> = new Set(
  (
    'script handler listener foreignobject iframe frame frameset object embed applet audio video ' +
    'canvas html body head meta link base form input button textarea math portal template slot noscript'
  ).split(' '),
)
/** Elements that change attributes later, so also links and handlers. */
const ANIMATING: ReadonlySet<string> = new Set([
  'set',
  'animate',
  'animatemotion',
  'animatetransform',
])
const ADDRESSES: ReadonlySet<string> = new Set(
  'href src action formaction data background poster ping base from to by values srcset codebase'.split(
    ' ',
  ),
)
const RASTER = /^data:image\/(?:png|jpeg|gif|webp|avif)(?:;[a-z-]+=[^;,]*)*;base64,[a-z0-9+/=\s]*$/i
const SCHEME = /^[a-z][a-z0-9+.-]*:/i
const SCRIPT_SCHEME = /^(?:javascript|vbscript|livescript|data|mhtml|view-source|file|jar):/i
const STYLE_ACTIVE = /expression\s*\(|-moz-binding|behavior\s*:|javascript:/i
/** What editors write: nothing, or the W3C's own; never an internal subset. */
const HARMLESS_DOCTYPE =
  /^\s+svg\s*(?:PUBLIC\s+["']-\/\/W3C\/\/DTD SVG [^"'<>]*["']\s+["']https?:\/\/www\.w3\.org\/[^"'<>]*["']\s*)?$/i

/**
 * Walks an SVG that only draws: no script, handlers, foreign elements, references to elsewhere,
 * entities or processing instructions.
 *
 * @see SVG 2 §2.2 "secure static mode"
 */
export async function walkSvg(source: Source, bounds: Bounds): Promise<Refusal | Facts> {
  if (source.size > MAX_BYTES) {
    return because(refusals.tooLarge, `an SVG of more than ${MAX_BYTES} bytes`)
  }
  const text = xmlText(await source.read(0, source.size))
  if (text === undefined) return malformed('an encoding that is neither UTF-8 nor UTF-16')
  let facts: Facts = {}
  const path: string[] = []
  const refusal = walkXml(text, {
    doctype: inside =>
      HARMLESS_DOCTYPE.test(inside)
        ? undefined
        : because(refusals.externalEntity, 'a DOCTYPE of its own'),
    open(name, attributes) {
      const local = localName(name)
      path.push(local)
      if (path.length === 1) {
        if (local !== 'svg') return malformed(`the root is ${name}`)
        const prefix = name.includes(':') ? `xmlns:${name.split(':', 1)[0]}` : 'xmlns'
        if (attributes.get(prefix) !== SVG) return malformed('the root is not in the SVG namespace')
        const [width, height] = [length(attributes.get('width')), length(attributes.get('height'))]
        if (width > 0 && height > 0) {
          facts = { width, height }
          const bomb = pixels(width, height, bounds.image)
          if (bomb) return bomb
        }
      }
      if (ACTIVE.has(local)) return because(refusals.activeContent, `an element ${name}`)
      return attributesFault(local, attributes)
    },
    close() {
      path.pop()
      return undefined
    },
    text: inside => (path.at(-1) === 'style' ? styleFault(inside) : undefined),
  })
  return refusal ?? facts
}

function attributesFault(
  element: string,
  attributes: ReadonlyMap<string, string>,
): Refusal | undefined {
  for (const [name, value] of attributes) {
    const local = localName(name)
    if (name === 'xmlns' || name.startsWith('xmlns:')) continue
    if (/^on[a-z]/.test(local)) return because(refusals.activeContent, `a handler ${name}`)
    if (ANIMATING.has(element) && local === 'attributename' && !isHarmlessTarget(value)) {
      return because(refusals.activeContent, `an animation of ${JSON.stringify(value)}`)
    }
    const refusal =
      (ADDRESSES.has(local) ? addressFault(local, value) : undefined) ?? styleFault(value)
    if (refusal) return refusal
  }
  return undefined
}

function isHarmlessTarget(attribute: string): boolean {
  const local = localName(attribute.trim())
  return !/^on/.test(local) && !ADDRESSES.has(local) && local !== 'style'
}

/** Fragments of the same document, and raster pictures inline. */
function addressFault(attribute: string, value: string): Refusal | undefined {
  const address = value.replace(/[\x00-\x20\u00a0\u200b\ufeff]+/g, '')
  if (address === '' || address.startsWith('#')) return undefined
  if (attribute !== 'href' && attribute !== 'src') {
    // from, to, by and values are mostly numbers and colours
    if (SCRIPT_SCHEME.test(address)) return because(refusals.activeContent, 'a script address')
    return SCHEME.test(address) ||
      address.includes('//') ||
      /^(?:base|action|data|ping)$/.test(attribute)
      ? because(refusals.externalReference, `an address in ${attribute}`)
      : undefined
  }
  if (RASTER.test(address)) return undefined
  if (SCRIPT_SCHEME.test(address)) return because(refusals.activeContent, 'a script address')
  return because(refusals.externalReference, 'an address outside the document')
}

/** CSS, in `style` or in a presentation attribute: no imports, no addresses but fragments. */
function styleFault(css: string): Refusal | undefined {
  if (!/[@(:\\]/.test(css)) return undefined
  const plain = css
    .replace(/\/\*[\s\S]*?(?:\*\/|$)/g, '')
    .replace(/\\([0-9a-f]{1,6})\s?/gi, (_, hex: string) => codePoint(hex))
    .replaceAll('\\', '')
  if (STYLE_ACTIVE.test(plain)) return because(refusals.activeContent, 'script in a style')
  if (
    /@import|@font-face[^}]*url/i.test(plain) &&
    !/@font-face[^}]*url\(\s*["']?data:/i.test(plain)
  ) {
    return because(refusals.externalReference, 'a style from elsewhere')
  }
  for (const [, address = ''] of plain.matchAll(/(?:url|image-set|src)\(\s*["']?([^"')]*)/gi)) {
    const bare = address.trim()
    if (
      bare !== '' &&
      !bare.startsWith('#') &&
      !/^data:(?:image\/(?:png|jpeg|gif|webp)|font\/|application\/(?:x-)?font)/i.test(bare)
    ) {
      return because(refusals.externalReference, 'an address in a style')
    }
  }
  return undefined
}

function codePoint(hex: string): string {
  const code = Number.parseInt(hex, 16)
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ''
}

function localName(name: string): string {
  return (name.split(':').at(-1) ?? '').toLowerCase()
}

/** Pixels of `12` or `12px`; other units and percentages say nothing fixed. */
function length(value: string | undefined): number {
  const match = /^\s*(\d+(?:\.\d+)?)(?:px)?\s*$/.exec(value ?? '')
  return match ? Math.ceil(Number(match[1])) : 0
}
