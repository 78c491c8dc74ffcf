import type { Refusal } from '../../../kernel/refusal.ts'
import { malformed } from '../refusals.ts'
import { type Box, boxes } from './boxes.ts'
import type { Source } from './source.ts'

/** One item of a `meta` box: a picture, a tile, EXIF. */
export interface Item {
  readonly id: number
  readonly type: string
  readonly external: boolean
  readonly extents: readonly { readonly at: number; readonly length: number }[]
}

export interface Items {
  readonly primary: number
  readonly all: readonly Item[]
}

const MAX_ITEMS = 10_000
const MAX_TABLE = 1024 * 1024

/** Reads numbers one after the other; beyond the end they are zero and `cut` is true. */
class Reader {
  readonly #bytes: Buffer
  #at = 0
  cut = false

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  take(bytes: number): number {
    if (bytes === 0) return 0
    const at = this.#at
    this.#at += bytes
    if (this.#at > this.#bytes.length) {
      this.cut = true
      return 0
    }
    if (bytes === 8) return Number(this.#bytes.readBigUInt64BE(at))
    return this.#bytes.readUIntBE(at, bytes)
  }
}

/** Puts together `pitm`, `iinf` and `iloc`. @see ISO/IEC 14496-12 §8.11 */
export async function itemsOf(source: Source, meta: readonly Box[]): Promise<Items | Refusal> {
  const table = async (type: string): Promise<Buffer | undefined> => {
    const box = meta.find(candidate => candidate.type === type)
    if (box === undefined || box.end - box.at > MAX_TABLE) return undefined
    return source.read(box.at, box.end - box.at)
  }
  const [pitm, iloc] = [await table('pitm'), await table('iloc')]
  const info = meta.find(box => box.type === 'iinf')
  if (pitm === undefined || iloc === undefined || info === undefined) {
    return malformed('no pitm, iloc or iinf')
  }
  const types = await typesOf(source, info)
  if ('code' in types) return types
  const dataAt = meta.find(box => box.type === 'idat')?.at ?? 0
  const all = locations(iloc, types, dataAt)
  if ('code' in all) return all
  const primary = new Reader(pitm)
  const version = primary.take(4) >>> 24
  return { primary: primary.take(version === 0 ? 2 : 4), all }
}

/** Four characters by item id. */
async function typesOf(source: Source, info: Box): Promise<Map<number, string> | Refusal> {
  const version = (await source.read(info.at, 1))[0] ?? 0
  const entries = await boxes(source, info.at + (version === 0 ? 6 : 8), info.end)
  if ('code' in entries) return entries
  const types = new Map<number, string>()
  for (const entry of entries) {
    const bytes = await source.read(entry.at, Math.min(20, entry.end - entry.at))
    const wide = bytes[0] === 3
    if (entry.type !== 'infe' || (bytes[0] !== 2 && !wide)) return malformed('iinf')
    const reader = new Reader(bytes)
    reader.take(4)
    const id = reader.take(wide ? 4 : 2)
    reader.take(2)
    const typeAt = wide ? 10 : 8
    if (reader.cut || types.has(id)) return malformed('iinf')
    types.set(id, bytes.toString('latin1', typeAt, typeAt + 4))
  }
  return types
}

function locations(
  table: Buffer,
  types: ReadonlyMap<number, string>,
  dataAt: number,
): readonly Item[] | Refusal {
  const reader = new Reader(table)
  const version = reader.take(4) >>> 24
  const sizes = reader.take(2)
  const [offsetBytes, lengthBytes, baseBytes] = [
    sizes >>> 12,
    (sizes >>> 8) & 15,
    (sizes >>> 4) & 15,
  ]
  const indexBytes = version === 0 ? 0 : sizes & 15
  if (
    ![offsetBytes, lengthBytes, baseBytes, indexBytes].every(n => n === 0 || n === 4 || n === 8)
  ) {
    return malformed('iloc')
  }
  const count = reader.take(version < 2 ? 2 : 4)
  if (version > 2 || count > MAX_ITEMS) return malformed('iloc')
  const items: Item[] = []
  for (let i = 0; i < count; i++) {
    const id = reader.take(version < 2 ? 2 : 4)
    const method = version === 0 ? 0 : reader.take(2) & 15
    const external = reader.take(2) !== 0
    const base = reader.take(baseBytes) + (method === 1 ? dataAt : 0)
    const extents = reader.take(2)
    const found: { at: number; length: number }[] = []
    for (let k = 0; k < extents && !reader.cut; k++) {
      reader.take(indexBytes)
      const at = base + reader.take(offsetBytes)
      found.push({ at: method === 2 ? 0 : at, length: reader.take(lengthBytes) })
    }
    const type = types.get(id)
    if (reader.cut || type === undefined) return malformed('iloc')
    items.push({ id, type, external, extents: found })
  }
  return items
}
