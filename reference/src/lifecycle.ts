import type { Bulwark } from 'bulwark'

/**
 * Writes down that the service started: under which root key, and with which defences off or
 * weakened. A key that is not the one of the last start is an event of its own.
 */
export async function noteStart(bulwark: Bulwark): Promise<void> {
  const { audit, keys, mode } = bulwark
  if (audit === undefined) return
  const [last] = await audit.read({ code: 'system.started', limit: 1 })
  const before = last?.detail['key']
  audit.record({
    code: 'system.started',
    outcome: 'success',
    detail: { key: keys.id, mode, node: process.versions.node },
  })
  if (typeof before === 'string' && before !== keys.id) {
    const detail = { key: keys.id, previous: before }
    audit.record({ code: 'system.key_rotated', outcome: 'success', detail })
  }
  for (const { id, severity, detail, accepted } of await bulwark.posture()) {
    if (severity !== 'critical') continue
    audit.record({
      code: 'system.control_disabled',
      outcome: 'success',
      reason: id,
      detail: { ...(detail !== undefined && { detail }), ...(accepted && { accepted }) },
    })
  }
}

/** Writes down that it stops; everything recorded before it is written as well. */
export async function noteStop({ audit }: Bulwark): Promise<void> {
  await audit?.recordDurable({ code: 'system.stopped', outcome: 'success' }).catch(() => {
    // A store that is gone must not keep the process from ending.
  })
}
