import type { Reply } from './reply.ts'

/** One Set-Cookie line, taken apart. */
export interface SetCookie {
  readonly name: string
  readonly value: string
  /** Attribute names in lower case; a bare one has the value ''. */
  readonly attributes: ReadonlyMap<string, string>
  readonly line: string
}

export function setCookies(reply: Reply): SetCookie[] {
  return reply.all('set-cookie').map(line => {
    const [pair = '', ...rest] = line.split(';')
    const equals = pair.indexOf('=')
    const attributes = rest.map((part): [string, string] => {
      const [name = '', ...value] = part.split('=')
      return [name.trim().toLowerCase(), value.join('=').trim()]
    })
    return {
      name: pair.slice(0, Math.max(0, equals)).trim(),
      value: pair.slice(equals + 1).trim(),
      attributes: new Map(attributes),
      line,
    }
  })
}

/** Whether the line takes the cookie away. */
export function removes(cookie: SetCookie, now: number = Date.now()): boolean {
  const maxAge = cookie.attributes.get('max-age')
  if (maxAge !== undefined) return Number(maxAge) <= 0
  const expires = Date.parse(cookie.attributes.get('expires') ?? '')
  return expires <= now
}

/**
 * The cookies of one browser. Host and path are not judged: there is one host, and sending a
 * cookie where its path would not is never what a check is about. Secure cookies are kept over
 * plain HTTP too, as browsers do on localhost.
 */
export class Jar {
  readonly cookies: Map<string, string> = new Map()
  /** Grows with every change, so that what was derived from the cookies can be renewed. */
  version = 0

  take(reply: Reply): void {
    for (const cookie of setCookies(reply)) {
      if (cookie.name === '') continue
      if (removes(cookie)) this.cookies.delete(cookie.name)
      else if (this.cookies.get(cookie.name) === cookie.value) continue
      else this.cookies.set(cookie.name, cookie.value)
      this.version++
    }
  }

  get header(): string | undefined {
    if (this.cookies.size === 0) return undefined
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  copy(): Jar {
    const jar = new Jar()
    for (const [name, value] of this.cookies) jar.cookies.set(name, value)
    return jar
  }
}
