// The public declarations, one file a subpath, as they are committed in library/api/.
// `--write` renews them; without it a difference fails, and its diff is the review.
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const face = join(root, 'library/api')
const write = process.argv.includes('--write')

interface Target {
  readonly types: string
}

const manifest = JSON.parse(readFileSync(join(root, 'library/package.json'), 'utf8')) as {
  exports: Record<string, Target | string>
}

const built = spawnSync('npx', ['tsc', '-b', 'library'], { cwd: root, stdio: 'inherit' })
if (built.status !== 0) process.exit(built.status ?? 1)

const now = new Map<string, string>()
for (const [subpath, target] of Object.entries(manifest.exports)) {
  if (typeof target === 'string') continue
  const name = subpath === '.' ? 'bulwark' : subpath.slice(2)
  now.set(`${name}.d.ts`, readFileSync(join(root, 'library', target.types), 'utf8'))
}

// No subpath of its own, and still what every user writes against.
now.set('options.d.ts', readFileSync(join(root, 'library/dist/options.d.ts'), 'utf8'))

if (write) {
  rmSync(face, { recursive: true, force: true })
  for (const [name, text] of now) {
    mkdirSync(dirname(join(face, name)), { recursive: true })
    writeFileSync(join(face, name), text)
  }
  process.stdout.write(`library/api: ${now.size} declarations written\n`)
} else {
  const kept = new Map(
    globSync('**/*.d.ts', { cwd: face }).map(name => [
      name.replaceAll('\\', '/'),
      readFileSync(join(face, name), 'utf8'),
    ]),
  )
  const changed = [...new Set([...now.keys(), ...kept.keys()])].filter(
    name => now.get(name) !== kept.get(name),
  )
  if (changed.length > 0) {
    process.stderr.write(
      `The public face changed: ${changed.join(', ')}.\nIf you meant it: npm run api -- --write, and look at the diff.\n`,
    )
    process.exit(1)
  }
  process.stdout.write(`library/api: ${now.size} declarations unchanged\n`)
}
