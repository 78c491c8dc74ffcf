/** What the strict reader can be told to overlook. */
export interface Lenience {
  readonly duplicates: boolean
  readonly depth: boolean
  readonly proto: boolean
  readonly numbers: boolean
}

const MAX_DEPTH = 32
const MAX_KEYS = 1000

/** A JSON reader that refuses duplicate keys, depth, `__proto__`, and numbers that lose digits. */
export function readJson(text: string, lenience: Lenience): unknown {
  let at = 0
  let keys = 0
  const space = () => {
    while (/[ \t\r\n]/.test(text[at] ?? '')) at++
  }
  const expect = (token: string) => {
    if (!text.startsWith(token, at)) throw new SyntaxError(`no ${token} at ${at}`)
    at += token.length
  }
  const scalar = (pattern: RegExp) => {
    pattern.lastIndex = at
    const [whole] = pattern.exec(text) ?? []
    if (whole === undefined) throw new SyntaxError(`unexpected at ${at}`)
    at += whole.length
    return JSON.parse(whole)
  }
  const value = (depth: number): unknown => {
    if (depth > MAX_DEPTH && !lenience.depth) throw new SyntaxError('too deep')
    space()
    const first = text[at]
    if (first === '{') return object(depth)
    if (first === '[') return array(depth)
    if (first === '"') return scalar(/"(?:[^"\\]|\\.)*"/y)
    if (first === 't' || first === 'f' || first === 'n') return scalar(/true|false|null/y)
    const number = scalar(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y)
    const exact =
      Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number))
    if (!exact && !lenience.numbers) throw new SyntaxError('a number that loses digits')
    return number
  }
  const object = (depth: number) => {
    const out: Record<string, unknown> = {}
    expect('{')
    space()
    if (text[at] !== '}')
      for (;;) {
        space()
        const key = String(scalar(/"(?:[^"\\]|\\.)*"/y))
        if (++keys > MAX_KEYS && !lenience.depth) throw new SyntaxError('too many keys')
        if (Object.hasOwn(out, key) && !lenience.duplicates) throw new SyntaxError('a key twice')
        if (/^(__proto__|constructor|prototype)$/.test(key) && !lenience.proto)
          throw new SyntaxError('a key that is no data')
        space()
        expect(':')
        Object.defineProperty(out, key, {
          value: value(depth + 1),
          enumerable: true,
          writable: true,
          configurable: true,
        })
        space()
        if (text[at] !== ',') break
        at++
      }
    expect('}')
    return out
  }
  const array = (depth: number) => {
    const out: unknown[] = []
    expect('[')
    space()
    if (text[at] !== ']')
      for (;;) {
        out.push(value(depth + 1))
        space()
        if (text[at] !== ',') break
        at++
      }
    expect(']')
    return out
  }
  const whole = value(0)
  space()
  if (at < text.length) throw new SyntaxError('something follows')
  return whole
}
