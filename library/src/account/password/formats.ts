import { pbkdf2, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Argon2, Variant } from './argon2.ts'
import { bcryptVerifier } from './bcrypt.ts'
import { type Phc, parsePhc, wholeParam } from './phc.ts'

/** A stored hash that was read and found affordable. */
export interface Readable {
  /** Whether this password made it. Runs off the main thread, or in slices of it. */
  matches(password: Buffer): Promise<boolean>
}

/**
 * A row of the table of foreign formats. A hash that it reads is verified as received and replaced
 * by argon2id at the next sign-in.
 */
export interface HashFormat {
  readonly name: string
  /**
   * Answers `undefined` for what is not its own, is malformed, or asks for more work than its
   * ceiling: whoever can plant a hash must not be able to buy hours of our time with it.
   */
  read(stored: string): Readable | undefined
}

const derivePbkdf2 = promisify(pbkdf2)
const deriveScrypt = promisify<Buffer, Buffer, number, object, Buffer>(scrypt)

/** Ceilings on what a stored hash may ask for. */
export const CEILINGS = {
  argon2MemoryKiB: 262_144,
  argon2Passes: 16,
  argon2Lanes: 16,
  scryptBytes: 268_435_456,
  pbkdf2Iterations: 2_000_000,
  bcryptCost: 14,
} as const

/** Argon2 of other makers: without our pepper, any variant, version 1.3. */
export function argon2Format(argon2: Argon2): HashFormat {
  return {
    name: 'argon2',
    read(stored) {
      const phc = parsePhc(stored)
      if (phc === undefined || phc.version !== 19 || !/^argon2(id|i|d)$/.test(phc.id)) {
        return undefined
      }
      const memoryKiB = wholeParam(phc, 'm', 8, CEILINGS.argon2MemoryKiB)
      const passes = wholeParam(phc, 't', 1, CEILINGS.argon2Passes)
      const lanes = wholeParam(phc, 'p', 1, CEILINGS.argon2Lanes)
      const plain = !('keyid' in phc.params) && !('data' in phc.params)
      if (!plain || memoryKiB === undefined || passes === undefined || lanes === undefined) {
        return undefined
      }
      if (phc.salt.length < 4 || phc.hash.length < 16 || memoryKiB < 8 * lanes) return undefined
      const cost = { memoryKiB, passes, lanes }
      return same(phc.hash, password =>
        argon2.derive({
          variant: phc.id as Variant,
          password,
          salt: phc.salt,
          cost,
          bytes: phc.hash.length,
          secret: undefined,
        }),
      )
    },
  }
}

/** `$scrypt$ln=17,r=8,p=1$salt$hash`. */
export const scryptFormat: HashFormat = {
  name: 'scrypt',
  read(stored) {
    const phc = parsePhc(stored)
    if (phc?.id !== 'scrypt' || phc.salt.length < 4 || phc.hash.length < 16) return undefined
    const ln = wholeParam(phc, 'ln', 1, 24)
    const r = wholeParam(phc, 'r', 1, 64)
    const p = wholeParam(phc, 'p', 1, 16)
    if (ln === undefined || r === undefined || p === undefined) return undefined
    const N = 2 ** ln
    if (128 * N * r * p > CEILINGS.scryptBytes) return undefined
    const options = { N, r, p, maxmem: 128 * N * r + 128 * r * p + 1_048_576 }
    return same(phc.hash, password => deriveScrypt(password, phc.salt, phc.hash.length, options))
  },
}

/** `$pbkdf2-sha256$i=600000$salt$hash` and passlib's spelling with a bare number and `.` for `+`. */
export const pbkdf2Format: HashFormat = {
  name: 'pbkdf2',
  read(stored) {
    const spelled = stored.replace(/^(\$pbkdf2-sha(?:256|512)\$)(\d+)\$(.*)$/s, passlib)
    const phc = parsePhc(spelled)
    const digest = /^pbkdf2-(sha256|sha512)$/.exec(phc?.id ?? '')?.[1]
    if (phc === undefined || digest === undefined) return undefined
    return pbkdf2Readable(phc, digest, wholeParam(phc, 'i', 1, CEILINGS.pbkdf2Iterations))
  },
}

/** Django's `pbkdf2_sha256$600000$salt$hash`, whose salt is text. */
export const djangoFormat: HashFormat = {
  name: 'django',
  read(stored) {
    const [, digest, rounds, salt, hash] =
      /^pbkdf2_(sha256|sha512)\$([1-9]\d{0,6})\$([A-Za-z0-9]{4,128})\$([A-Za-z0-9+/]{20,100}={0,2})$/.exec(
        stored,
      ) ?? []
    if (digest === undefined || salt === undefined || hash === undefined) return undefined
    const iterations = Number(rounds)
    const phc = {
      id: '',
      version: undefined,
      params: {},
      salt: Buffer.from(salt),
      hash: Buffer.from(hash, 'base64'),
    }
    return pbkdf2Readable(
      phc,
      digest,
      iterations <= CEILINGS.pbkdf2Iterations ? iterations : undefined,
    )
  },
}

/** `$2b$12$…`, `$2a$…` and `$2y$…`. */
export function bcryptFormat(): HashFormat {
  const verify = bcryptVerifier()
  return {
    name: 'bcrypt',
    read(stored) {
      const cost = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(stored)?.[1]
      if (cost === undefined || Number(cost) < 4 || Number(cost) > CEILINGS.bcryptCost) {
        return undefined
      }
      return { matches: password => verify(password, stored) }
    },
  }
}

function passlib(_all: string, id: string, rounds: string, rest: string): string {
  return `${id}i=${rounds}$${rest.replaceAll('.', '+')}`
}

function pbkdf2Readable(
  phc: Phc,
  digest: string,
  iterations: number | undefined,
): Readable | undefined {
  if (iterations === undefined || phc.salt.length < 4) return undefined
  if (phc.hash.length < 16 || phc.hash.length > 64) return undefined
  return same(phc.hash, password =>
    derivePbkdf2(password, phc.salt, iterations, phc.hash.length, digest),
  )
}

function same(expected: Buffer, derive: (password: Buffer) => Promise<Buffer>): Readable {
  return { matches: async password => timingSafeEqual(await derive(password), expected) }
}

/** The formats verified out of the box; options may add rows. */
export function foreignFormats(argon2: Argon2): readonly HashFormat[] {
  return [argon2Format(argon2), bcryptFormat(), scryptFormat, pbkdf2Format, djangoFormat]
}
