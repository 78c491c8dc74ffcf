import { connect, type Socket } from 'node:net'

/** A request as bytes, ready to send again and again. */
export interface Shot {
  readonly bytes: Buffer
}

/** Makes the bytes of one request. */
export function shot(
  port: number,
  request: {
    readonly method: string
    readonly path: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  },
): Shot {
  const body = request.body ?? ''
  const headers = {
    host: `localhost:${port}`,
    ...(body === ''
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
    ...request.headers,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return {
    bytes: Buffer.from(
      `${request.method} ${request.path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`,
    ),
  }
}

export interface LoadResult {
  readonly answers: number
  /** How many there were of each status. */
  readonly statuses: Readonly<Record<string, number>>
}

const HEADER_END = Buffer.from('\r\n\r\n')

/**
 * Keeps `connections` busy for `milliseconds`: each sends its next request when the answer to the
 * last one is complete. Bounded in time, and in count by `most`.
 */
export async function load(
  port: number,
  shots: readonly Shot[],
  options: { readonly connections: number; readonly milliseconds: number; readonly most?: number },
): Promise<LoadResult> {
  const most = options.most ?? 5_000_000
  const statuses: Record<string, number> = {}
  let answers = 0
  let next = 0
  let over = false
  const workers = Array.from({ length: options.connections }, () => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const open = (): void => {
      const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
      let held: Buffer = Buffer.alloc(0)
      let ending = false
      const fire = (): void => {
        if (over || answers >= most) socket.end()
        else socket.write((shots[next++ % shots.length] as Shot).bytes)
      }
      socket.on('connect', fire)
      socket.on('data', (chunk: Buffer) => {
        held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
        const answer = answerIn(held)
        if (answer === undefined || held.length < answer.length) return
        const status = held.toString('latin1', 9, 12)
        statuses[status] = (statuses[status] ?? 0) + 1
        answers += 1
        held = held.subarray(answer.length)
        ending = answer.last
        if (ending) socket.end()
        else fire()
      })
      socket.on('error', error => (over ? resolve() : reject(error)))
      // A server may end a connection after so many requests, and says so: take another one.
      socket.on('close', () => (ending && !over ? open() : resolve()))
    }
    open()
    return promise
  })
  const timer = setTimeout(() => {
    over = true
  }, options.milliseconds)
  await Promise.all(workers)
  clearTimeout(timer)
  return { answers, statuses }
}

/** Length of the first answer in `held` and whether it is the connection's last, once its head is there. */
function answerIn(held: Buffer): { readonly length: number; readonly last: boolean } | undefined {
  const end = held.indexOf(HEADER_END)
  if (end === -1) return undefined
  const head = held.toString('latin1', 0, end)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined && !/^HTTP\/1\.1 (204|304)/.test(head)) {
    throw new Error('an answer without Content-Length: this client does not read chunks')
  }
  const last = /\r\nconnection: *close/i.test(head)
  return { length: end + HEADER_END.length + Number(length ?? 0), last }
}
