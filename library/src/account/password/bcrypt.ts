import { timingSafeEqual } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { piWords } from './pi.ts'

const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const ROUNDS_A_SLICE = 16
const TABLE_WORDS = 18 + 4 * 256
const HASH_BYTES = 23 // bcrypt drops the last of 24

/**
 * Answers whether a password made a bcrypt hash. Only verifies: new hashes are argon2id.
 *
 * Decision: written here, because Node has no bcrypt and a dependency for a format that is on its way
 * out is one too many; checked against published vectors. It runs on the main thread in slices of
 * about two milliseconds, so that other requests go on.
 * Cost: two to three times slower than the C code, once for each imported account.
 * The hash must be well formed, as the table's row has checked.
 */
export function bcryptVerifier(): (password: Buffer, stored: string) => Promise<boolean> {
  let tables: Uint32Array | undefined
  return (password, stored) => {
    tables ??= piWords(TABLE_WORDS)
    return bcryptMatches(tables, password, stored)
  }
}

async function bcryptMatches(
  tables: Uint32Array,
  password: Buffer,
  stored: string,
): Promise<boolean> {
  const cost = Number(stored.slice(4, 6))
  const salt = decoded(stored.slice(7, 29)).subarray(0, 16)
  const expected = decoded(stored.slice(29)).subarray(0, HASH_BYTES)
  // The published formats hash a NUL after the password and nothing after 72 bytes.
  const key = Buffer.concat([password, Buffer.alloc(1)]).subarray(0, 72)
  return timingSafeEqual(await bcryptRaw(tables, key, salt, cost), expected)
}

function decoded(text: string): Buffer {
  const standard = text.replace(/./g, char => STANDARD[ALPHABET.indexOf(char)] ?? '')
  return Buffer.from(standard, 'base64')
}

async function bcryptRaw(
  tables: Uint32Array,
  key: Buffer,
  salt: Buffer,
  cost: number,
): Promise<Buffer> {
  const state = Uint32Array.from(tables)
  const keyWords = cycled(key, 18)
  const saltWords = cycled(salt, 18)
  const none = new Uint32Array(4)
  expand(state, keyWords, cycled(salt, 4))
  for (let round = 0, rounds = 2 ** cost; round < rounds; round++) {
    expand(state, keyWords, none)
    expand(state, saltWords, none)
    if (round % ROUNDS_A_SLICE === ROUNDS_A_SLICE - 1) await setImmediate()
  }
  const block = new Uint32Array(6)
  const text = Buffer.from('OrpheanBeholderScryDoubt')
  for (let at = 0; at < 6; at++) block[at] = text.readUInt32BE(at * 4)
  for (let time = 0; time < 64; time++) {
    for (let at = 0; at < 6; at += 2) encipher(state, block, at)
  }
  const out = Buffer.alloc(24)
  for (let at = 0; at < 6; at++) out.writeUInt32BE(block[at] ?? 0, at * 4)
  return out.subarray(0, HASH_BYTES)
}

/** `count` big-endian words, reading the bytes around and around. */
function cycled(bytes: Buffer, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, word) => {
    let value = 0
    for (let byte = 0; byte < 4; byte++) {
      value = (value << 8) | (bytes[(word * 4 + byte) % bytes.length] ?? 0)
    }
    return value
  })
}

/** ExpandKey of the bcrypt paper: 18 words of P, then four S-boxes of 256, in one array. */
function expand(state: Uint32Array, key: Uint32Array, salt: Uint32Array): void {
  for (let at = 0; at < 18; at++) state[at] = (state[at] as number) ^ (key[at] as number)
  const pair = new Uint32Array(2)
  for (let at = 0; at < state.length; at += 2) {
    pair[0] = (pair[0] as number) ^ (salt[at & 3] as number)
    pair[1] = (pair[1] as number) ^ (salt[(at + 1) & 3] as number)
    encipher(state, pair, 0)
    state[at] = pair[0] as number
    state[at + 1] = pair[1] as number
  }
}

/** Blowfish on two words of `block`. */
function encipher(state: Uint32Array, block: Uint32Array, at: number): void {
  let left = (block[at] as number) ^ (state[0] as number)
  let right = block[at + 1] as number
  for (let round = 1; round <= 16; round += 2) {
    right ^= mixed(state, left) ^ (state[round] as number)
    left ^= mixed(state, right) ^ (state[round + 1] as number)
  }
  block[at] = right ^ (state[17] as number)
  block[at + 1] = left
}

function mixed(state: Uint32Array, half: number): number {
  const a = state[18 + (half >>> 24)] as number
  const b = state[274 + ((half >>> 16) & 255)] as number
  const c = state[530 + ((half >>> 8) & 255)] as number
  const d = state[786 + (half & 255)] as number
  return (((a + b) ^ c) + d) | 0
}
