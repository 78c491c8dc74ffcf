import type { IncomingMessage } from 'node:http'
import type { Refusal } from '../kernel/refusal.ts'

const malformed = { says: 'server.malformed', status: 400, close: true } as const
const tooSlow = { says: 'server.too_slow', status: 408, close: true } as const

type ServerReason =
  | 'malformed'
  | 'upgrade'
  | 'expectation'
  | 'headersTooLarge'
  | 'chunkTooLarge'
  | 'slowHeaders'
  | 'slowBody'
  | 'slowReader'

export const refusals: Readonly<Record<ServerReason, Refusal>> = {
  malformed: { code: 'server.malformed', ...malformed },
  upgrade: { code: 'server.upgrade', ...malformed },
  expectation: { code: 'server.expectation', says: 'server.expectation', status: 417, close: true },
  headersTooLarge: {
    code: 'server.headers_too_large',
    says: 'server.headers_too_large',
    status: 431,
    close: true,
  },
  chunkTooLarge: {
    code: 'server.chunk_too_large',
    says: 'server.chunk_too_large',
    status: 413,
    close: true,
  },
  slowHeaders: { code: 'server.slow_headers', ...tooSlow },
  slowBody: { code: 'server.slow_body', ...tooSlow },
  slowReader: { code: 'server.slow_reader', ...tooSlow },
}

/**
 * HTTP/2 over clear text and home-made protocols would carry requests past every guard. And what
 * upgrades while answers are owed to requests before it would be answered in their place.
 */
export function judgeUpgrade(message: IncomingMessage, owes: boolean): Refusal | undefined {
  const wanted = message.headers.upgrade?.toLowerCase()
  const mayPass = wanted === 'websocket' && message.method === 'GET' && !owes
  return mayPass ? undefined : refusals.upgrade
}

/** What node's parser complains of; undefined when the client is gone and nobody would read. */
export function parserRefusal(code: string | undefined): Refusal | undefined {
  switch (code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return undefined
    case 'HPE_HEADER_OVERFLOW':
      return refusals.headersTooLarge
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return refusals.chunkTooLarge
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return refusals.slowHeaders
    default:
      return refusals.malformed
  }
}
