import type { Readable } from 'node:stream'
import { mediaType } from '../http/media-type.ts'
import { granted, type Outcome, refused } from '../kernel/outcome.ts'
import type { Content } from '../shield/content/content.ts'
import { parseForm } from '../shield/content/form.ts'
import { type BodyLimit, bodyBudget, readBody } from '../shield/limits/body.ts'
import type { Limits } from '../shield/limits/limits.ts'
import type { RoutePolicy } from './route.ts'

type Kind = 'json' | 'form' | 'multipart' | 'text' | 'bytes'

const KINDS: Readonly<Record<string, Kind>> = {
  'application/json': 'json',
  'application/csp-report': 'json',
  'application/reports+json': 'json',
  'application/x-www-form-urlencoded': 'form',
  'multipart/form-data': 'multipart',
  'text/plain': 'text',
}

/** What a declared media type means to us. The route's allow-list has let it through already. */
export function bodyKind(contentType: string | undefined): Kind {
  if (contentType === undefined) return 'bytes'
  const essence = KINDS[contentType] === undefined ? mediaType(contentType)?.essence : contentType
  if (essence === undefined) return 'bytes'
  return KINDS[essence] ?? (essence.endsWith('+json') ? 'json' : 'bytes')
}

/** How many bytes a body of this kind may have on this route. */
export function bodyLimit(limits: Limits, policy: RoutePolicy, kind: Kind): BodyLimit {
  const { body } = limits
  const usual =
    kind === 'json' || kind === 'form' || kind === 'multipart' ? body[kind] : body.default
  return {
    maxBytes: policy.limits?.maxBodyBytes ?? usual,
    maxRatio: body.maxRatio,
    codings: body.codings,
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const refusals = {
  malformedText: { code: 'content.malformed_text', says: 'content.malformed', status: 400 },
} as const

/** What a body is read and parsed by. */
export interface BodyRules {
  readonly limits: Limits
  readonly policy: RoutePolicy
  readonly content: Content
}

/**
 * Reads a whole body within its limit and parses it strictly by its kind, unless the route wants its
 * bytes. Of multipart the unread
 * stream is answered: it belongs to uploads, part by part.
 */
export async function readParsed(
  stream: Readable,
  declared: { readonly contentType: string | undefined; readonly coding: string | undefined },
  rules: BodyRules,
): Promise<Outcome<unknown>> {
  const kind = bodyKind(declared.contentType)
  if (kind === 'multipart') return granted(stream)
  const budget = bodyBudget(bodyLimit(rules.limits, rules.policy, kind))
  const read = await readBody(stream, budget, declared.coding)
  if (read.ok && rules.policy.content?.raw === true) return read
  return read.ok ? parsed(kind, read.value, rules) : read
}

function parsed(
  kind: Exclude<Kind, 'multipart'>,
  bytes: Buffer,
  rules: BodyRules,
): Outcome<unknown> {
  switch (kind) {
    case 'json':
      return rules.content.parse(bytes)
    case 'form': {
      const lists = rules.policy.content?.lists
      return parseForm(bytes, lists === undefined ? {} : { lists })
    }
    case 'text':
      try {
        return granted(UTF8.decode(bytes))
      } catch {
        return refused(refusals.malformedText)
      }
    case 'bytes':
      return granted(bytes)
  }
}
