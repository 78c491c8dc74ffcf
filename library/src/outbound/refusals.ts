import type { Refusal } from '../kernel/refusal.ts'

/**
 * Why nothing came back. All of them say the same: told apart, they would make a port scanner and a
 * map of our names out of every form that takes a URL. The audit gets `code` and `why`.
 */
export const refusals = {
  /** Not an absolute URL, or longer than `maxUrlBytes`. */
  url: { code: 'outbound.url', says: 'outbound.refused', status: 422 },
  scheme: { code: 'outbound.scheme', says: 'outbound.refused', status: 422 },
  /** `user:password@` in the URL. */
  credentials: { code: 'outbound.credentials', says: 'outbound.refused', status: 422 },
  port: { code: 'outbound.port', says: 'outbound.refused', status: 422 },
  /** Off the list of allowed hosts, or on the list of denied ones. */
  host: { code: 'outbound.host', says: 'outbound.refused', status: 422 },
  /** Off the list of allowed paths, or one that servers read differently. */
  path: { code: 'outbound.path', says: 'outbound.refused', status: 422 },
  /** A name that never means a public host: `localhost`, `*.internal`, a single label, metadata. */
  localName: { code: 'outbound.local_name', says: 'outbound.refused', status: 422 },
  /** An address that the registries do not call globally reachable, itself or one it embeds. */
  privateAddress: { code: 'outbound.private_address', says: 'outbound.refused', status: 422 },
  /** An address on the policy's `denyAddresses`. */
  deniedAddress: { code: 'outbound.denied_address', says: 'outbound.refused', status: 422 },
  /** An address of this machine. */
  ownAddress: { code: 'outbound.own_address', says: 'outbound.refused', status: 422 },
  /** The name has no address, or nobody could say. */
  lookup: { code: 'outbound.lookup', says: 'outbound.refused', status: 422 },
  /** The socket came out at another address than those judged. */
  wrongPeer: { code: 'outbound.wrong_peer', says: 'outbound.refused', status: 422 },
  certificate: { code: 'outbound.certificate', says: 'outbound.refused', status: 422 },
  /** Refused, reset, unreachable, or not HTTP. */
  network: { code: 'outbound.network', says: 'outbound.refused', status: 422 },
  /** One of the deadlines passed; `why` names it. */
  timeout: { code: 'outbound.timeout', says: 'outbound.refused', status: 422 },
  /** Headers, body or decoded body over the policy's cap. */
  tooLarge: { code: 'outbound.too_large', says: 'outbound.refused', status: 422 },
  /** A content coding that was not asked for, more than one, or one that does not decode. */
  coding: { code: 'outbound.coding', says: 'outbound.refused', status: 422 },
  redirects: { code: 'outbound.redirects', says: 'outbound.refused', status: 422 },
  /** A redirect from https to http. */
  downgrade: { code: 'outbound.downgrade', says: 'outbound.refused', status: 422 },
  /** CONNECT, TRACE or no method at all. */
  method: { code: 'outbound.method', says: 'outbound.refused', status: 422 },
  /** A request header that belongs to the connection, is malformed or too long. */
  header: { code: 'outbound.header', says: 'outbound.refused', status: 422 },
  /** Every slot of the policy stayed taken. */
  busy: { code: 'outbound.busy', says: 'outbound.refused', status: 422 },
  /** The stated proxy did not open the tunnel. */
  proxy: { code: 'outbound.proxy', says: 'outbound.refused', status: 422 },
} as const

/** A refusal with what the audit should know. Text from outside is cut and made printable. */
export function because(refusal: Refusal, why: string): Refusal {
  return { ...refusal, why: printable(why) }
}

/** The refusal as an error, for those who must throw: sockets, agents, and `outboundFetch`. */
export class OutboundRefused extends Error {
  override readonly name = 'OutboundRefused'
  /** What the client may learn; always `outbound.refused`. */
  readonly code: string
  /** The truth, for the audit. Not enumerable, so that loggers and JSON leave it alone. */
  declare readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super('the outbound request was refused')
    this.code = refusal.says
    Object.defineProperty(this, 'refusal', { value: refusal })
  }
}

/** The refusal in what a socket or a client threw. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof OutboundRefused) return error.refusal
  const code = codeOf(error)
  if (/^ERR_TLS|CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)/.test(code)) {
    return because(refusals.certificate, code)
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return because(refusals.tooLarge, code)
  }
  return because(refusals.network, code === '' ? String(error) : code)
}

/** The code that a system error bears, or nothing. */
export function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

const MAX_WHY = 300

/** Keeps a log line one line: controls and bidirectional marks become escapes. */
function printable(text: string): string {
  const shown = text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    character => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
  return shown.length <= MAX_WHY ? shown : `${shown.slice(0, MAX_WHY)}…`
}
