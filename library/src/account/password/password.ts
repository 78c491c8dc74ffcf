import { type KeyObject, timingSafeEqual } from 'node:crypto'
import type { Keys } from '../../kernel/keys.ts'
import { granted, type Outcome } from '../../kernel/outcome.ts'
import type { Random } from '../../kernel/random.ts'
import type { Refusal } from '../../kernel/refusal.ts'
import type { Admission } from '../../shield/limits/admission.ts'
import { type Argon2, type Cost, nativeArgon2, nodeArgon2 } from './argon2.ts'
import { type BreachedRange, breachCheck } from './breach.ts'
import { calibrate, checkedCost, work } from './calibrate.ts'
import { foreignFormats, type HashFormat } from './formats.ts'
import { HASH_BYTES, ownHash, SALT_BYTES } from './own-hash.ts'
import { type Phc, phcText } from './phc.ts'
import {
  type Context,
  LENGTH,
  normalised,
  type PolicyOptions,
  passwordPolicy,
  refusals,
} from './policy.ts'

export interface PasswordOptions extends PolicyOptions {
  /** Fixed parameters in place of measuring the machine; the floor is m=19456 t=2 p=1. */
  readonly cost?: Cost
  /** What one hash may take on this machine when nothing else runs; 40 unless told. */
  readonly targetMs?: number
  /** Memory of all hashes at once that measuring may choose; 64 unless told. */
  readonly budgetMiB?: number
  /** More formats to verify and replace, before the ones built in. */
  readonly formats?: readonly HashFormat[]
  /** Asks a breach service for a range of SHA-1 hashes. Not asked unless given. */
  readonly breachedRange?: BreachedRange
}

export interface PasswordGround {
  readonly keys: Keys
  /** Earlier root keys under which peppered hashes may still stand. */
  readonly previousKeys?: readonly Keys[]
  readonly random: Random
  readonly admission: Admission
  /** How many hashes `admission` runs at once; for the memory budget. */
  readonly permits: number
  /** In place of the fastest that is there. */
  readonly argon2?: Argon2
}

/** What a check found. */
export interface Verdict {
  readonly matches: boolean
  /** It matches, and should be hashed anew: foreign format, older pepper or cheaper parameters. */
  readonly outdated: boolean
}

export interface Passwords {
  /** Parameters of new hashes. */
  readonly cost: Cost
  readonly engine: Argon2['name']
  /** Judges a password that somebody wants to set, with the words known about them. */
  judge(password: string, context?: Context): Promise<Refusal | undefined>
  /** A PHC string. Refused with `admission.full` when too many are waiting. */
  hash(password: string): Promise<Outcome<string>>
  /**
   * Checks a password against a stored hash. Without one, or with one that nothing reads, it hashes
   * all the same at today's cost and matches nothing.
   */
  verify(password: string, stored: string | undefined): Promise<Outcome<Verdict>>
}

const NO_MATCH: Verdict = { matches: false, outdated: false }

/**
 * Password hashing by argon2id with a pepper, calibrated to this machine and admitted a few at a time.
 *
 * @throws {ConfigFault} when `password.cost` is below the floor
 * @see ASVS 6.2.8, 6.3.8, 11.4.2; NIST SP 800-63B-4 §3.1.1.2; RFC 9106
 */
export async function passwords(
  options: PasswordOptions,
  ground: PasswordGround,
): Promise<Passwords> {
  const argon2 = ground.argon2 ?? (await nativeArgon2()) ?? nodeArgon2()
  const cost =
    options.cost === undefined
      ? await calibrate(
          argon2,
          {
            targetMs: options.targetMs ?? 40,
            budgetMiB: options.budgetMiB ?? 64,
            permits: ground.permits,
          },
          () => performance.now(),
        )
      : checkedCost(options.cost)
  const policy = await passwordPolicy(options)
  const isBreached = options.breachedRange && breachCheck(options.breachedRange)
  const formats = [...(options.formats ?? []), ...foreignFormats(argon2)]
  const peppers = new Map([ground.keys, ...(ground.previousKeys ?? [])].map(pepperOf).reverse())
  const [newest, pepper] = pepperOf(ground.keys)

  const derive = (password: string, phc: Phc, at: Cost, secret: Buffer): Promise<Buffer> =>
    argon2.derive({
      variant: 'argon2id',
      password: Buffer.from(normalised(password)),
      salt: phc.salt,
      cost: at,
      bytes: HASH_BYTES,
      secret,
    })
  const make = async (password: string): Promise<string> => {
    const phc: Phc = {
      id: 'argon2id',
      version: 19,
      params: {
        m: `${cost.memoryKiB}`,
        t: `${cost.passes}`,
        p: `${cost.lanes}`,
        keyid: newest,
      },
      salt: ground.random.bytes(SALT_BYTES),
      hash: Buffer.alloc(0),
    }
    return phcText({ ...phc, hash: await derive(password, phc, cost, pepper) })
  }
  const check = async (password: string, stored: string): Promise<Verdict> => {
    const own = ownHash(stored)
    const secret = own && peppers.get(own.keyId)
    if (own !== undefined && secret !== undefined) {
      const made = await derive(password, own.phc, own.cost, secret)
      const matches = timingSafeEqual(made, own.phc.hash)
      const outdated = own.keyId !== newest || work(own.cost) < work(cost)
      return matches ? { matches, outdated } : NO_MATCH
    }
    for (const format of formats) {
      const readable = format.read(stored)
      // As received, without NFC: that is how others hashed it.
      if (readable !== undefined) {
        const matches = await readable.matches(Buffer.from(password))
        return matches ? { matches, outdated: true } : NO_MATCH
      }
    }
    await check(password, decoy)
    return NO_MATCH
  }
  // Made now, with today's parameters, and checked by the same code as a real one, so that a name
  // that nobody has costs what a wrong password costs.
  const decoy = await make(ground.random.token())

  return {
    cost,
    engine: argon2.name,
    async judge(password, context) {
      const refusal = policy(password, context)
      if (refusal !== undefined || isBreached === undefined) return refusal
      return (await isBreached(normalised(password))) ? refusals.breached : undefined
    },
    hash: password => ground.admission.run(() => make(password)),
    async verify(password, stored) {
      // What no policy ever let in cannot be right, and must not buy hashing time by its length.
      const typed = password.length > LENGTH.mostBytes ? '' : password
      const known = typed === password && stored !== undefined
      const verdict = await ground.admission.run(() => check(typed, known ? stored : decoy))
      return verdict.ok && !known ? granted(NO_MATCH) : verdict
    },
  }
}

function pepperOf(keys: Keys): [string, Buffer] {
  const key: KeyObject = keys.for('password-pepper')
  // A pepper is named in base64 of the root's id, as PHC strings want a `keyid`.
  return [Buffer.from(keys.id, 'hex').toString('base64').replace(/=+$/, ''), key.export()]
}
