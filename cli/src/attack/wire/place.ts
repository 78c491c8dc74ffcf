import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/**
 * The one place that is ever connected to: a name that was resolved once, pinned to its address.
 * Everything the tool sends goes through `dial`, so nothing can reach another host.
 */
export interface Place {
  /** As browsers write it: `http://localhost:3000`. */
  readonly origin: string
  /** What a correct Host header says. */
  readonly host: string
  readonly address: string
  readonly port: number
  readonly tls: boolean
  readonly loopback: boolean
}

/**
 * A lane is the source address of a connection. All of 127/8 leads to the own machine on Linux, so
 * each check can come from an address of its own and a limit hit by one does not spoil the next.
 */
export type Lane = string | undefined

/** Opens a connection to `place`; certificates of loopback services are taken as they are. */
export function dial(place: Place, lane: Lane, port: number = place.port): Socket {
  const to = { host: place.address, port, ...(lane === undefined ? {} : { localAddress: lane }) }
  if (!place.tls || port !== place.port) return connect(to)
  const name = new URL(place.origin).hostname.replace(/^\[|\]$/g, '')
  return connectTls({
    ...to,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    // Decision: a development certificate is nobody's authority, and the peer is this very machine.
    // Cost: none on loopback; any other target must have a certificate that verifies.
    rejectUnauthorized: !place.loopback,
  })
}
