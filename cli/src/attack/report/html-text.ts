/** Markup that was made here, not by the service. */
export interface Safe {
  readonly html: string
}

export const raw = (html: string): Safe => ({ html })

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, letter => `&#${letter.charCodeAt(0)};`)
}

type Hole = string | Safe | readonly (string | Safe)[]

/** A template in which every text is escaped and only `Safe` stays as it is. */
export function safe(strings: TemplateStringsArray, ...holes: readonly Hole[]): Safe {
  const fill = (hole: Hole | undefined): string => {
    if (hole === undefined) return ''
    if (typeof hole === 'string') return escapeHtml(hole)
    if ('html' in hole) return hole.html
    return hole.map(fill).join('')
  }
  return raw(strings.map((text, at) => text + fill(holes[at])).join(''))
}
