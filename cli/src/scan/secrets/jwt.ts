import type { Rule } from '../../output/finding.ts'
import { record } from '../lockfiles/shape.ts'
import { type Hit, isMadeUp, type Passage } from './hit.ts'

export const signedToken: Rule = {
  id: 'secrets.token',
  what: 'A signed token (JWT) stands in the text.',
  why: 'It is a key to whatever accepts it, until it expires; some never do.',
  fix: 'Revoke it or rotate the key that signed it, and issue one where it is needed.',
}

const JWT = /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{20,}/g

/** Tokens are read, so that those which expired long ago are only told. */
export function jwtDetector(now: number): (passage: Passage) => Generator<Hit> {
  return function* ({ text, path }) {
    if (!text.includes('eyJ') || isMadeUp(path)) return
    for (const match of text.matchAll(JWT)) {
      const value = match[0]
      const [header, payload] = value.split('.').slice(0, 2).map(decoded)
      if (header?.['alg'] === undefined || header['alg'] === 'none' || payload === undefined)
        continue
      // The token of everybody's documentation.
      if (payload['sub'] === '1234567890' || payload['name'] === 'John Doe') continue
      const expires = payload['exp']
      const isOver = typeof expires === 'number' && expires * 1000 < now
      yield {
        rule: signedToken,
        severity: isOver ? 'info' : 'medium',
        kind: isOver ? 'expired JWT' : 'JWT',
        from: match.index,
        to: match.index + value.length,
        value,
      }
    }
  }
}

function decoded(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return record(JSON.parse(Buffer.from(part, 'base64url').toString('utf8')))
  } catch {
    return undefined
  }
}
