import type { KeyObject } from 'node:crypto'
import type { Random } from '../../kernel/random.ts'

/** Who has no session yet still has a cookie that a token can be bound to. */
export interface Visitors {
  readonly cookieName: string
  /** A fresh cookie value: random id, dot, MAC. */
  issue(): string
  /** The binding inside a cookie value, or undefined when we did not issue it. */
  read(value: string): string | undefined
  /** The whole `Set-Cookie` value. */
  setCookie(value: string): string
}

export declare function visitors(options: {
  /** `keys.for('visitor')`. */
  readonly key: KeyObject
  readonly random: Random
  /** Only for development over http: drops `__Host-` and `Secure`. */
  readonly dangerouslyAllowHttp?: boolean
}): Visitors
