import type { Refusal } from '../../../kernel/refusal.ts'
import { because, refusals } from '../refusals.ts'

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const TYPE = /^multipart\/form-data[\t ]*(?=;|$)/i
const PARAMETER = new RegExp(
  `[\\t ]*;[\\t ]*(${TOKEN})=(?:(${TOKEN})|"([^"\\\\\\x00-\\x1f\\x7f]*)")`,
  'y',
)
/** RFC 2046 §5.1.1: up to 70 characters, the last one no blank. */
const BOUNDARY = /^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/

/**
 * The boundary of a `multipart/form-data` body, from its Content-Type.
 *
 * @returns `uploads.not_multipart` for another type, `uploads.malformed_body` for a boundary that is
 *   absent, doubled or none
 */
export function boundaryOf(contentType: string | undefined): string | Refusal {
  const type = TYPE.exec(contentType ?? '')
  if (contentType === undefined || !type) return refusals.notMultipart
  let boundary: string | undefined
  let at = type[0].length
  while (at < contentType.length) {
    PARAMETER.lastIndex = at
    const parameter = PARAMETER.exec(contentType)
    if (!parameter) return because(refusals.malformedBody, 'a parameter of the Content-Type')
    at = PARAMETER.lastIndex
    if (parameter[1]?.toLowerCase() !== 'boundary') continue
    if (boundary !== undefined) return because(refusals.malformedBody, 'two boundaries')
    boundary = parameter[2] ?? parameter[3] ?? ''
  }
  if (boundary === undefined || !BOUNDARY.test(boundary)) {
    return because(refusals.malformedBody, 'no boundary that RFC 2046 knows')
  }
  return boundary
}
