// Makes three packages fit to be published: `node prepare.ts FOLDER TAG REPOSITORY`. All must have the
// version of the tag, depend on each other at that version, and say where their sources are, or
// provenance cannot be checked against it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Manifest {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
}

const [folder = '.', tag = '', repository = ''] = process.argv.slice(2)
const version = tag.replace(/^v/, '')
const PACKAGES = ['library', 'cli', 'create-bulwark']

const read = (path: string): Manifest =>
  JSON.parse(readFileSync(join(folder, path, 'package.json'), 'utf8')) as Manifest

const wrong = [
  ...PACKAGES.filter(path => read(path).version !== version),
  ...['cli', 'create-bulwark/template'].filter(
    path => read(path).dependencies?.['bulwark'] !== version,
  ),
].map(path => `${path}/package.json does not say ${version}`)
if (!readFileSync(join(folder, 'CHANGELOG.md'), 'utf8').includes(`\n## ${version}\n`)) {
  wrong.push(`CHANGELOG.md has no part "## ${version}"`)
}
if (!/^https:\/\/[^/\s]+\/[^/\s]+\/[^/\s]+$/.test(repository)) {
  wrong.push(`${repository} is not the address of a repository`)
}
if (wrong.length > 0) {
  process.stderr.write(`${wrong.join('\n')}\n`)
  process.exit(1)
}

for (const path of PACKAGES) {
  const directory = { directory: path }
  const where = { repository: { type: 'git', url: `git+${repository}.git`, ...directory } }
  const manifest = join(folder, path, 'package.json')
  writeFileSync(manifest, `${JSON.stringify({ ...read(path), ...where }, undefined, 2)}\n`)
}
