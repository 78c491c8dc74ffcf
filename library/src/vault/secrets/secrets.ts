import { type KeyRing, keyRing, type PreviousRoot, previousRoots } from './ring.ts'

export type { KeyRing, PreviousRoot }
export { keyRing, previousRoots }
