import { request } from 'node:http'
import { isIPv6, type Socket } from 'node:net'
import { type Opener, settled } from './opener.ts'
import type { OutboundProxy } from './options.ts'
import { because, OutboundRefused, refusals } from './refusals.ts'

/**
 * Opens a tunnel by CONNECT (RFC 9110 §9.3.6). The proxy resolves the name and judges the address:
 * that is what `trustedToFilter` states.
 *
 * @throws {OutboundRefused} when the proxy is out of reach or answers anything but 2xx
 */
export async function openTunnel(
  { settings, wires }: Opener,
  proxy: OutboundProxy,
  target: { readonly host: string; readonly port: number },
): Promise<Socket> {
  const { hostname, port, protocol } = new URL(proxy.url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const secure = protocol === 'https:'
  const plain = wires.connect({ host, port: Number(port || (secure ? 443 : 80)) })
  await settled(plain, 'connect', settings.connectMs)
  const toProxy = secure ? wires.secure({ socket: plain, host, servername: host }) : plain
  if (secure) await settled(toProxy, 'secureConnect', settings.connectMs)

  const authority = `${isIPv6(target.host) ? `[${target.host}]` : target.host}:${target.port}`
  const opened = Promise.withResolvers<Socket>()
  const refuse = (why: string): void => {
    toProxy.destroy()
    opened.reject(new OutboundRefused(because(refusals.proxy, why)))
  }
  const connect = request({
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      ...(proxy.authorization === undefined
        ? {}
        : { 'proxy-authorization': proxy.authorization.reveal() }),
    },
    createConnection: () => toProxy,
    maxHeaderSize: settings.maxHeaderBytes,
    timeout: settings.connectMs,
  })
  connect.on('connect', (response, socket, head) => {
    const status = response.statusCode ?? 0
    // Bytes before the handshake would be read as the destination's.
    if (status < 200 || status > 299 || head.length > 0) refuse(`the proxy answered ${status}`)
    else opened.resolve(socket as Socket)
  })
  connect.on('response', response => refuse(`the proxy answered ${response.statusCode ?? 0}`))
  connect.on('timeout', () => refuse('the proxy was too slow'))
  connect.on('error', error => refuse(error.message))
  connect.end()
  return opened.promise
}
