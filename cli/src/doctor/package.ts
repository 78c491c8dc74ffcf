import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Terminal } from '../command.ts'
import type { Finding, Report } from '../output/finding.ts'
import { Usage } from '../output/usage.ts'
import { publishedNames } from '../scan/secrets/places.ts'
import { configured } from './configured.ts'
import { PACKAGE_CHECKS } from './package.checks.ts'
import type { Tier } from './posture.ts'

/** More files than a package has; a folder that is none may hold a whole disk. */
const MOST_FILES = 50_000

/**
 * Looks at a built service in its folder. When its package.json names a configuration
 * (`"bulwark": { "config": "./dist/config.js" }`), that is asked as well.
 *
 * @throws {Usage} when the folder has no package.json that can be read
 */
export async function packaged(path: string, tier: Tier, terminal: Terminal): Promise<Report> {
  const folder = resolve(terminal.cwd, path)
  const manifest = manifestIn(folder, path)
  const incomplete: string[] = []
  // A package for a registry ships what npm packs of it; a service ships its folder.
  const isPublished = manifest['private'] !== true && Array.isArray(manifest['files'])
  const files = isPublished ? await publishedNames(folder, path) : filesIn(folder, incomplete)
  const built = { manifest, files, installed: isPublished ? undefined : installedIn(folder) }
  const findings = PACKAGE_CHECKS.flatMap(({ severity, found, ...rule }): Finding[] => {
    const seen = found(built)
    if (seen === undefined) return []
    const { at, file } = seen
    const title = `${rule.what} (${at})`
    const fingerprint = `doctor/${rule.id}`
    return [{ rule, severity, title, notes: [], file, line: 1, fingerprint, details: { at } }]
  })
  const base = { command: 'doctor', subject: `${path}, as ${tier}` }
  const config = (manifest['bulwark'] as { readonly config?: unknown } | undefined)?.config
  if (typeof config !== 'string') {
    const untold = 'the configuration: package.json names none as "bulwark": { "config": … }'
    return {
      ...base,
      findings,
      incomplete,
      notChecked: [untold],
      facts: { tier, files: files.length },
    }
  }
  const asked = await configured(join(path, config), tier, terminal)
  return {
    ...asked,
    ...base,
    findings: [...findings, ...asked.findings],
    incomplete: [...incomplete, ...asked.incomplete],
    facts: { ...asked.facts, files: files.length },
  }
}

function manifestIn(folder: string, path: string): Readonly<Record<string, unknown>> {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    if (typeof manifest === 'object' && manifest !== null) {
      return manifest as Readonly<Record<string, unknown>>
    }
  } catch {
    // Told below, for both.
  }
  throw new Usage(`${path} holds no package.json that can be read`)
}

function filesIn(folder: string, incomplete: string[]): readonly string[] {
  const files: string[] = []
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      if (entry.name === 'node_modules') continue
      if (files.length >= MOST_FILES) return
      const name = below === '' ? entry.name : `${below}/${entry.name}`
      // Of version control one file is enough to know it by.
      if (entry.isDirectory() && !/(?:^|\/)\.git\/./.test(name)) walk(name)
      else files.push(name)
    }
  }
  walk('')
  if (files.length >= MOST_FILES)
    incomplete.push(`only the first ${MOST_FILES} files were looked at`)
  return files
}

function installedIn(folder: string): ReadonlySet<string> | undefined {
  const modules = join(folder, 'node_modules')
  if (!existsSync(modules)) return undefined
  return new Set(
    readdirSync(modules).flatMap(name =>
      name.startsWith('@')
        ? readdirSync(join(modules, name)).map(below => `${name}/${below}`)
        : [name],
    ),
  )
}
