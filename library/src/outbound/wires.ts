import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectionOptions, connect as secure, type TLSSocket } from 'node:tls'
import { type Clock, systemClock } from '../kernel/clock.ts'
import { dnsResolver, type Resolve } from './resolver.ts'

/**
 * How a policy reaches the world: the state that everything here is handed. The guard judges what
 * comes out of `resolve` and where `connect` arrives, whoever provides them.
 */
export interface Wires {
  readonly clock: Clock
  /** Waits, for `refusalStepMs`. */
  sleep(ms: number): Promise<unknown>
  /** All addresses of a name. */
  readonly resolve: Resolve
  /** As `net.connect`. A literal host never asks `lookup`; a name is connected only through it. */
  connect(options: TcpNetConnectOpts): Socket
  /** As `tls.connect`, over a socket that is already connected and judged. */
  secure(options: ConnectionOptions & { readonly socket: Socket }): TLSSocket
  /** The addresses of this machine's interfaces. */
  ownAddresses(): readonly string[]
}

/** The real ones. */
export function systemWires(dnsServers?: readonly string[]): Wires {
  return {
    clock: systemClock,
    sleep,
    resolve: dnsResolver(dnsServers),
    connect,
    secure,
    ownAddresses: () =>
      Object.values(networkInterfaces()).flatMap(
        addresses => addresses?.map(({ address }) => address) ?? [],
      ),
  }
}
