/**
 * What JSON.stringify leaves as it is but a terminal, an editor or a reader's eye does not: DEL and
 * C1 controls, bidirectional and zero-width marks, line separators, fillers, tags, private use.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Default_Ignorable_Code_Point}]/u
const EVERY_UNSEEN = new RegExp(UNSEEN.source, 'gu')

/**
 * Writes a value as one line of JSON that shows every character it has. A forged line, a terminal
 * escape or a reversed word cannot come out of it, and `JSON.parse` gives back the very same value.
 *
 * @see ASVS 16.4.1
 */
export function jsonLine(value: unknown): string {
  const line = JSON.stringify(value)
  return UNSEEN.test(line) ? line.replace(EVERY_UNSEEN, escaped) : line
}

function escaped(character: string): string {
  let out = ''
  for (let i = 0; i < character.length; i++) {
    out += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  }
  return out
}

/** The first `most` UTF-16 units of a text, never half a character, with a mark where it was cut. */
export function clipped(text: string, most: number): string {
  if (text.length <= most) return text
  const cut = text.slice(0, most - 1)
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`
}
