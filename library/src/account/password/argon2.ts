import { argon2 } from 'node:crypto'
import { promisify } from 'node:util'

/** What one argon2 hash costs. */
export interface Cost {
  readonly memoryKiB: number
  readonly passes: number
  readonly lanes: number
}

export type Variant = 'argon2id' | 'argon2i' | 'argon2d'

export interface Argon2Input {
  readonly variant: Variant
  readonly password: Buffer
  readonly salt: Buffer
  readonly cost: Cost
  readonly bytes: number
  /** The pepper: RFC 9106's secret input K. */
  readonly secret: Buffer | undefined
}

/** Something that computes argon2 version 1.3 off the main thread. */
export interface Argon2 {
  readonly name: 'node-rs' | 'node'
  derive(input: Argon2Input): Promise<Buffer>
}

/** Node's own. Two to four times slower than the other, and always there on Node. */
export function nodeArgon2(): Argon2 {
  const derive = promisify(argon2)
  return {
    name: 'node',
    derive: ({ variant, password, salt, cost, bytes, secret }) =>
      derive(variant, {
        message: password,
        nonce: salt,
        memory: cost.memoryKiB,
        passes: cost.passes,
        parallelism: cost.lanes,
        tagLength: bytes,
        ...(secret && { secret }),
      }),
  }
}

/** `@node-rs/argon2`, or `undefined` where no prebuilt binary fits the machine. */
export async function nativeArgon2(): Promise<Argon2 | undefined> {
  const native = await import('@node-rs/argon2').catch(() => undefined)
  if (native === undefined) return undefined
  const variants = { argon2d: 0, argon2i: 1, argon2id: 2 } as const
  return {
    name: 'node-rs',
    derive: ({ variant, password, salt, cost, bytes, secret }) =>
      native.hashRaw(password, {
        algorithm: variants[variant],
        version: 1,
        salt,
        memoryCost: cost.memoryKiB,
        timeCost: cost.passes,
        parallelism: cost.lanes,
        outputLen: bytes,
        ...(secret && { secret }),
      }),
  }
}
