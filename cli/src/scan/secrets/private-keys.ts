import type { Rule } from '../../output/finding.ts'
import { type Hit, isMadeUp, type Passage } from './hit.ts'
import { entropy } from './literal.ts'

export const privateKey: Rule = {
  id: 'secrets.private-key',
  what: 'A private key stands in the text.',
  why: 'Whoever has it signs, decrypts or signs in as its owner, until every use of it is exchanged.',
  fix: 'Make a new pair, exchange the public half everywhere, revoke the old one, then clean the history.',
}

/** A quarter of the smallest real body (an Ed25519 key has 64 characters of base64). */
const MIN_BODY = 48

// The body may be written with real line breaks, with \n in a string, or with indentation and quotes.
const PEM =
  /-----BEGIN ?((?:[A-Z0-9]+ ){0,3})PRIVATE KEY(?: BLOCK)?-----(?:\s{1,4}[A-Za-z-]{1,20}: [^\r\n]{0,100}){0,4}([A-Za-z0-9+/=\s\\"'`,;:.()]{0,16000})-----END/g
const PUTTY = /PuTTY-User-Key-File-\d:[\s\S]{0,4000}?Private-Lines: \d+\s+([A-Za-z0-9+/=\s]+)/g

/** PEM, OpenSSH, PGP, PuTTY and JSON Web Keys with their private half. */
export function* privateKeyHits(passage: Passage): Generator<Hit> {
  const { text } = passage
  if (text.includes('PRIVATE KEY')) {
    for (const match of text.matchAll(PEM)) {
      const body = (match[2] ?? '').replace(/\\[nr]|[^A-Za-z0-9+/=]/g, '')
      if (body.length < MIN_BODY || entropy(body) < 4 || match[2]?.includes('...')) continue
      const kind = `${(match[1] ?? '').trim() || 'PKCS #8'} private key`
      yield hit(passage, kind, match.index, match[0])
    }
  }
  if (text.includes('PuTTY-User-Key-File')) {
    for (const match of text.matchAll(PUTTY)) {
      yield hit(passage, 'PuTTY private key', match.index, match[0])
    }
  }
  yield* jwkHits(passage)
}

/** Members come in any order, so both are looked for in the braces around `"d"`. */
function* jwkHits(passage: Passage): Generator<Hit> {
  const { text } = passage
  if (!/["']?kty["']?\s*:/.test(text)) return
  for (const match of text.matchAll(/["']?\b[dk]["']?\s*:\s*["']([A-Za-z0-9_-]{32,1400})["']/g)) {
    const value = match[1] ?? ''
    const from = text.lastIndexOf('{', match.index)
    const to = text.indexOf('}', match.index)
    const around = text.slice(from, to === -1 ? match.index : to)
    const kty = /["']?kty["']?\s*:\s*["'](RSA|EC|OKP|AKP|oct)["']/.exec(around)?.[1]
    const isKey = kty !== undefined && (kty === 'oct') === /^["']?k/.test(match[0])
    if (!isKey || entropy(value) < 4) continue
    yield hit(passage, `${kty} JSON Web Key`, match.index + match[0].lastIndexOf(value), value)
  }
}

// Decision: keys among tests are told and fail nothing; a server under test needs one.
// Cost: a real key that was copied there is only told, too.
function hit({ path }: Passage, kind: string, from: number, value: string): Hit {
  const severity = isMadeUp(path) ? 'info' : 'critical'
  return { rule: privateKey, severity, kind, from, to: from + value.length, value }
}
