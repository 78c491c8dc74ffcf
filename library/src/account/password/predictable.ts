/** Rows of the keyboards most people have, and what is read off a number pad. */
const ROWS = [
  '1234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'azertyuiop',
  'qwertz',
  '147258369',
]
const COLUMNS = ['1qaz', '2wsx', '3edc', '4rfv', '5tgb', '6yhn', '7ujm']

const neighbours: ReadonlySet<string> = new Set(
  [...ROWS, ...COLUMNS].flatMap(row =>
    Array.from({ length: row.length - 1 }, (_, at) => [
      row.slice(at, at + 2),
      row
        .slice(at, at + 2)
        .split('')
        .reverse()
        .join(''),
    ]).flat(),
  ),
)

/** Fewer characters than this, or than a third, that do not follow from the one before: no password. */
const LEAST_SURPRISES = 5

/**
 * Whether a long password is a short one in disguise: a run (`abcdefgh…`, `qwertyuiop…`, `9876…`), one
 * character, or a short piece over and over (`abcabcabc…`).
 */
export function isPredictable(password: string): boolean {
  const text = password.toLowerCase()
  return (
    surprises(text) < Math.max(LEAST_SURPRISES, text.length / 3) || period(text) < LEAST_SURPRISES
  )
}

/** The shortest piece whose repetition is the text; the whole length when there is none. */
export function period(text: string): number {
  for (let length = 1; length <= text.length / 2; length++) {
    if (text.startsWith(text.slice(length))) return length
  }
  return text.length
}

function surprises(text: string): number {
  let count = text.length === 0 ? 0 : 1
  for (let at = 1; at < text.length; at++) {
    const step = Math.abs(text.charCodeAt(at) - text.charCodeAt(at - 1))
    if (step > 1 && !neighbours.has(text.slice(at - 1, at + 1))) count++
  }
  return count
}
