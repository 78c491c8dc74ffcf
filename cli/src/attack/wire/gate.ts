import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { dial, type Place } from './place.ts'

/** A target that must not be attacked. Its message says what to do instead. */
export class TargetRefused extends Error {
  override readonly name = 'TargetRefused'
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

export function isLoopback(address: string): boolean {
  return LOOPBACK.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

export type Resolve = (host: string) => Promise<readonly string[]>

const system: Resolve = async host =>
  (await lookup(host, { all: true })).map(({ address }) => address)

/**
 * Decides whether `url` may be attacked, and pins it to one address.
 *
 * @param own the host the user declares to own; needed, with a proof, for all but loopback
 * @throws {TargetRefused} when it is no origin, does not resolve, or is not loopback and not declared
 */
export async function admit(
  url: string,
  { own, resolve = system }: { own?: string | undefined; resolve?: Resolve } = {},
): Promise<Place> {
  const target = URL.parse(/^[a-z]+:\/\//i.test(url) ? url : `http://${url}`)
  if (target === null || !/^https?:$/.test(target.protocol))
    throw new TargetRefused(`${JSON.stringify(url)} is not an http or https address.`)
  if (target.username !== '' || target.password !== '')
    throw new TargetRefused('Credentials belong in the config (accounts), not in the address.')
  const host = target.hostname.replace(/^\[|\]$/g, '')
  const addresses = await addressesOf(host, resolve)
  const loopback = addresses.every(isLoopback)
  if (!loopback && own !== host)
    throw new TargetRefused(
      `${host} is not this machine (${addresses.join(', ')}). Attack a copy on loopback, or, if the ` +
        `host is yours, add --target-i-own ${host} and serve the proof that is then asked for.`,
    )
  const tls = target.protocol === 'https:'
  const port = Number(target.port || (tls ? 443 : 80))
  const place = { origin: target.origin, host: target.host, port, tls, loopback }
  for (const address of addresses)
    if (addresses.length === 1 || (await answers({ ...place, address })))
      return { ...place, address }
  return { ...place, address: addresses[0] ?? '' }
}

async function addressesOf(host: string, resolve: Resolve): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host]
  // RFC 6761 §6.3: these names are this machine, whatever a resolver says.
  if (host === 'localhost' || host.endsWith('.localhost')) return ['127.0.0.1', '::1']
  const addresses = await resolve(host).catch(() => [])
  if (addresses.length === 0) throw new TargetRefused(`${host} does not resolve to an address.`)
  return addresses
}

function answers(place: Place): Promise<boolean> {
  return new Promise(resolve => {
    const socket = dial({ ...place, tls: false }, undefined)
    const end = (connected: boolean) => {
      socket.destroy()
      resolve(connected)
    }
    socket.setTimeout(2000, () => end(false))
    socket.on('connect', () => end(true))
    socket.on('error', () => end(false))
  })
}
