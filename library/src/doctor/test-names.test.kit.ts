/** Names of the tests that a file makes; what a template fills in stands as `…`. */
export function testNames(source: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { index, 0: call } of source.matchAll(/\btest\(\s*(?=['"`])/g)) {
    names.add(literal(source, index + call.length))
  }
  return names
}

function literal(source: string, from: number): string {
  const quote = source[from]
  let text = ''
  let at = from + 1
  while (at < source.length && source[at] !== quote) {
    if (source[at] === '\\') {
      text += source[at + 1] ?? ''
      at += 2
    } else if (quote === '`' && source.startsWith('${', at)) {
      text += '…'
      at = endOfHole(source, at + 2)
    } else {
      text += source[at]
      at++
    }
  }
  return text
}

/** The place behind the brace that ends a hole; holes hold braces, texts and templates of their own. */
function endOfHole(source: string, from: number): number {
  let depth = 1
  let at = from
  while (at < source.length && depth > 0) {
    const letter = source[at] ?? ''
    if (letter === '{') depth++
    if (letter === '}') depth--
    at = `'"\``.includes(letter) ? endOfText(source, at) : at + 1
  }
  return at
}

function endOfText(source: string, from: number): number {
  let at = from + 1
  while (at < source.length && source[at] !== source[from]) at += source[at] === '\\' ? 2 : 1
  return at + 1
}
