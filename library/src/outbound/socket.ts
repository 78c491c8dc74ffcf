import { isIP, isIPv6, type LookupFunction, type Socket } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { canonicalAddress } from '../http/ip.ts'
import { ALLOWED, observed } from './events.ts'
import { literalOf } from './guard.ts'
import { canonicalHost, withoutRootDot } from './hosts.ts'
import { type Opener, settled, within } from './opener.ts'
import { because, codeOf, OutboundRefused, refusalOf, refusals } from './refusals.ts'
import { openTunnel } from './tunnel.ts'

/** Where a client asks its agent to connect. */
export interface Target {
  /** With the colon: `https:`. */
  readonly scheme: string
  /** As the client wrote it; made canonical here. */
  readonly host: string
  readonly port: number
}

/**
 * The only place where a socket comes into being. Judges the target, looks the name up once, judges
 * every record, connects to those records and nothing else, and judges the far end again before the
 * first byte is written. For https the TLS handshake is done and the certificate checked.
 *
 * @throws {OutboundRefused} for every way it can fail
 */
export async function openSocket(opener: Opener, target: Target): Promise<Socket | TLSSocket> {
  const { settings, wires } = opener
  const began = wires.clock()
  const report = (code: string, extra: { why?: string; address?: string }): void => {
    observed(settings, {
      kind: 'socket',
      code,
      hops: [originOf(target)],
      ms: wires.clock() - began,
      ...extra,
    })
  }
  try {
    const socket = await open(opener, target)
    report(ALLOWED, socket.remoteAddress === undefined ? {} : { address: socket.remoteAddress })
    return socket
  } catch (error) {
    const { code, why } = refusalOf(error)
    report(code, why === undefined ? {} : { why })
    throw error
  }
}

async function open(opener: Opener, target: Target): Promise<Socket | TLSSocket> {
  const { settings, guard, wires } = opener
  // Clients other than ours hand in what their caller wrote: 127.1 must become what it means.
  const host = canonicalHost(target.host)
  if (host === undefined) throw new OutboundRefused(refusals.url)
  const refusal = guard.judgeTarget(target.scheme, host, target.port)
  if (refusal !== undefined) throw new OutboundRefused(refusal)
  const name = literalOf(withoutRootDot(host)) ?? withoutRootDot(host)
  const judged = settings.proxy === undefined ? await addressesOf(opener, name) : []
  const until = wires.clock() + settings.connectMs
  const left = (): number => Math.max(1, until - wires.clock())
  const socket =
    settings.proxy === undefined
      ? await direct(opener, name, target.port, judged)
      : await openTunnel(opener, settings.proxy, { host: name, port: target.port })
  return target.scheme === 'https:' ? encrypted(opener, socket, name, left()) : socket
}

/** TCP to one of the addresses that were judged. */
async function direct(
  { settings, wires }: Opener,
  name: string,
  port: number,
  judged: readonly string[],
): Promise<Socket> {
  const socket = wires.connect({
    host: name,
    port,
    lookup: answering(judged),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: 250,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
  })
  await settled(socket, 'connect', settings.connectMs)
  const peer = socket.remoteAddress ?? ''
  // A dual-stack socket may write an IPv4 peer as `::ffff:192.0.2.1`.
  const arrived = canonicalAddress(peer)
  if (!judged.some(address => canonicalAddress(address) === arrived)) {
    socket.destroy()
    throw new OutboundRefused(because(refusals.wrongPeer, `${name} connected to ${peer}`))
  }
  return socket
}

/** The addresses to connect to, all of them judged. A literal is its own answer: no lookup. */
async function addressesOf(
  { settings, guard, wires }: Opener,
  name: string,
): Promise<readonly string[]> {
  // judgeTarget has judged a literal already.
  if (isIP(name) !== 0) return [name]
  let addresses: readonly string[]
  try {
    addresses = await within(
      settings.lookupMs,
      'the lookup',
      wires.resolve(name, settings.lookupMs),
    )
  } catch (error) {
    if (error instanceof OutboundRefused) throw error
    throw new OutboundRefused(because(refusals.lookup, `${name}: ${codeOf(error) || 'failed'}`))
  }
  const answer = guard.judgeAnswer(name, addresses)
  if (!answer.ok) throw new OutboundRefused(answer.refusal)
  return answer.value
}

/** A `lookup` that knows one answer: what was judged is what Happy Eyeballs tries. */
function answering(judged: readonly string[]): LookupFunction {
  const all = judged.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
  return (_host, options, callback) => {
    const [first] = all
    if (options.all === true) callback(null, all)
    else callback(null, first?.address ?? '', first?.family)
  }
}

/** TLS with the name of the URL for SNI and the certificate, whatever a Host header says. */
async function encrypted(
  { settings, wires, context }: Opener,
  socket: Socket,
  host: string,
  withinMs: number,
): Promise<TLSSocket> {
  const options: ConnectionOptions & { socket: Socket } = {
    socket,
    host,
    servername: isIP(host) === 0 ? host : '',
    ALPNProtocols: settings.http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    // Said here, so that NODE_TLS_REJECT_UNAUTHORIZED has no say (ASVS 12.3.2).
    rejectUnauthorized: true,
    secureContext: context,
  }
  const secure = wires.secure(options)
  await settled(secure, 'secureConnect', withinMs)
  return secure
}

function originOf({ scheme, host, port }: Target): string {
  return `${scheme}//${isIPv6(host) ? `[${host}]` : host}:${port}`
}
