import type { Exit } from '../../command.ts'
import { recorder } from '../../output/terminal.test.kit.ts'
import { usageTold } from '../../output/usage.ts'
import { npmProject, packument, type RegistryContent } from '../planted.test.kit.ts'
import { scanDeps } from './deps.ts'

/** The day on which all of these tests run. */
export const NOW: number = Date.UTC(2026, 10, 1)

/** What a run said and how it ended. */
export interface Told {
  readonly exit: Exit
  readonly stderr: string
  readonly report: {
    readonly findings: readonly {
      id: string
      severity: string
      title: string
      fix: string
      file: string
      line: number
      fingerprint: string
      notes: string[]
      details: Record<string, unknown>
      suppressed?: { reason: string }
    }[]
    readonly incomplete: readonly string[]
    readonly notChecked: readonly string[]
  }
}

/** Runs `scan deps` in a folder. */
export async function scanned(folder: string, args: readonly string[]): Promise<Told> {
  const terminal = recorder(folder)
  const exit = await usageTold('scan deps', terminal, () =>
    scanDeps(['--json', ...args], terminal, () => NOW),
  )
  const stdout = terminal.stdout()
  return {
    exit,
    stderr: terminal.stderr(),
    report: stdout === '' ? ({} as never) : JSON.parse(stdout),
  }
}

/** The findings' ids, in the order of the report. */
export function ids(told: Told): string[] {
  return told.report.findings.map(finding => finding.id)
}

/** For `packument`: out for years. */
export const OLD: { readonly days: number } = { days: 900 }

/** What the fixture registry knows about two holes in one package and one attack. */
export const HOLES: RegistryContent = {
  advisories: {
    'hole-in-parser': [
      {
        id: 1001,
        url: 'https://github.com/advisories/GHSA-2222-3333-4444',
        title: 'Prototype pollution in hole-in-parser',
        severity: 'high',
        vulnerable_versions: '<1.2.3',
        cwe: ['CWE-1321'],
        cvss: { score: 7.5, vectorString: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H' },
      },
      {
        id: 1002,
        url: 'https://github.com/advisories/GHSA-2222-3333-5555',
        title: 'Slow regular expression in hole-in-parser',
        severity: 'moderate',
        vulnerable_versions: '>=1.0.0 <2.0.0',
        cwe: [],
        cvss: { score: 0, vectorString: null },
      },
      {
        id: 1003,
        url: 'https://github.com/advisories/GHSA-2222-3333-6666',
        title: 'A hole of another line of versions',
        severity: 'critical',
        vulnerable_versions: '>=3.0.0',
        cwe: [],
        cvss: { score: 0, vectorString: null },
      },
    ],
    'evil-helper': [
      {
        id: 1004,
        url: 'https://github.com/advisories/GHSA-7777-8888-9999',
        title: 'Malware in evil-helper',
        severity: 'critical',
        vulnerable_versions: '>=0',
        cwe: ['CWE-506'],
        cvss: { score: 0, vectorString: null },
      },
    ],
  },
  packuments: {
    'hole-in-parser': packument(
      'hole-in-parser',
      { '1.0.0': OLD, '1.2.3': OLD, '2.0.0': OLD },
      NOW,
    ),
    'evil-helper': packument('evil-helper', { '1.0.0': OLD }, NOW),
    middle: packument('middle', { '1.0.0': OLD }, NOW),
  },
}

/** A project with both of them and the attack in it. */
export const HOLED: Record<string, string | object> = npmProject({
  middle: { dependencies: { 'hole-in-parser': '^1.0.0' } },
  'hole-in-parser': { deep: true },
  'evil-helper': { range: '1.0.0' },
})
