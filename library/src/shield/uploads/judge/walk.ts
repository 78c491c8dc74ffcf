import type { Refusal } from '../../../kernel/refusal.ts'
import type { Bounds } from './bounds.ts'
import type { Source } from './source.ts'

/** What a walk found besides that all is well. */
export interface Facts {
  readonly width?: number
  readonly height?: number
}

/** Goes through a file to its logical end, and answers why not, or what it is. */
export type Walk = (source: Source, bounds: Bounds) => Promise<Refusal | Facts>

/** Facts have no code. */
export function isRefusal(answer: Refusal | Facts | undefined): answer is Refusal {
  return answer !== undefined && 'code' in answer
}
