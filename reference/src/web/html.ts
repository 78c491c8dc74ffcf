/** Markup that is safe to send: made by `html` only. */
export class Markup {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

/** What may stand in a hole of `html`. `undefined`, `null` and `false` leave nothing. */
export type Hole = Markup | string | number | undefined | null | false | readonly Hole[]

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => ESCAPES[character] ?? character)
}

function filled(hole: Hole): string {
  if (hole === undefined || hole === null || hole === false) return ''
  if (hole instanceof Markup) return hole.toString()
  if (typeof hole === 'object') return hole.map(filled).join('')
  return escaped(String(hole))
}

/** Tagged template in which every hole is escaped unless it is markup itself. Quote attributes. */
export function html(parts: TemplateStringsArray, ...holes: readonly Hole[]): Markup {
  let text = parts[0] ?? ''
  for (const [index, hole] of holes.entries()) text += filled(hole) + (parts[index + 1] ?? '')
  return new Markup(text)
}
