import type { Finding, Rule } from '../../output/finding.ts'
import { allowedAt } from './allow.ts'
import { filesIn, isArchive } from './archive.ts'
import type { Detect } from './detect.ts'
import { git } from './git.ts'
import type { Hit } from './hit.ts'
import { fingerprintOf, masked } from './mask.ts'
import type { Source } from './places.ts'

export const trackedEnvironment: Rule = {
  id: 'secrets.env-tracked',
  what: 'An environment file is under version control.',
  why: 'The next secret somebody adds to it is in every clone and stays in the history.',
  fix: 'git rm --cached it, add it to .gitignore, and commit an .env.example without values.',
}

/** What stands in one file, or in the files of an archive. Values are masked from here on. */
export async function findingsIn(
  source: Source,
  detect: Detect,
  salt: string,
  incomplete: string[],
): Promise<Finding[]> {
  if (!isArchive(source.path)) return textFindings(source, detect, salt)
  try {
    const found: Finding[] = []
    for (const { name, bytes } of filesIn(source.bytes, source.path)) {
      const inside = { ...source, inner: name, bytes }
      for (const finding of await textFindings(inside, detect, salt)) {
        const { line } = finding
        found.push({ ...finding, line: 1, notes: [`In ${name}, line ${line}`, ...finding.notes] })
      }
    }
    return found
  } catch (error) {
    incomplete.push(error instanceof Error ? error.message : String(error))
    return []
  }
}

async function textFindings(source: Source, detect: Detect, salt: string): Promise<Finding[]> {
  const text = textOf(source.bytes)
  if (text === undefined) return []
  const hits = await detect({ text, path: source.inner })
  if (hits.length === 0) return []
  const lines = text.split(/\r\n|[\r\n]/)
  return hits.map(hit => finding(hit, text, lines, source, salt))
}

/** UTF-8, or UTF-16 with its mark; a zero byte elsewhere means that it is no text. */
function textOf(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2)
  return bytes.subarray(0, 8192).includes(0) ? undefined : bytes.toString('utf8')
}

function finding(
  hit: Hit,
  text: string,
  lines: readonly string[],
  { path, blob }: Source,
  salt: string,
): Finding {
  const before = text.slice(0, hit.from).split(/\r\n|[\r\n]/)
  const line = before.length
  const suppressed = allowedAt(lines, line)
  return {
    rule: hit.rule,
    severity: hit.severity,
    title: `${hit.kind}: ${masked(hit.value)}`,
    notes: [],
    file: path,
    line,
    column: (before.at(-1)?.length ?? 0) + 1,
    fingerprint: fingerprintOf(hit.value, hit.rule.id, salt),
    details: { kind: hit.kind, length: hit.value.length, ...(blob === undefined ? {} : { blob }) },
    ...(suppressed === undefined ? {} : { suppressed }),
  }
}

/** For a hit in the history: the commit that brought it, asked for only then. */
export async function dated(finding: Finding, { blob }: Source, cwd: string): Promise<Finding> {
  if (blob === undefined) return finding
  const log = await git(
    cwd,
    'log',
    '--all',
    '--reverse',
    '--format=%h %as',
    `--find-object=${blob}`,
  )
  const [first] = (log ?? '').split('\n')
  const [commit, date] = (first ?? '').split(' ')
  if (commit === undefined || date === undefined) return finding
  return {
    ...finding,
    notes: [...finding.notes, `Since commit ${commit} of ${date}`],
    details: { ...finding.details, commit, date },
  }
}

/** For an environment file that git tracks, whatever stands in it. */
export function environmentFinding(path: string, salt: string): Finding {
  return {
    rule: trackedEnvironment,
    severity: 'medium',
    title: `${path} is tracked by git`,
    notes: [],
    file: path,
    line: 1,
    fingerprint: fingerprintOf(path, trackedEnvironment.id, salt),
    details: {},
  }
}
