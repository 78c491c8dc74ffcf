import { relative, resolve } from 'node:path'
import { ConfigFault } from 'bulwark/fault'
import type { Terminal } from '../command.ts'
import type { Finding, Report } from '../output/finding.ts'
import { configuration } from './module.ts'
import { asFinding, type Tier } from './posture.ts'

/** Puts the service of a configuration together, asks every check, and lets go of it again. */
export async function configured(path: string, tier: Tier, terminal: Terminal): Promise<Report> {
  const file = relative(terminal.cwd, resolve(terminal.cwd, path)).replaceAll('\\', '/')
  const { open, untold } = await configuration(path, terminal)
  const base = {
    command: 'doctor',
    subject: `${path}, as ${tier}`,
    incomplete: [],
    notChecked: [
      'the process that the service will run in (runtime.*): ask it while it runs',
      ...untold,
    ],
    facts: { tier },
  } satisfies Partial<Report>
  try {
    const service = await open(tier === 'development' ? 'development' : 'production')
    try {
      const found = await service.posture(tier)
      const findings = found
        .filter(({ id }) => !id.startsWith('runtime.'))
        .map(each => asFinding(each, file, tier))
      return { ...base, findings }
    } finally {
      await service.close()
    }
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error
    return { ...base, findings: [refusedStart(error, file)] }
  }
}

/** A start that is refused is the finding that hides all others. */
function refusedStart({ message, option }: ConfigFault, file: string): Finding {
  return {
    rule: {
      id: 'start.refused',
      what: 'The service does not start with this configuration.',
      why: 'What is not running protects nobody, and what else is wrong is not seen before.',
      fix: 'Change the option as the message says, and ask again.',
    },
    severity: 'critical',
    title: message,
    notes: [],
    file,
    line: 1,
    fingerprint: `doctor/start.refused/${option}`,
    details: { option },
  }
}
