import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AuditEvent } from '../../audit/event.ts'
import { type TestClock, testClock } from '../../kernel/clock.ts'
import { granted } from '../../kernel/outcome.ts'
import { systemRandom } from '../../kernel/random.ts'
import { memoryStores } from '../../store/memory/memory.ts'
import type { Jobs } from '../../store/port/jobs.ts'
import { outboundPolicy } from '../outbound.ts'
import type { WebhookDelivery, WebhookEndpoint, WebhookRegistry } from './registry.ts'
import { type Webhooks, webhooks } from './webhooks.ts'

export const EVENTS = ['order.created', 'order.removed'] as const

export interface Arrived {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Endpoints and their log in memory; every verb is one step, as a statement would be. */
export function memoryRegistry(): WebhookRegistry & { readonly log_: WebhookDelivery[] } {
  const endpoints = new Map<string, WebhookEndpoint>()
  const log_: WebhookDelivery[] = []
  const set = (id: string, change: Partial<WebhookEndpoint>): boolean => {
    const endpoint = endpoints.get(id)
    if (endpoint !== undefined) endpoints.set(id, { ...endpoint, ...change })
    return endpoint !== undefined
  }
  const ofOwner = (owner: string) => [...endpoints.values()].filter(one => one.owner === owner)
  const isOwn = (owner: string, id: string) => endpoints.get(id)?.owner === owner
  return {
    log_,
    async add(endpoint, most) {
      if (ofOwner(endpoint.owner).length >= most) return false
      endpoints.set(endpoint.id, endpoint)
      return true
    },
    ofOwner: async owner => ofOwner(owner),
    find: async id => endpoints.get(id),
    async change(id, change) {
      set(id, change)
    },
    async rotate(id, before, secrets, previousUntil) {
      const same = JSON.stringify(endpoints.get(id)?.secrets) === JSON.stringify(before)
      return same && set(id, { secrets, previousUntil })
    },
    async gaveUp(id, disableAfter, now) {
      const endpoint = endpoints.get(id)
      if (endpoint === undefined) return false
      const failures = endpoint.failures + 1
      const disabledAt = failures >= disableAfter ? now : endpoint.disabledAt
      set(id, { failures, disabledAt })
      return disabledAt !== undefined
    },
    remove: async (owner, id) => isOwn(owner, id) && endpoints.delete(id),
    async log(delivery) {
      log_.push(delivery)
    },
    deliveries: async (owner, id, limit) =>
      log_
        .filter(one => one.endpointId === id && isOwn(owner, id))
        .toReversed()
        .slice(0, limit),
    delivery: async (owner, id) => log_.find(one => one.id === id && isOwn(owner, one.endpointId)),
  }
}

/** Webhooks whose clock a test turns, and a receiver on loopback that answers as it is told. */
export interface World {
  readonly hooks: Webhooks
  readonly registry: ReturnType<typeof memoryRegistry>
  readonly jobs: Jobs
  readonly clock: TestClock
  readonly arrived: Arrived[]
  readonly recorded: AuditEvent[]
  url(path?: string): string
  close(): Promise<void>
}

export type Answer = (arrived: Arrived, response: ServerResponse) => void

export async function world(
  answer: Answer = (_, response) => response.writeHead(204).end(),
  firstByteMs = 10_000,
): Promise<World> {
  const clock = testClock()
  const arrived: Arrived[] = []
  const recorded: AuditEvent[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { url: path = '', headers } = request
    const one = { path, headers, body: Buffer.concat(chunks).toString() }
    arrived.push(one)
    answer(one, response)
  })
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  const policy = outboundPolicy({
    name: 'webhooks',
    ports: [port],
    allowAddresses: ['127.0.0.1/32'],
    maxRedirects: 0,
    firstByteMs,
    refusalStepMs: 0,
  })
  const registry = memoryRegistry()
  const { jobs } = memoryStores()
  const hooks = webhooks({
    events: EVENTS,
    policy,
    registry,
    jobs,
    sealed: { seal: (_, text) => text, open: (_, text) => granted(text) },
    clock,
    random: systemRandom(),
    record: event => recorded.push(event),
  })
  return {
    hooks,
    registry,
    jobs,
    clock,
    arrived,
    recorded,
    url: (path = '/') => `http://127.0.0.1:${port}${path}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await hooks.stop()
      await policy.close()
    },
  }
}
