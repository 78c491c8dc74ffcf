import { isAbsolute, join, relative } from 'node:path'
import { systemClock } from 'bulwark/clock'
import type { Exit, Terminal } from '../../command.ts'
import type { Finding, Report } from '../../output/finding.ts'
import { printer } from '../../output/print.ts'
import { PRINT_OPTIONS } from '../../output/print-options.ts'
import { parsed, Usage } from '../../output/usage.ts'
import { applied, readAcceptances } from '../acceptance.ts'
import { type Detect, detector } from './detect.ts'
import { dated, environmentFinding, findingsIn } from './findings.ts'
import { git } from './git.ts'
import { ACCEPT_FILE } from './help.ts'
import {
  history,
  MAX_BYTES,
  type Passed,
  published,
  type Source,
  staged,
  trackedEnvironments,
  workTree,
} from './places.ts'

const OPTIONS = {
  ...PRINT_OPTIONS,
  staged: { type: 'boolean', default: false },
  history: { type: 'boolean', default: false },
  stdin: { type: 'boolean', default: false },
  pack: { type: 'boolean', default: false },
  accept: { type: 'string', default: ACCEPT_FILE },
} as const

type Mode = 'work tree' | 'staged' | 'history' | 'stdin' | 'pack'

/** `bulwark scan secrets`. */
export async function scanSecrets(
  args: readonly string[],
  terminal: Terminal,
  clock: () => number = systemClock,
): Promise<Exit> {
  const { values, positionals } = parsed({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  })
  const print = printer(values, terminal)
  const modes = (['staged', 'history', 'stdin', 'pack'] as const).filter(mode => values[mode])
  if (modes.length > 1) throw new Usage(`--${modes.join(' and --')} exclude each other`)
  const mode: Mode = modes[0] ?? 'work tree'
  if (mode !== 'work tree' && mode !== 'pack' && positionals.length > 0) {
    throw new Usage(`--${mode} takes no path`)
  }
  if (mode === 'pack' && positionals.length > 1) throw new Usage('--pack takes one folder')
  const report = await scanned(mode, positionals, terminal, detector(clock()))
  const { cwd } = terminal
  const accept = isAbsolute(values.accept) ? values.accept : join(cwd, values.accept)
  const shown = relative(cwd, accept).replaceAll('\\', '/')
  const acceptances = await readAcceptances(accept, shown)
  return print({ ...report, findings: applied(report.findings, acceptances, shown, clock()) })
}

async function scanned(
  mode: Mode,
  paths: readonly string[],
  terminal: Terminal,
  detect: Detect,
): Promise<Report> {
  const { cwd } = terminal
  const salt = await saltOf(cwd)
  const findings = new Map<string, Finding>()
  const large: string[] = []
  const incomplete: string[] = []
  const passed: Passed = {
    tooLarge: path => void large.push(path),
    unreadable: path => void incomplete.push(`${path} cannot be read`),
  }
  let files = 0
  let bytes = 0
  for await (const source of sources(mode, paths, terminal, passed)) {
    if (terminal.signal.aborted) {
      incomplete.push('interrupted')
      break
    }
    files++
    bytes += source.bytes.length
    for (const finding of await findingsIn(source, detect, salt, incomplete)) {
      // The same secret in ten versions of a file is one thing to do.
      const key =
        mode === 'history'
          ? finding.fingerprint
          : `${finding.fingerprint} ${finding.file}:${finding.line}`
      if (!findings.has(key)) findings.set(key, await dated(finding, source, cwd))
    }
  }
  if (mode === 'work tree') {
    for (const path of await trackedEnvironments(cwd)) {
      findings.set(path, environmentFinding(path, salt))
    }
  }
  const notChecked =
    large.length === 0
      ? []
      : [`${large.length} files over ${MAX_BYTES / 1024 ** 2} MiB, such as ${large[0]}`]
  const subject = `${mode}, ${files} files`
  const facts = { mode, files, bytes }
  return {
    command: 'scan secrets',
    subject,
    findings: [...findings.values()],
    incomplete,
    notChecked,
    facts,
  }
}

function sources(
  mode: Mode,
  paths: readonly string[],
  terminal: Terminal,
  passed: Passed,
): AsyncIterable<Source> {
  if (mode === 'staged') return staged(terminal.cwd, passed)
  if (mode === 'history') return history(terminal.cwd, passed)
  if (mode === 'stdin') return input(terminal)
  return mode === 'pack'
    ? published(terminal.cwd, paths[0] ?? '.', passed)
    : workTree(terminal.cwd, paths, passed)
}

async function* input(terminal: Terminal): AsyncGenerator<Source> {
  const parts: Uint8Array[] = []
  for await (const part of terminal.input) parts.push(part)
  yield { path: 'stdin', inner: 'stdin', bytes: Buffer.concat(parts) }
}

/** The repository's first commit; outside of one, nothing. */
async function saltOf(cwd: string): Promise<string> {
  const roots = await git(cwd, 'rev-list', '--max-parents=0', 'HEAD')
  return roots?.trim().split('\n').at(-1) ?? ''
}
