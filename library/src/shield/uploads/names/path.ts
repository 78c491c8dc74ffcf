import { granted, type Outcome, refused } from '../../../kernel/outcome.ts'
import { because, refusals } from '../refusals.ts'
import { segmentFault } from './segment.ts'

const MAX_PATH_BYTES = 2048
const MAX_SEGMENTS = 64

/**
 * Takes a relative path apart into segments that are safe on every system, in NFC.
 *
 * @returns the segments, or `uploads.name` with the reason
 * @see ASVS 5.3.2
 */
export function judgePath(name: string): Outcome<readonly string[]> {
  const fault = pathFault(name)
  if (fault !== undefined) return refused(because(refusals.name, `the name ${fault}`))
  return granted(name.normalize('NFC').split('/'))
}

function pathFault(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (name.startsWith('/')) return 'is absolute'
  if (Buffer.byteLength(name) > MAX_PATH_BYTES) return `is longer than ${MAX_PATH_BYTES} bytes`
  const segments = name.split('/')
  if (segments.length > MAX_SEGMENTS) return `has more than ${MAX_SEGMENTS} segments`
  for (const segment of segments) {
    const fault = segmentFault(segment)
    if (fault !== undefined) return segments.length === 1 ? fault : `has a segment that ${fault}`
  }
  return undefined
}
