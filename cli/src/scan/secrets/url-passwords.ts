import type { Rule } from '../../output/finding.ts'
import { type Hit, isMadeUp, type Passage } from './hit.ts'
import { entropy, isPlaceholder, isTemplate } from './literal.ts'

export const urlPassword: Rule = {
  id: 'secrets.url-password',
  what: 'An address carries a password.',
  why: 'Addresses are logged, printed in errors and shared; the password goes along each time.',
  fix: 'Change the password, and put the address together from the environment at start.',
}

// The password may itself hold a slash or a colon when somebody forgot to encode it, but no space.
const URL_WITH_PASSWORD =
  /\b([a-z][a-z0-9+.-]{1,30}):\/\/([^\s:@/"'`<>{}|\\^]{0,100}):([^\s@"'`<>{}|\\^]{3,200})@(\[[0-9a-f:]+\]|[A-Za-z0-9._-]{1,253})/gi

const RESERVED =
  /(?:^|\.)(?:example(?:\.(?:com|org|net|edu))?|test|invalid|localhost|host(?:name)?|server|domain|yourdomain|mydomain|proxy|foo|bar)(?:\.[a-z]+)?$/i

const LOCAL =
  /^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1\]|host\.docker\.internal|[a-z][a-z0-9_-]*)$/i

const EVERYBODYS =
  /^(?:pass(?:word|wd)?\d{0,4}|pwd|secret\d{0,4}|hunter2|letmein|postgres(?:ql)?|mysql|mongo(?:db)?|redis|rabbitmq|guest|admin\d{0,4}|root\d{0,4}|user\d{0,4}|test\d{0,4}|dev|local|docker|my(?:pass(?:word)?|secret)|somepassword|p@ssw0rd|1234\d*|foo|bar|baz|qux|abc\d*|key[-_]?\d*)$/i

/** `scheme://user:password@host`, of any scheme. */
export function* urlPasswordHits({ text, path }: Passage): Generator<Hit> {
  if (!text.includes('://') || !text.includes('@')) return
  const madeUp = isMadeUp(path)
  for (const match of text.matchAll(URL_WITH_PASSWORD)) {
    const [whole, scheme = '', user = '', raw = '', host = ''] = match
    const password = plain(raw)
    if (RESERVED.test(host) || EVERYBODYS.test(password) || password === user) continue
    if (isPlaceholder(password) || isTemplate(user) || /^[:$%[*]/.test(raw)) continue
    // A development database on the same machine may have a simple password; a long one is a real one.
    if (LOCAL.test(host) && !isStrong(password)) continue
    if (madeUp && !isStrong(password)) continue
    const from = match.index + scheme.length + 3 + user.length + 1
    yield {
      rule: urlPassword,
      severity: 'high',
      kind: `password of ${scheme.toLowerCase()}://`,
      from,
      to: from + raw.length,
      value: whole.slice(from - match.index, from - match.index + raw.length),
    }
  }
}

function isStrong(password: string): boolean {
  return (
    password.length >= 12 &&
    /\d/.test(password) &&
    /[a-z]/i.test(password) &&
    entropy(password) >= 3
  )
}

function plain(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
