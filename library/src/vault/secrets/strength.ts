/** What people write until they write the real thing, and what every guessing list begins with. */
const PLACEHOLDER =
  /change.?me|change.?this|replace.?(me|this|with)|your[-_ ].*(key|secret|password|token)|example|placeholder|dummy|todo|fixme|xxxx|sample|insecure|not.?(a.?)?secret|super.?secret|my.?secret|keyboard.?cat|hunter2|correct.?horse|letmein|qwerty|<[^>]*>|\$\{[^}]*\}|\{\{/i
const COMMON =
  /^(pass(word|wd)?|secret|token|key|test(ing)?|admin|root|default|none|null|undefined|dev(elopment)?|prod(uction)?|postgres|redis|guest)[\d!@#$._-]{0,6}$/i

/** Why a secret is none, or `undefined`. Never repeats the secret. */
export function weakness(secret: string, bits: number): string | undefined {
  if (isPlaceholder(secret)) return 'is a placeholder'
  const estimate = Math.floor(estimatedBits(secret))
  if (estimate >= bits) return undefined
  return `has about ${estimate} bits of randomness where ${bits} are the least`
}

/** Whether it is something that was meant to be replaced; of a URL its password is looked at. */
export function isPlaceholder(secret: string): boolean {
  const password = URL.canParse(secret) ? decodeURIComponent(new URL(secret).password) : secret
  if (password === '') return false
  return PLACEHOLDER.test(password) || COMMON.test(password)
}

/**
 * A generous estimate from below the real thing: it takes random text for random, and finds what is
 * short, repeats itself, counts up or uses few characters. It knows no words.
 */
export function estimatedBits(text: string): number {
  const characters = [...text]
  const distinct = new Set(characters).size
  const fresh = characters.slice(0, period(characters)).filter((character, index, all) => {
    const [one, two] = [all[index - 1], all[index - 2]]
    if (one === undefined || two === undefined) return true
    const step = (character.codePointAt(0) ?? 0) - (one.codePointAt(0) ?? 0)
    const before = (one.codePointAt(0) ?? 0) - (two.codePointAt(0) ?? 0)
    return step !== before || Math.abs(step) > 1
  })
  return fresh.length * Math.log2(Math.max(1, distinct))
}

/** The length after which the text repeats itself; its whole length when it does not. */
function period(characters: readonly string[]): number {
  const border = [0]
  for (let i = 1; i < characters.length; i++) {
    let at = border[i - 1] ?? 0
    while (at > 0 && characters[i] !== characters[at]) at = border[at - 1] ?? 0
    border[i] = characters[i] === characters[at] ? at + 1 : 0
  }
  return characters.length - (border.at(-1) ?? 0)
}
