/** How an APP2 segment of the multi-picture format begins. */
export const MPF = 'MPF\0'

const ENTRY_TAG = 0xb002
const ENTRY_BYTES = 16
const MAX_PICTURES = 16

/**
 * The further pictures that a multi-picture index names, in the order of the file.
 *
 * @param body the APP2 segment, from its `MPF\0` on; `bodyAt` is where it stands in the file
 * @see CIPA DC-007 §5.2
 */
export function indexedPictures(
  body: Buffer,
  bodyAt: number,
): readonly { readonly at: number; readonly length: number }[] {
  const tiff = body.subarray(MPF.length)
  const order = tiff.toString('latin1', 0, 4)
  const little = order === 'II*\0'
  if (!little && order !== 'MM\0*') return []
  const u16 = (at: number): number =>
    at + 2 > tiff.length ? 0 : little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at)
  const u32 = (at: number): number =>
    at + 4 > tiff.length ? 0 : little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at)
  const directory = u32(4)
  for (let i = 0; i < u16(directory); i++) {
    const field = directory + 2 + 12 * i
    if (u16(field) !== ENTRY_TAG) continue
    const count = Math.min(u32(field + 4) / ENTRY_BYTES, MAX_PICTURES)
    const entries = u32(field + 8)
    return Array.from({ length: Math.floor(count) }, (_, entry) => {
      const entryAt = entries + ENTRY_BYTES * entry
      const offset = u32(entryAt + 8)
      return { at: offset === 0 ? 0 : bodyAt + MPF.length + offset, length: u32(entryAt + 4) }
    })
      .filter(picture => picture.at > 0 && picture.length > 0)
      .toSorted((a, b) => a.at - b.at)
  }
  return []
}
