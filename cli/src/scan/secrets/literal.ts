/** Bits for each character, by the frequency of characters in the text itself (Shannon). */
export function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const unit of text) counts.set(unit, (counts.get(unit) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

// Short words only as words: dice write "todo" into a long key now and then.
const WORDS =
  /example|placeholder|change[-_ ]?(?:me|this|it)|replace|dummy|sample|redacted|not[-_ ]?(?:a[-_ ]?)?(?:real|secret)|insert|fixme|lorem|foobar|password123|deadbeef|<[^>]*>|xxxxx|\*\*\*|\.\.\.|\u2026|(?<![a-z0-9])(?:your|fake|todo|here)(?![a-z0-9])/i

const REFERENCE =
  /^\s*(?:\$|%[A-Za-z_(]|#\{|\{\{|@\{|process\.env|import\.meta|os\.environ|getenv|env[.:(]|vault:|secret:|ssm:|op:\/\/|arn:|sops|ENC\[|!secret|ref\+)/i

const NOTHING =
  /^(?:null|none|nil|undefined|true|false|n\/?a|unset|empty|default|secret|password|pass|token|key|test|tests|testing|admin|root|user|guest|string)$/i

const SEQUENCES = ['0123456789', '1234567890', 'abcdefghij', 'qwertyuiop', '9876543210']

/** Whether a person wrote this to be replaced, or it only points at where the secret is. */
export function isPlaceholder(value: string): boolean {
  if (NOTHING.test(value) || isTemplate(value)) return true
  const lower = value.toLowerCase()
  if (SEQUENCES.some(run => lower.includes(run.slice(0, 8)))) return true
  return new Set(lower).size <= Math.min(5, lower.length / 3)
}

/** Whether something is to be filled in here. */
export function isTemplate(value: string): boolean {
  return WORDS.test(value) || REFERENCE.test(value) || /\$\{|\{\{|\$\(/.test(value)
}

/** Ids, addresses, hashes and the like: long and varied, and no secret. */
export function isPublicShape(value: string): boolean {
  return (
    /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value) ||
    /^(?:sha(?:1|256|384|512)|md5)[-:]/i.test(value) ||
    /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ||
    /^(?:\.{0,2}\/|~\/|[A-Za-z]:\\|@[\w-]+\/)/.test(value) ||
    /\.(?:[cm]?[jt]sx?|json|ya?ml|pem|key|crt|cer|txt|html?|css|env|sh|py|png|svg|conf|toml)$/i.test(
      value,
    ) ||
    /^v?\d+(?:\.\d+)+/.test(value) ||
    /\[[^\]]*-[^\]]*\]|\[[^\]]+\][{*+?]|\\[dwsbn]|\(\?/.test(value) ||
    /^\d{4}-\d\d-\d\d/.test(value) ||
    /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/.test(value) ||
    /^(?:-----BEGIN (?:PUBLIC|CERTIFICATE)|ssh-(?:rsa|ed25519) )/.test(value)
  )
}

/** Whether it is made of words as identifiers are: `session.not_found`, `x-csrf-token`, `accessToken`. */
export function isIdentifier(value: string): boolean {
  const parts = value
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+|(?<=[A-Za-z])(?=\d+$)/)
    .filter(part => part !== '')
  const wordy = parts.filter(
    part => /^(?:[A-Za-z]?[a-z]+|[A-Z]+|\d{1,4})$/.test(part) && hasVowel(part),
  )
  return (
    parts.length > 0 && wordy.length === parts.length && (parts.length > 1 || value.length < 20)
  )
}

/** Random letters rarely look like a word; long runs of consonants never are one. */
function hasVowel(part: string): boolean {
  if (part.length <= 4) return true
  const vowels = part.match(/[aeiouy]/gi)?.length ?? 0
  return vowels / part.length >= 0.2 && !/[bcdfghjklmnpqrstvwxz]{5}/i.test(part)
}

/** Whether a machine's dice made it: enough length, variety, and more than one kind of character. */
export function isRandom(value: string): boolean {
  if (value.length < 16) return false
  if (/^[0-9a-f]+$/i.test(value)) return value.length >= 32 && entropy(value) >= 3
  const kinds = [/[a-z]/, /[A-Z]/, /\d/].filter(kind => kind.test(value)).length
  return kinds >= 2 && /\d/.test(value) && entropy(value) >= 3.3
}
