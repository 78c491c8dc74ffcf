import { keyedHash, sha256 } from '../kernel/bytes.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Keys } from '../kernel/keys.ts'
import type { Random } from '../kernel/random.ts'
import { Secret } from '../kernel/secret.ts'
import type { AuditEntry } from '../store/port/audit-log.ts'
import { chainLink } from './chain.ts'
import type { AuditDetail, AuditEvent } from './event.ts'
import { CATALOGUE_VERSION, eventKind, type Severity } from './events.ts'
import { clipped, jsonLine } from './line.ts'

/** How an address or a device is kept: as it is, as a keyed hash, or not at all. */
export type Keeping = 'plain' | 'hash' | 'none'

/** What making an entry depends on. */
export interface EntrySettings {
  readonly address: Keeping
  readonly device: Keeping
  /** Names the process that wrote it; absent when there is only one. */
  readonly node: string | undefined
  /** Severities of the application's own codes. */
  readonly own: Readonly<Record<string, Severity>>
}

/** The chained line, member by member. Names are short because every row repeats them. */
export interface AuditLine {
  readonly v: number
  readonly id: string
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string
  readonly code: string
  readonly severity: Severity
  readonly outcome: 'success' | 'failure'
  readonly reason?: string
  readonly actor?: string
  readonly behalf?: readonly string[]
  readonly target?: string
  readonly request?: string
  readonly method?: string
  readonly route?: string
  readonly detail?: AuditDetail
  readonly node?: string
  /** SHA-256 of the personal line beside it. */
  readonly personal?: string
  /** Id of the key that links this row. */
  readonly key: string
}

const MOST = { id: 128, word: 64, route: 256, device: 256, value: 512, members: 24, behalf: 8 }
const SALT_BYTES = 16
/** Names whose values are never a help and often a leak (ASVS 16.2.5). */
const SECRETIVE = /passw|passphrase|secret|token|cookie|authorization|credential|api[-_]?key|otp/i

/** Answers the function that turns events into entries for the log. Nothing waits in it. */
export function entries(
  keys: Keys,
  clock: Clock,
  random: Random,
  settings: EntrySettings,
): (event: AuditEvent) => AuditEntry {
  const chainKey = keys.for('audit-chain')
  const nameKey = keys.for('audit-address')
  const keep = (how: Keeping, what: string, value: string | undefined): string | undefined => {
    if (value === undefined || value === '' || how === 'none') return undefined
    return how === 'plain'
      ? clipped(value, MOST.device)
      : `~${keyedHash(nameKey, `${what}\n${value}`)}`
  }
  const personalOf = (event: AuditEvent): string | undefined => {
    const address = keep(settings.address, 'address', event.request?.address)
    const device = keep(settings.device, 'device', event.request?.device)
    if (address === undefined && device === undefined && event.personal === undefined) {
      return undefined
    }
    // The salt keeps what was erased from being guessed back out of the hash that stays.
    const salt = random.bytes(SALT_BYTES).toString('base64url')
    return jsonLine({ salt, address, device, ...(event.personal && tidy(event.personal)) })
  }
  return event => {
    const id = random.uuid()
    const at = clock()
    const personal = personalOf(event)
    const actorId = event.actorId && tameId(event.actorId)
    const targetId = event.targetId && tameId(event.targetId)
    const text = jsonLine({
      v: CATALOGUE_VERSION,
      id,
      at: new Date(at).toISOString(),
      code: event.code,
      severity: settings.own[event.code] ?? eventKind(event.code)?.severity ?? 'info',
      outcome: event.outcome,
      reason: event.reason && clipped(event.reason, MOST.word),
      actor: actorId,
      behalf: event.onBehalfOf?.slice(0, MOST.behalf).map(tameId),
      target: targetId,
      request: event.request && tameId(event.request.id),
      method: event.request && clipped(event.request.method, MOST.word),
      route: event.request && clipped(event.request.route, MOST.route),
      detail: event.detail && tidy(event.detail),
      node: settings.node,
      personal: personal && sha256(personal),
      key: keys.id,
    })
    return {
      id,
      at,
      code: event.code,
      actorId,
      targetId,
      text,
      personal,
      link: (sequence, previous) => chainLink(chainKey, sequence, previous, text),
    }
  }
}

/** Ids stand in columns of their own, where a NUL or a lone surrogate could stop a database. */
function tameId(id: string): string {
  return clipped(id.replace(/[^\x21-\x7e]/g, '?'), MOST.id)
}

/**
 * Decision: what a caller passes beside the typed fields is cut to a bounded size and texts with
 * names like a secret's are blanked, whoever wrote them.
 * Cost: a harmless member with such a name is lost; call it something else.
 */
function tidy(given: AuditDetail): AuditDetail {
  const out: Record<string, string | number | boolean | null> = {}
  for (const [name, value] of Object.entries(given).slice(0, MOST.members)) {
    const short = clipped(name, MOST.word)
    if ((value as unknown) instanceof Secret) out[short] = '[secret]'
    else if (typeof value === 'string') {
      out[short] = SECRETIVE.test(name) ? '[secret]' : clipped(value, MOST.value)
    } else if (typeof value === 'number' || typeof value === 'boolean') out[short] = value
    else out[short] = null
  }
  return out
}
