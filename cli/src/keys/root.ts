import { deriveKeys } from 'bulwark/keys'
import type { Random } from 'bulwark/random'

export const ROOT_KEY = 'BULWARK_ROOT_KEY'
export const PREVIOUS_ROOT_KEYS = 'BULWARK_PREVIOUS_ROOT_KEYS'

/** A new root key and the name it goes by. */
export interface Root {
  readonly text: string
  readonly id: string
}

/** 32 bytes from the system's generator, as 43 characters of base64url. */
export function newRoot(random: Random): Root {
  const text = random.token()
  return { text, id: deriveKeys(text).id }
}

/** The comment that remembers when a key was made; the id names it without telling it. */
export function madeLine(id: string, now: number): string {
  return `# root key ${id} made ${day(now)}`
}

/** The dates in such comments, by id. */
export function madeDates(text: string): ReadonlyMap<string, string> {
  const lines = text.matchAll(/^# root key ([0-9a-f]{8}) made (\d{4}-\d{2}-\d{2})$/gm)
  return new Map([...lines].map(([, id = '', date = '']) => [id, date]))
}

/** The day in UTC, as it is written in files. */
export function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
