import type { Check } from '../../kernel/check.ts'
import type { Limits } from './limits.ts'

/** What the doctor knows about sizes, numbers and deadlines. */
export interface LimitsFacts {
  readonly on: boolean
  readonly limits: Limits
  /** `v8.getHeapStatistics().heap_size_limit`. */
  readonly heapLimitBytes: number
  /** Whether the server's sockets are guarded (`harden`). */
  readonly hardened: boolean
}

const MIB = 1024 * 1024

export const limitsChecks: readonly Check<LimitsFacts>[] = [
  {
    id: 'limits.off',
    severity: 'critical',
    what: 'Bodies, connections and concurrency have no limits.',
    why: 'One client with a slow or endless body, or a bomb, takes the service down.',
    fix: 'Take limits: false out; raise single numbers where a route needs it.',
    found: ({ on }) => !on,
  },
  {
    id: 'limits.not-hardened',
    severity: 'critical',
    what: 'The server’s sockets are not guarded.',
    why: 'A thousand slow connections hold every place, and odd messages reach the framework.',
    fix: 'Register the adapter on the server that listens.',
    found: ({ on, hardened }) => on && !hardened,
  },
  {
    id: 'limits.large-json',
    severity: 'warning',
    what: 'JSON or form bodies may be larger than 10 MiB.',
    why: 'A parsed body takes several times its size, for each request at once.',
    fix: 'Lower limits.body.json and limits.body.form; give single routes more.',
    found: ({ limits: { body } }) => Math.max(body.json, body.form) > 10 * MIB,
  },
  {
    id: 'limits.bodies-and-heap',
    severity: 'warning',
    what: 'Bodies of all requests at once do not fit into the heap.',
    why: 'So many clients together end the process, each within its own limit.',
    fix: 'Lower limits.concurrency.max or limits.body, or give node more heap.',
    found: ({ limits: { body, concurrency }, heapLimitBytes }) => {
      // A parsed body is taken as four times its text.
      const most = concurrency.max * Math.max(body.json, body.form, body.default) * 4
      return most > heapLimitBytes && `${Math.round(most / MIB)} MiB`
    },
  },
  {
    id: 'limits.ratio',
    severity: 'warning',
    what: 'A compressed body may unfold to more than 200 times its size.',
    why: 'Small requests then cost much time and memory.',
    fix: 'Leave limits.body.maxRatio at 50.',
    found: ({ limits: { body } }) => body.maxRatio > 200,
  },
  {
    id: 'limits.slow-headers',
    severity: 'warning',
    what: 'A client may take more than a minute for its header fields.',
    why: 'Connections that say next to nothing fill all places.',
    fix: 'Leave limits.server.headersSeconds at 10.',
    found: ({ limits: { server } }) => server.headersSeconds > 60,
  },
  {
    id: 'limits.slow-check',
    severity: 'warning',
    what: 'Connections are looked over less often than every 5 seconds.',
    why: 'Deadlines then hold that much later.',
    fix: 'Leave limits.server.checkSeconds at 1.',
    found: ({ limits: { server } }) => server.checkSeconds > 5,
  },
  {
    id: 'limits.slow-rates',
    severity: 'warning',
    what: 'A body or an answer may crawl at less than 50 bytes a second.',
    why: 'One machine can hold thousands of requests open at no cost.',
    fix: 'Leave minBodyBytesPerSecond and minReadBytesPerSecond of limits.server as they are.',
    found: ({ limits: { server } }) =>
      Math.min(server.minBodyBytesPerSecond, server.minReadBytesPerSecond) < 50,
  },
  {
    id: 'limits.many-sockets',
    severity: 'warning',
    what: 'One address may hold more than 5,000 connections.',
    why: 'One machine is then enough to fill the service.',
    fix: 'Lower limits.server.maxSocketsPerAddress; proxies of ours do not count.',
    found: ({ limits: { server } }) => server.maxSocketsPerAddress > 5000,
  },
  {
    id: 'limits.long-queue',
    severity: 'warning',
    what: 'Requests may wait longer than 10 seconds for a place.',
    why: 'Under load, answers come when nobody waits for them any more, and the queue never empties.',
    fix: 'Leave limits.concurrency.queueSeconds at 2.',
    found: ({ limits: { concurrency } }) => concurrency.queueSeconds > 10,
  },
  {
    id: 'limits.late-shedding',
    severity: 'warning',
    what: 'Work is taken until the event loop lags by more than 5 seconds.',
    why: 'Health checks time out before that, and the process is killed with all its requests.',
    fix: 'Leave limits.shed.maxLoopDelayMs at 1000.',
    found: ({ limits: { shed } }) => shed.maxLoopDelayMs > 5000,
  },
]
