import { resolve } from 'node:path'
import type { Terminal } from '../../command.ts'
import { Usage } from '../../output/usage.ts'
import type { Advisory, Answered, Asked, Releases, Source } from '../advisories/advisory.ts'
import type { Registries } from '../advisories/npmrc.ts'
import { osvSource } from '../advisories/osv.ts'
import { registrySource } from '../advisories/registry.ts'
import { recorded, snapshotSource } from '../advisories/snapshot.ts'
import type { Scanned } from './found.ts'
import type { DepsOptions } from './options.ts'

/**
 * The one source that the command line names.
 *
 * @throws {Usage} when it names a snapshot that is none
 */
export function sourceOf(options: DepsOptions, registries: Registries, terminal: Terminal): Source {
  if (options.offline !== undefined) return osvSource(resolve(terminal.cwd, options.offline))
  if (options.snapshot === undefined) return registrySource(registries, terminal.signal)
  try {
    return snapshotSource(resolve(terminal.cwd, options.snapshot))
  } catch (error) {
    throw new Usage(`--snapshot: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** What the sources may be asked about: published packages, without the scopes left out. */
export function askedOf(scanned: Scanned, skipped: readonly string[]): Asked {
  const asked = new Map<string, Set<string>>()
  for (const { name, version, origin } of scanned.lockfile.packages.values()) {
    const scope = name.startsWith('@') ? name.slice(0, name.indexOf('/')) : ''
    if ((origin !== 'registry' && origin !== 'bundled') || skipped.includes(scope)) continue
    asked.set(name, (asked.get(name) ?? new Set()).add(version))
  }
  return asked
}

/** What the source said, and what it did not. */
export interface Answers {
  readonly advisories: Answered<readonly Advisory[]>
  readonly releases: Answered<ReadonlyMap<string, Releases | 'unpublished'>> | undefined
}

/** Puts the question, or records the answers on the way. */
export async function answersOf(
  asked: Asked,
  options: DepsOptions,
  { source, now, cwd }: { source: Source; now: number; cwd: string },
): Promise<Answers> {
  if (asked.size === 0) return { advisories: { known: [], unanswered: [] }, releases: undefined }
  if (options.record !== undefined) {
    const answers = await recorded(resolve(cwd, options.record), source, asked, now)
    return { advisories: answers, releases: answers.releases }
  }
  const advisories = await source.advisories(asked)
  return { advisories, releases: options.minDays > 0 ? await source.releases?.(asked) : undefined }
}
