import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Advisory, Asked, Source } from './advisory.ts'
import { advisoriesOf, namesIn } from './osv-record.ts'
import { openZip, type Zip, type ZipEntry } from './zip.ts'

/**
 * Advisories from a file: the zip of an ecosystem as OSV publishes it, a folder that holds one
 * (`npm/all.zip`, also below `osv-scanner/`), or a folder of OSV documents. Nothing is sent.
 */
export function osvSource(path: string): Source {
  return {
    says: `offline ${path}`,
    advisories: asked => Promise.resolve(answer(path, asked)),
    releases: undefined,
  }
}

function answer(
  path: string,
  asked: Asked,
): { known: readonly Advisory[]; unanswered: readonly string[] } {
  try {
    const zip = zipAt(path)
    const known = zip === undefined ? inFolder(path, asked) : inZip(zip, asked)
    return { known: known.filter(advisory => asked.has(advisory.name)), unanswered: [] }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { known: [], unanswered: [`no advisories could be read: ${why}`] }
  }
}

/** The zip that a path means. */
export function zipAt(path: string): string | undefined {
  if (!statSync(path).isDirectory()) return path
  return ['npm/all.zip', 'osv-scanner/npm/all.zip', 'all.zip']
    .map(name => join(path, name))
    .find(existsSync)
}

// Decision: an empty folder is no database. "0 found" in nothing is not an answer.
// Cost: a project's own, still empty folder of advisories makes the run incomplete.
function inFolder(path: string, asked: Asked): Advisory[] {
  const files = globSync('**/*.json', { cwd: path })
  if (files.length === 0) throw new RangeError(`${path} holds neither a zip nor OSV documents`)
  return files
    .map(file => json(readFileSync(join(path, file)), file))
    .filter(document => namesIn(document).some(name => asked.has(name)))
    .flatMap(advisoriesOf)
}

function inZip(path: string, asked: Asked): Advisory[] {
  const zip = openZip(path)
  try {
    const places = new Set<string>()
    for (const [name, list] of indexOf(path, zip)) {
      if (asked.has(name)) for (const place of list.split(';')) places.add(place)
    }
    return [...places].flatMap(place => advisoriesOf(json(zip.read(entryAt(place)), path)))
  } finally {
    zip.close()
  }
}

/**
 * Which packages stand where in the zip. Reading a whole ecosystem takes half a minute, so the answer
 * is kept beside the zip, and believed only for that size and time of change.
 */
export function indexOf(path: string, zip: Zip): ReadonlyMap<string, string> {
  const { size, mtimeMs } = statSync(path)
  const head = `bulwark-osv-index/1 ${size} ${Math.trunc(mtimeMs)}`
  const kept = keptIndex(`${path}.index`, head)
  if (kept !== undefined) return kept
  const index = new Map<string, string>()
  for (const entry of zip.entries) {
    if (!entry.name.endsWith('.json')) continue
    for (const name of namesIn(json(zip.read(entry), entry.name))) {
      const known = index.get(name)
      index.set(name, known === undefined ? placeOf(entry) : `${known};${placeOf(entry)}`)
    }
  }
  keep(`${path}.index`, head, index)
  return index
}

function keptIndex(path: string, head: string): ReadonlyMap<string, string> | undefined {
  if (!existsSync(path)) return undefined
  const lines = readFileSync(path, 'utf8').split('\n')
  if (lines[0] !== head || lines.at(-1) !== 'end') return undefined
  return new Map(lines.slice(1, -1).map(line => line.split('\t', 2) as [string, string]))
}

function keep(path: string, head: string, index: ReadonlyMap<string, string>): void {
  const rows = [...index].map(([name, places]) => `${name}\t${places}`)
  try {
    writeFileSync(path, [head, ...rows, 'end'].join('\n'))
  } catch {
    // A folder that cannot be written to only means that the next run reads the zip again.
  }
}

function placeOf(entry: ZipEntry): string {
  return [entry.offset, entry.packedBytes, entry.bytes, entry.method].join(',')
}

function entryAt(place: string): Omit<ZipEntry, 'name'> {
  const [offset = -1, packedBytes = 0, bytes = 0, method = 0] = place.split(',').map(Number)
  return { offset, packedBytes, bytes, method }
}

function json(bytes: Buffer, name: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new RangeError(`${name} holds a document that is not JSON`)
  }
}
