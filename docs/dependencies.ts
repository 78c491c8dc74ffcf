// What an install brings along, read out of the lockfile; why, written here by hand.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

interface Locked {
  readonly version?: string
  readonly license?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

/** What it replaces, and why somebody else's code is better there than ours would be. */
const WHY: Readonly<Record<string, string>> = {
  '@node-rs/argon2':
    'argon2id on threads of its own, prebuilt. Optional: without it `node:crypto` hashes, more slowly.',
  '@secretlint/core': 'runs the rules below over a text.',
  '@secretlint/secretlint-rule-preset-recommend':
    'what the tokens of many services look like; nobody should keep that list alone.',
  '@simplewebauthn/server':
    'WebAuthn: CBOR, COSE and attestation, whose mistakes others have made and mended. What it brings along reads certificates.',
  jose: 'signed tokens and their keys (JWS, JWT, JWK), with algorithms fixed by the caller.',
  oauth4webapi: 'an OAuth client that is certified, for signing in with others.',
  semver: 'whether a version lies in the range of an advisory.',
  undici:
    'HTTP with a hand on every connection: the address that was judged is the one that is spoken to.',
  uqr: 'draws the QR code of an authenticator app.',
  yaml: 'reads lockfiles of pnpm and yarn, and OpenAPI documents.',
}

const PEERS: Readonly<Record<string, string>> = {
  '@hono/node-server': 'Hono on Node',
  'drizzle-orm': '`bulwark/owned/drizzle`',
  express: '`bulwark/express`',
  fastify: '`bulwark/fastify`',
  hono: '`bulwark/hono`',
  kysely: '`bulwark/owned/kysely`',
  nodemailer: '`bulwark/smtp`',
  pg: '`bulwark/postgres`',
  redis: '`bulwark/redis`',
}

const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>
}

/** Where Node finds `name` from the package at `from`: beside it first, then further out. */
function found(from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (lock.packages[path] !== undefined) return path
    if (at === '' || !at.includes('node_modules/')) {
      const outer = `node_modules/${name}`
      return lock.packages[outer] === undefined ? undefined : outer
    }
  }
}

/** All that one dependency brings along, itself left out; prebuilt binaries of other machines too. */
function along(path: string, seen: Set<string> = new Set()): ReadonlySet<string> {
  const { dependencies, optionalDependencies } = lock.packages[path] ?? {}
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const next = found(path, name)
    if (next === undefined || seen.has(next)) continue
    seen.add(next)
    along(next, seen)
  }
  return seen
}

const nameOf = (path: string): string =>
  path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** The folders below `src` that import it, without tests. */
function importers(workspace: string, name: string): string {
  const source = join(ROOT, workspace, 'src')
  const files = globSync('**/*.ts', { cwd: source }).filter(
    file =>
      !file.includes('.test.') &&
      new RegExp(`(from |import\\()'${name}['/]`).test(readFileSync(join(source, file), 'utf8')),
  )
  const folders = files.map(file => file.replaceAll('\\', '/').split('/').slice(0, -1).join('/'))
  return [...new Set(folders)].toSorted().join(', ')
}

function part(workspace: 'library' | 'cli', title: string): string {
  const { dependencies = {}, optionalDependencies = {} } = lock.packages[workspace] ?? {}
  const names = Object.keys({ ...dependencies, ...optionalDependencies })
    .filter(name => name !== 'bulwark')
    .toSorted()
  const rows = names.map(name => {
    const path = found(workspace, name)
    const why = WHY[name]
    if (path === undefined || why === undefined)
      throw new Error(`say in docs/dependencies.ts why ${name}`)
    const brought = [...along(path)]
      .map(nameOf)
      .filter(one => !one.startsWith('@node-rs/argon2-') && !one.startsWith('@emnapi/'))
    const { version, license } = lock.packages[path] ?? {}
    const tree = [...new Set(brought)].toSorted().join(', ')
    return `| \`${name}\` ${version} | ${license} | ${importers(workspace, name)} | ${why} | ${tree} |`
  })
  return `## ${title}

| dependency | licence | imported in | why | brings along |
| --- | --- | --- | --- | --- |
${rows.join('\n')}`
}

function peers(): string {
  const { peerDependencies = {}, peerDependenciesMeta = {} } = lock.packages['library'] ?? {}
  const rows = Object.entries(peerDependencies).map(([name, range]) => {
    const needed = PEERS[name]
    if (needed === undefined || peerDependenciesMeta[name]?.optional !== true) {
      throw new Error(`say in docs/dependencies.ts what needs ${name}, and make it optional`)
    }
    return `| \`${name}\` | \`${range}\` | ${needed} |`
  })
  return `## Not installed unless you have it

Every framework and every database client is an optional peer.

| peer | versions | needed by |
| --- | --- | --- |
${rows.join('\n')}`
}

export function dependenciesPage(made: string): string {
  return `${made}
# Dependencies

What \`npm install bulwark\` brings along, and why. Versions are exact, none has an install script, and a test fails when one
comes that is not justified here. \`import 'bulwark'\` loads none of them: each is loaded by the defence that needs it, when that is on.

${part('library', 'bulwark')}

\`@node-rs/argon2\` brings the one prebuilt binary of your machine.

${peers()}

${part('cli', '@bulwark/cli')}
`
}
