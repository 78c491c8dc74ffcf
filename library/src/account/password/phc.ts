/** A password hash in the PHC string format: `$id[$v=N][$key=value,…][$salt[$hash]]`. */
export interface Phc {
  readonly id: string
  readonly version: number | undefined
  readonly params: Readonly<Record<string, string>>
  readonly salt: Buffer
  readonly hash: Buffer
}

const ID = /^[a-z0-9-]{1,32}$/
const PARAM = /^([a-z0-9-]{1,32})=([a-zA-Z0-9/+.-]{1,64})$/
const B64 = /^[A-Za-z0-9+/]+$/
const MOST = 512

/**
 * Reads a PHC string strictly. Answers `undefined` for whatever is not one, never throws.
 *
 * @see https://github.com/P-H-C/phc-string-format
 */
export function parsePhc(text: string): Phc | undefined {
  if (text.length > MOST || !text.startsWith('$')) return undefined
  const parts = text.slice(1).split('$')
  const id = parts.shift() ?? ''
  if (!ID.test(id)) return undefined
  let version: number | undefined
  if (parts[0] !== undefined && /^v=\d{1,3}$/.test(parts[0])) {
    version = Number(parts.shift()?.slice(2))
  }
  const [list, salt, hash, ...more] = parts
  if (list === undefined || salt === undefined || hash === undefined || more.length > 0) {
    return undefined
  }
  const params: Record<string, string> = Object.create(null)
  for (const one of list.split(',')) {
    const [, name, value] = PARAM.exec(one) ?? []
    if (name === undefined || value === undefined || name in params) return undefined
    params[name] = value
  }
  const [saltBytes, hashBytes] = [unpadded(salt), unpadded(hash)]
  if (saltBytes === undefined || hashBytes === undefined) return undefined
  return { id, version, params, salt: saltBytes, hash: hashBytes }
}

/** Writes one, parameters in the order given. */
export function phcText(phc: Phc): string {
  const version = phc.version === undefined ? '' : `$v=${phc.version}`
  const params = Object.entries(phc.params).map(([name, value]) => `${name}=${value}`)
  return `$${phc.id}${version}$${params.join(',')}$${base64(phc.salt)}$${base64(phc.hash)}`
}

/** A whole number parameter in plain decimal, within bounds, or `undefined`. */
export function wholeParam(
  phc: Phc,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const text = phc.params[name]
  if (text === undefined || !/^(0|[1-9]\d{0,9})$/.test(text)) return undefined
  const value = Number(text)
  return value >= least && value <= most ? value : undefined
}

/** Standard alphabet without padding, as PHC strings have it. */
export function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

function unpadded(text: string): Buffer | undefined {
  if (!B64.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  return base64(bytes) === text ? bytes : undefined
}
