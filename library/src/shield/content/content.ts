import type { Incoming } from '../../http/incoming.ts'
import { accepts, mediaType } from '../../http/media-type.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { onlyKnown } from '../../kernel/options.ts'
import type { Outcome } from '../../kernel/outcome.ts'
import type { Refusal } from '../../kernel/refusal.ts'
import { type JsonLimits, jsonLimits, jsonParser } from './json.ts'

export const refusals = {
  missingType: { code: 'content.missing_type', says: 'content.unsupported_type', status: 415 },
  malformedType: { code: 'content.malformed_type', says: 'content.unsupported_type', status: 415 },
  unsupportedType: {
    code: 'content.unsupported_type',
    says: 'content.unsupported_type',
    status: 415,
  },
  charset: { code: 'content.charset', says: 'content.unsupported_type', status: 415 },
  notAcceptable: { code: 'content.not_acceptable', says: 'content.not_acceptable', status: 406 },
  unexpectedBody: { code: 'content.unexpected_body', says: 'content.unexpected_body', status: 400 },
} as const

export interface ContentOptions {
  /** What routes take that say nothing: `application/json`. */
  readonly consumes?: readonly string[]
  /** What routes give that say nothing; empty for anything. */
  readonly produces?: readonly string[]
  readonly json?: JsonLimits
}

/** What one route takes and gives. */
export interface RouteContent {
  /** Media types without parameters; empty when the route takes no body. */
  readonly consumes?: readonly string[]
  readonly produces?: readonly string[]
}

export interface Content {
  /** The guard for one route, made once at start: 415, 406, 400, before the body. */
  route(rule?: RouteContent): (request: Incoming) => Refusal | undefined
  readonly json: Required<JsonLimits>
  /** `parseJson` with these limits, made once. */
  readonly parse: (input: Uint8Array | string) => Outcome<unknown>
}

/** Methods whose content has no meaning (RFC 9110 §9.3.1), and which some proxies do not forward. */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Which media types may reach a route. A body without a type, or with one that the route does not
 * name, is not read: what a form on another site can send is never taken for JSON.
 *
 * @throws {ConfigFault} when a media type is none, or carries parameters
 * @see ASVS 4.1.1, 3.5.2, 15.3.5; RFC 9110 §15.5.16
 */
export function content(options: ContentOptions = {}): Content {
  onlyKnown('content', options, ['consumes', 'produces', 'json'])
  const json = jsonLimits(options.json ?? {})
  const usual = {
    consumes: options.consumes ?? ['application/json'],
    produces: options.produces ?? [],
  }
  return {
    json,
    parse: jsonParser(json),
    route(rule = {}) {
      const consumes = essences(rule.consumes ?? usual.consumes, 'content.consumes')
      const produces = essences(rule.produces ?? usual.produces, 'content.produces')
      const judgeType = typeGuard(consumes)
      return request => {
        if (produces.length > 0 && !accepts(request.header('accept'), produces)) {
          return refusals.notAcceptable
        }
        const length = request.header('content-length')
        const hasBody =
          request.header('transfer-encoding') !== undefined ||
          (length !== undefined && length !== '0')
        const type = request.header('content-type')
        if (BODILESS.has(request.method)) return hasBody ? refusals.unexpectedBody : undefined
        // HTTP/2 needs to announce no length: there, a type announces a body.
        if (!hasBody && (type === undefined || length === '0')) return undefined
        return judgeType(type)
      }
    },
  }
}

function essences(types: readonly string[], option: string): readonly string[] {
  for (const type of types) {
    const read = mediaType(type)
    if (read?.essence !== type) {
      throw new ConfigFault(option, `${JSON.stringify(type)}: write it as application/json`)
    }
  }
  return types
}

function typeGuard(consumes: readonly string[]): (type: string | undefined) => Refusal | undefined {
  const accept = { accept: consumes.join(', ') }
  const missing: Refusal = { ...refusals.missingType, headers: accept }
  const malformed: Refusal = { ...refusals.malformedType, headers: accept }
  const unsupported: Refusal = { ...refusals.unsupportedType, headers: accept }
  const charset: Refusal = { ...refusals.charset, headers: accept }
  // How nearly every client writes it; anything else is read letter by letter.
  const known = new Set(
    consumes
      .filter(essence => essence !== 'multipart/form-data')
      .flatMap(essence => [essence, `${essence}; charset=utf-8`, `${essence};charset=UTF-8`]),
  )
  return type => {
    if (type === undefined) return missing
    if (known.has(type)) return undefined
    const read = mediaType(type)
    if (read === undefined) return malformed
    if (!consumes.includes(read.essence)) {
      return consumes.length === 0 ? refusals.unexpectedBody : unsupported
    }
    if (read.essence === 'multipart/form-data') {
      return read.parameters.has('boundary') ? undefined : malformed
    }
    // A label such as utf-16 or utf-7 makes another reader see other text in the same bytes.
    const label = read.parameters.get('charset')
    return label === undefined || label.toLowerCase() === 'utf-8' ? undefined : charset
  }
}
