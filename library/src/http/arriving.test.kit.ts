import type { RawRequest } from './framing.ts'
import type { Incoming } from './incoming.ts'

/** A request made up: what a test does not say is what an ordinary browser on our own page sends. */
export interface Arriving {
  readonly target?: string
  readonly origin?: string
  readonly address?: string
  readonly secure?: boolean
  readonly httpVersion?: string
}

/** Fields by lower-case name. */
export function arriving(
  method: string,
  fields: Readonly<Record<string, string>> = {},
  rest: Arriving = {},
): Incoming & RawRequest {
  const target = rest.target ?? '/orders'
  const mark = target.indexOf('?')
  return {
    method,
    target,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    httpVersion: rest.httpVersion ?? '1.1',
    rawHeaders: Object.entries({ host: 'app.example', ...fields }).flat(),
    origin: rest.origin ?? 'https://app.example',
    address: rest.address ?? '192.0.2.1',
    secure: rest.secure ?? true,
    header: name => (Object.hasOwn(fields, name) ? fields[name] : undefined),
  }
}

/** How often a property is tried: `usual` times, or twenty times that with `THOROUGH=1`. */
export function runs(usual: number): { numRuns: number } {
  return { numRuns: process.env['THOROUGH'] === '1' ? usual * 20 : usual }
}
