import type { Refusal } from '../kernel/refusal.ts'

/** Carries a refusal through a framework that only knows errors. */
export class Refused extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.code)
    this.refusal = refusal
  }
}

/** Throw it from a route of yours to answer with a refusal's problem+json. */
export function refuse(refusal: Refusal): never {
  throw new Refused(refusal)
}
