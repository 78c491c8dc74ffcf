/** Whether the browser shows a file or saves it. */
export type Disposition = 'inline' | 'attachment'

const MAX_ASCII = 120

/**
 * A `Content-Disposition` value with both forms of the name: `filename` in ASCII for who knows no
 * other, `filename*` in UTF-8 where the name is not plain.
 *
 * @param name cleaned before (see names/); what could still break out of the header is coded here
 * @see RFC 6266 §4, RFC 8187 §3.2; ASVS 5.4.1, 5.4.2
 */
export function contentDisposition(disposition: Disposition, name: string): string {
  const whole = name.toWellFormed().replace(/\p{Cc}/gu, '_')
  const plain = plainName(whole)
  const both = plain === whole ? '' : `; filename*=UTF-8''${extended(whole)}`
  return `${disposition}; filename="${plain}"${both}`
}

/** Letters, digits and harmless signs; accents fall off, the rest becomes `_`. */
function plainName(name: string): string {
  const text = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/gu, '_')
  const safe = text.replace(/["\\/%;]/g, '_').trim()
  if (safe.length <= MAX_ASCII) return safe === '' ? 'file' : safe
  const dot = safe.lastIndexOf('.')
  const ending = dot > 0 && safe.length - dot <= 12 ? safe.slice(dot) : ''
  return safe.slice(0, MAX_ASCII - ending.length) + ending
}

/** RFC 8187 `ext-value`: everything but attr-char as %XX. */
function extended(name: string): string {
  return encodeURIComponent(name).replace(
    /['()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
