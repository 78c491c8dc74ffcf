import { gzipSync } from 'node:zlib'
import { record, text } from '../lockfiles/shape.ts'
import {
  type Advisory,
  type Answered,
  type Asked,
  type Releases,
  type Source,
  severityOf,
} from './advisory.ts'
import { fetched } from './fetched.ts'
import type { Registries } from './npmrc.ts'

const BULK = '-/npm/v1/security/advisories/bulk'

/** Packuments are asked for one by one; a registry serves a handful of connections gladly. */
const AT_ONCE = 8

/**
 * The registry that the project installs from: one bulk question for advisories, one packument for
 * each package when release times are wanted.
 */
export function registrySource(registries: Registries, signal: AbortSignal): Source {
  return {
    says: `registry ${new URL(registries.public).host}`,
    advisories: asked => advisories(asked, registries, signal),
    releases: asked => releases(asked, registries, signal),
  }
}

// Decision: names of a scope with a registry of its own go to that registry alone; npm would tell
// the public one. A private name is worth something to whoever wants to squat on it.
// Cost: a private registry without the endpoint makes the run incomplete until its scope is left out.
async function advisories(
  asked: Asked,
  registries: Registries,
  signal: AbortSignal,
): Promise<Answered<readonly Advisory[]>> {
  const known: Advisory[] = []
  const unanswered: string[] = []
  for (const [registry, names] of Map.groupBy(asked.keys(), registries.of)) {
    const body = Object.fromEntries(names.map(name => [name, [...(asked.get(name) ?? [])]]))
    const answer = await fetched(
      `${registry}${BULK}`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body: gzipSync(JSON.stringify(body)),
      },
      registries.authorization(registry),
      signal,
    )
    if (answer.ok) known.push(...advisoriesIn(answer.json))
    else unanswered.push(`${names.length} packages have no verdict: ${answer.why}`)
  }
  return { known, unanswered }
}

/** The bulk answer: names to lists of advisories. */
export function advisoriesIn(json: unknown): Advisory[] {
  return Object.entries(record(json)).flatMap(([name, list]) =>
    (Array.isArray(list) ? list : []).map(each => advisory(name, record(each))),
  )
}

function advisory(name: string, raw: Readonly<Record<string, unknown>>): Advisory {
  const url = text(raw['url'])
  const title = text(raw['title']) ?? 'untitled advisory'
  const ghsa = /GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}/i.exec(url ?? '')?.[0]
  const cves = Array.isArray(raw['cves'])
    ? raw['cves'].filter(each => typeof each === 'string')
    : []
  const score = record(raw['cvss'])['score']
  const cwes = Array.isArray(raw['cwe']) ? raw['cwe'] : []
  const malicious = cwes.includes('CWE-506') || /^malware in /i.test(title)
  return {
    ids: [...(ghsa === undefined ? [] : [ghsa]), ...cves, `npm-${String(raw['id'])}`],
    name,
    title,
    severity: malicious ? 'critical' : severityOf(raw['severity']),
    malicious,
    ...(typeof score === 'number' && score > 0 ? { score } : {}),
    ...(url === undefined ? {} : { url }),
    vulnerable: [text(raw['vulnerable_versions']) ?? '*'],
    versions: [],
    fixed: [],
  }
}

async function releases(
  asked: Asked,
  registries: Registries,
  signal: AbortSignal,
): Promise<Answered<ReadonlyMap<string, Releases | 'unpublished'>>> {
  const known = new Map<string, Releases | 'unpublished'>()
  const failures = new Map<string, number>()
  const queue = [...asked.keys()]
  const worker = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const registry = registries.of(name)
      const url = `${registry}${name.replace('/', '%2f')}`
      const answer = await fetched(url, {}, registries.authorization(registry), signal)
      if (answer.ok) known.set(name, releasesIn(answer.json))
      else if (answer.status === 404) known.set(name, 'unpublished')
      else {
        // One registry that is down is one line, not one for each package.
        const why = answer.why.replace(url, registry)
        failures.set(why, (failures.get(why) ?? 0) + 1)
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  const unanswered = [...failures].map(
    ([why, count]) => `${count} packages have no release time: ${why}`,
  )
  return { known, unanswered }
}

/** The two facts wanted out of a packument. */
export function releasesIn(json: unknown): Releases {
  const raw = record(json)
  const times = Object.entries(record(raw['time'])).map(([version, at]): [string, number] => [
    version,
    Date.parse(String(at)),
  ])
  const scripted = Object.entries(record(raw['versions']))
    .filter(([, manifest]) => runsScripts(record(manifest)))
    .map(([version]) => version)
  return {
    releasedAt: new Map(times.filter(([, at]) => !Number.isNaN(at))),
    scripted: new Set(scripted),
  }
}

const HOOKS = ['preinstall', 'install', 'postinstall'] as const

/** Whether installing this package runs code: a hook, or a `binding.gyp` that npm builds unasked. */
export function runsScripts(manifest: Readonly<Record<string, unknown>>): boolean {
  const scripts = record(manifest['scripts'])
  return (
    manifest['hasInstallScript'] === true ||
    manifest['gypfile'] === true ||
    HOOKS.some(hook => typeof scripts[hook] === 'string')
  )
}
