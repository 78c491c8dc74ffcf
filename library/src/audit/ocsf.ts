import type { Severity } from './events.ts'
import type { AuditRecord } from './record.ts'

/** An event in the Open Cybersecurity Schema Framework, as collectors take it. */
export type OcsfEvent = Readonly<Record<string, unknown>>

const VERSION = '1.3.0'
const SEVERITY: Readonly<Record<Severity, number>> = { info: 1, notice: 2, warning: 3, critical: 5 }
const OTHER = 99

/** Class by the event's word; what is not here is Entity Management. */
const CLASSES: Readonly<Record<string, number>> = {
  ...named(3001, 'register', 'account', 'password', 'reset', 'lockout'),
  ...named(
    3002,
    'login',
    'session',
    'refresh',
    'totp',
    'backup_code',
    'passkey',
    'social',
    'oauth',
  ),
  ...named(4002, 'request', 'csrf', 'content', 'limits', 'headers', 'throttle', 'csp', 'access'),
  ...named(4002, 'outbound'),
  ...named(6002, 'system'),
  ...named(6006, 'uploads'),
}
const ENTITY_MANAGEMENT = 3004

/** Activity by code, in the terms of its class; 99 (Other) for what is not here. */
const ACTIVITIES: Readonly<Record<string, number>> = {
  'account.created': 1,
  'register.requested': 1,
  'account.enabled': 2,
  'password.changed': 3,
  'password.refused': 3,
  'reset.completed': 4,
  'reset.refused': 4,
  'account.disabled': 5,
  'account.deleted': 6,
  'lockout.shut': 9,
  'login.succeeded': 1,
  'login.succeeded_after_failures': 1,
  'login.refused': 1,
  'social.refused': 1,
  'session.ended': 2,
  'system.started': 3,
  'system.stopped': 4,
  'uploads.stored': 1,
  'uploads.refused': 1,
  'uploads.removed': 4,
  'audit.exported': 2,
  'admin.viewed': 2,
  'webhook.added': 1,
  'webhook.removed': 4,
}
const METHODS = ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'TRACE']
const HTTP_ACTIVITY = 4002

/**
 * Translates a row for a collector. Nothing is lost: what OCSF has no member for stands in
 * `unmapped`, and `metadata.uid` and `metadata.sequence` lead back to the row.
 *
 * @see OCSF 1.3.0
 */
export function ocsfOf(record: AuditRecord, product = 'bulwark'): OcsfEvent {
  const { code, sequence } = record
  const classUid = CLASSES[code.slice(0, code.indexOf('.'))] ?? ENTITY_MANAGEMENT
  const activity =
    classUid === HTTP_ACTIVITY
      ? METHODS.indexOf(record.method ?? '') + 1 || OTHER
      : (ACTIVITIES[code] ?? OTHER)
  const user = record.targetId ?? record.actorId
  const { address, device, ...personal } = record.personal
  return {
    metadata: {
      version: VERSION,
      product: { name: product, vendor_name: 'Bulwark' },
      uid: record.id,
      event_code: code,
      sequence,
    },
    category_uid: Math.floor(classUid / 1000),
    class_uid: classUid,
    activity_id: activity,
    type_uid: classUid * 100 + activity,
    time: record.at,
    severity_id: SEVERITY[record.severity],
    status_id: record.outcome === 'success' ? 1 : 2,
    ...(record.reason === undefined ? {} : { status_code: record.reason }),
    message: record.what,
    ...(record.actorId === undefined ? {} : { actor: { user: { uid: record.actorId } } }),
    ...(classUid === 3001 || classUid === 3002 ? { user: { uid: user ?? 'unknown' } } : {}),
    ...(classUid === ENTITY_MANAGEMENT
      ? { entity: { uid: record.targetId ?? code, type: code.slice(0, code.indexOf('.')) } }
      : {}),
    ...(classUid === 6002 ? { app: { name: product } } : {}),
    ...(classUid === 6006 ? { file: { name: record.targetId ?? 'unknown', type_id: 1 } } : {}),
    ...(address === undefined ? {} : { src_endpoint: { ip: address } }),
    ...(record.requestId === undefined
      ? {}
      : {
          http_request: {
            uid: record.requestId,
            http_method: record.method,
            url: { path: record.route },
            ...(device === undefined ? {} : { user_agent: device }),
          },
        }),
    unmapped: { on_behalf_of: record.onBehalfOf, detail: record.detail, personal },
  }
}

function named(classUid: number, ...words: readonly string[]): Record<string, number> {
  return Object.fromEntries(words.map(word => [word, classUid]))
}
