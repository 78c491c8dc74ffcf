import type { KeyObject } from 'node:crypto'
import { isCanonicalBase64url, keyedHash, sameText } from '../../kernel/bytes.ts'
import type { Random } from '../../kernel/random.ts'

/** Who has no session yet still has a cookie to bind a token to: signing in is covered too. */
export interface Visitors {
  readonly cookieName: string
  /** A fresh cookie value: 256 random bits, a dot, their MAC. */
  issue(): string
  /** The binding inside a cookie value; undefined when we did not issue it. */
  read(value: string): string | undefined
  /** The whole `Set-Cookie` value. */
  setCookie(value: string): string
}

export interface VisitorOptions {
  /** `keys.for('visitor')`. */
  readonly key: KeyObject
  /** The same of earlier root keys that are still good; none unless told. */
  readonly olderKeys?: () => readonly KeyObject[]
  readonly random: Random
  /** Only for development over plain http: without `__Host-` and `Secure`. */
  readonly dangerouslyAllowHttp?: boolean
}

const ID_LENGTH = 43
const VALUE_LENGTH = ID_LENGTH * 2 + 1

/**
 * A cookie for those who are not signed in. The MAC keeps out values that others made up, and the
 * `__Host-` prefix keeps out those that a sibling subdomain or a plain-http network would plant.
 *
 * @see ASVS 3.3.3, 3.5.1
 */
export function visitors(options: VisitorOptions): Visitors {
  const { key, random } = options
  const plain = options.dangerouslyAllowHttp ?? false
  const cookieName = plain ? 'visitor' : '__Host-visitor'
  // Lax, not Strict: who follows a link to the login page keeps the cookie of an open tab.
  const attributes = `; Path=/; HttpOnly; SameSite=Lax${plain ? '' : '; Secure'}`
  return {
    cookieName,
    issue() {
      const id = random.token()
      return `${id}.${keyedHash(key, id)}`
    },
    read(value) {
      if (value.length !== VALUE_LENGTH || value[ID_LENGTH] !== '.') return undefined
      const id = value.slice(0, ID_LENGTH)
      if (!isCanonicalBase64url(id, 32)) return undefined
      // The prefix keeps a visitor's binding apart from every session's.
      const mac = value.slice(ID_LENGTH + 1)
      const isOurs =
        sameText(keyedHash(key, id), mac) ||
        options.olderKeys?.().some(older => sameText(keyedHash(older, id), mac)) === true
      return isOurs ? `visitor.${id}` : undefined
    },
    setCookie: value => `${cookieName}=${value}${attributes}`,
  }
}
