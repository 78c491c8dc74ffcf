import { readFileSync, writeFileSync } from 'node:fs'
import { record, text } from '../lockfiles/shape.ts'
import {
  type Advisory,
  type Answered,
  type Asked,
  type Releases,
  type Source,
  severityOf,
} from './advisory.ts'

type ReleasesOf = ReadonlyMap<string, Releases | 'unpublished'>

interface Snapshot {
  readonly version: 1
  readonly recordedAt: string
  readonly says: string
  readonly asked: Readonly<Record<string, readonly string[]>>
  readonly advisories: readonly Advisory[]
  readonly releases: Readonly<Record<string, unknown>> | null
}

/**
 * Replays recorded answers; sends nothing. A package that was not asked about when it was recorded
 * has no answer.
 *
 * @throws {RangeError} when the file is no snapshot
 */
export function snapshotSource(path: string): Source {
  const snapshot = read(path)
  const { releases } = snapshot
  return {
    says: `snapshot of ${snapshot.recordedAt.slice(0, 10)} (${snapshot.says})`,
    advisories: asked =>
      Promise.resolve({ known: snapshot.advisories, unanswered: strangers(snapshot, asked) }),
    releases:
      releases === null
        ? undefined
        : asked => Promise.resolve({ known: revived(releases, asked), unanswered: [] }),
  }
}

/** Asks `source` and writes all answers down, unless one is missing: half a snapshot is none. */
export async function recorded(
  path: string,
  source: Source,
  asked: Asked,
  at: number,
): Promise<
  Answered<readonly Advisory[]> & { readonly releases: Answered<ReleasesOf> | undefined }
> {
  const advisories = await source.advisories(asked)
  const releases = await source.releases?.(asked)
  if (advisories.unanswered.length + (releases?.unanswered.length ?? 0) === 0) {
    const snapshot: Snapshot = {
      version: 1,
      recordedAt: new Date(at).toISOString(),
      says: source.says,
      asked: Object.fromEntries([...asked].map(([name, versions]) => [name, [...versions].sort()])),
      advisories: advisories.known,
      releases: releases === undefined ? null : plain(releases.known, asked),
    }
    writeFileSync(path, `${JSON.stringify(snapshot, null, 1)}\n`)
  }
  return { ...advisories, releases }
}

function read(path: string): Snapshot {
  const raw = record(JSON.parse(readFileSync(path, 'utf8')))
  if (raw['version'] !== 1 || text(raw['recordedAt']) === undefined) {
    throw new RangeError(`${path} is not a snapshot; make one with --record FILE`)
  }
  const advisories = Array.isArray(raw['advisories']) ? raw['advisories'].map(record) : []
  return {
    version: 1,
    recordedAt: text(raw['recordedAt']) ?? '',
    says: text(raw['says']) ?? '',
    asked: record(raw['asked']) as Snapshot['asked'],
    advisories: advisories.map(advisory),
    releases: raw['releases'] === null ? null : record(raw['releases']),
  }
}

function advisory(raw: Readonly<Record<string, unknown>>): Advisory {
  const url = text(raw['url'])
  const score = raw['score']
  return {
    ids: texts(raw['ids']),
    name: text(raw['name']) ?? '',
    title: text(raw['title']) ?? '',
    severity: severityOf(raw['severity']),
    malicious: raw['malicious'] === true,
    ...(typeof score === 'number' ? { score } : {}),
    ...(url === undefined ? {} : { url }),
    vulnerable: texts(raw['vulnerable']),
    versions: texts(raw['versions']),
    fixed: texts(raw['fixed']),
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(each => typeof each === 'string') : []
}

function strangers(snapshot: Snapshot, asked: Asked): string[] {
  const strange = [...asked].flatMap(([name, versions]) => {
    const known = new Set(texts(snapshot.asked[name]))
    return [...versions].filter(version => !known.has(version)).map(version => `${name}@${version}`)
  })
  if (strange.length === 0) return []
  const some = strange.slice(0, 3).join(', ')
  return [
    `the snapshot does not know ${strange.length} packages, such as ${some}; record a new one`,
  ]
}

function plain(known: ReleasesOf, asked: Asked): Record<string, unknown> {
  return Object.fromEntries(
    [...known].map(([name, at]) => {
      if (at === 'unpublished') return [name, at]
      const rows = [...(asked.get(name) ?? [])].flatMap(version => {
        const releasedAt = at.releasedAt.get(version)
        return releasedAt === undefined
          ? []
          : [[version, { releasedAt, scripted: at.scripted.has(version) }]]
      })
      return [name, Object.fromEntries(rows)]
    }),
  )
}

function revived(releases: Readonly<Record<string, unknown>>, asked: Asked): ReleasesOf {
  const known = new Map<string, Releases | 'unpublished'>()
  for (const name of asked.keys()) {
    const raw = releases[name]
    if (raw === 'unpublished') known.set(name, raw)
    if (typeof raw !== 'object' || raw === null) continue
    const rows = Object.entries(raw).map(([version, at]) => [version, record(at)] as const)
    known.set(name, {
      releasedAt: new Map(rows.map(([version, at]) => [version, Number(at['releasedAt'])])),
      scripted: new Set(
        rows.filter(([, at]) => at['scripted'] === true).map(([version]) => version),
      ),
    })
  }
  return known
}
