import type { Refusal } from '../../../kernel/refusal.ts'
import { because, refusals } from '../refusals.ts'
import type { PdfBounds } from './bounds.ts'
import type { PdfValue } from './pdf-values.ts'

/** Names that make a reader do something when the document opens, or that carry files. */
export function dangerOf(name: string, bounds: PdfBounds): Refusal | undefined {
  switch (name) {
    case 'JavaScript':
    case 'JS':
    case 'XFA':
      if (bounds.dangerouslyAllowJavascript) return undefined
      break
    case 'Launch':
      if (bounds.dangerouslyAllowLaunch) return undefined
      break
    case 'EmbeddedFile':
    case 'EmbeddedFiles':
    case 'EF':
      if (bounds.dangerouslyAllowEmbeddedFiles) return undefined
      break
    case 'RichMedia':
    case 'SubmitForm':
    case 'ImportData':
    case 'Movie':
    case 'Rendition':
      break
    case 'GoToE':
    case 'GoToR':
      return because(refusals.externalReference, `an action ${name}`)
    default:
      return undefined
  }
  return because(refusals.activeContent, `a name ${name}`)
}

/** No `URI` action leads to a script or a file. */
export function addressFault(value: PdfValue): Refusal | undefined {
  const pending: PdfValue[] = [value]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (Array.isArray(next)) {
      for (const item of next) pending.push(item)
    } else if (next instanceof Map) {
      for (const [key, item] of next) {
        const address =
          key === 'URI' && typeof item === 'string' ? item.replace(/[\\\0\s\xfe\xff]/g, '') : ''
        if (/^(?:javascript|vbscript|data|file):/i.test(address)) {
          return because(refusals.activeContent, 'a link to a script or file')
        }
        pending.push(item)
      }
    }
  }
  return undefined
}
