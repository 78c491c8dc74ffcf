import { StoreFault } from '../../kernel/fault.ts'
import type { Counters } from '../../store/port/counters.ts'

/**
 * Counters that go on counting in this process while their store is out of reach.
 *
 * Decision: a login limit that fails open is worth nothing, and one that fails closed turns an outage of
 * the counters into an outage of the service. So each process keeps its own count meanwhile.
 * Cost: with N processes a guesser has N budgets until the store is back, and failures counted here are
 * not carried over.
 *
 * @param failed told of each fault; it may be called often
 */
export function withLocalCounters(
  counters: Counters,
  local: Counters,
  failed: (fault: StoreFault) => void,
): Counters {
  const either = async <T>(shared: () => Promise<T>, own: () => Promise<T>): Promise<T> => {
    try {
      return await shared()
    } catch (error) {
      if (!(error instanceof StoreFault)) throw error
      failed(error)
      return own()
    }
  }
  return {
    hit: (...args) =>
      either(
        async () => counters.hit(...args),
        async () => local.hit(...args),
      ),
    reserve: (...args) =>
      either(
        () => counters.reserve(...args),
        () => local.reserve(...args),
      ),
    forgive: (...args) =>
      either(
        () => counters.forgive(...args),
        () => local.forgive(...args),
      ),
    peek: (...args) =>
      either(
        () => counters.peek(...args),
        () => local.peek(...args),
      ),
    delayed: (...args) =>
      either(
        () => counters.delayed(...args),
        () => local.delayed(...args),
      ),
    prune: (...args) => counters.prune(...args),
  }
}
