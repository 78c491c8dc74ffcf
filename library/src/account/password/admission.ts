import { granted, refused } from '../../kernel/outcome.ts'
import type { Admission, AdmissionOptions } from '../../shield/limits/admission.ts'

export const refusals = {
  busy: { code: 'password.busy', says: 'overload', status: 503, retryAfterSeconds: 5 },
} as const

export function admission(options: AdmissionOptions): Admission {
  const queue: (() => void)[] = []
  let running = 0
  const release = (): void => {
    const next = queue.shift()
    if (next === undefined) running--
    else next()
  }
  return {
    async run(work) {
      if (running < options.permits) running++
      else if (queue.length >= options.queue) return refused(refusals.busy)
      else await new Promise<void>(resolve => queue.push(resolve))
      try {
        return granted(await work())
      } finally {
        release()
      }
    },
    get running() {
      return running
    },
    get waiting() {
      return queue.length
    },
  }
}
