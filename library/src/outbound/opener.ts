import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { Guard } from './guard.ts'
import type { OutboundSettings } from './options.ts'
import { because, OutboundRefused, refusalOf, refusals } from './refusals.ts'
import type { Wires } from './wires.ts'

/** What a socket is opened with: one policy's rules and the world. */
export interface Opener {
  readonly settings: OutboundSettings
  readonly guard: Guard
  readonly wires: Wires
  /** Roots and TLS versions; made once, for it costs more than a handshake's other half. */
  readonly context: SecureContext
}

/** Waits until `socket` is ready; destroys it when it fails or takes longer than `withinMs`. */
export async function settled(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  withinMs: number,
): Promise<void> {
  // Stays: between this and the client's own listener nobody else would hear an error.
  socket.on('error', () => {})
  const ready = Promise.withResolvers<void>()
  const closed = (): void => ready.reject(new Error('closed while connecting'))
  socket.once(event, ready.resolve).once('error', ready.reject).once('close', closed)
  try {
    await within(withinMs, 'connecting', ready.promise)
  } catch (error) {
    socket.destroy()
    throw error instanceof OutboundRefused ? error : new OutboundRefused(refusalOf(error))
  } finally {
    socket.off('error', ready.reject).off('close', closed)
  }
}

/**
 * Gives `promise` so many milliseconds.
 *
 * @throws {OutboundRefused} `outbound.timeout`, naming `what`
 */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new OutboundRefused(because(refusals.timeout, `${what} took over ${ms} ms`)))
  }, ms)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
