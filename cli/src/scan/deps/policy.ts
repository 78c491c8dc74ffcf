import type { Finding } from '../../output/finding.ts'
import type { Locked, LockfileKind } from '../lockfiles/lockfile.ts'
import { record } from '../lockfiles/shape.ts'
import { aboutFile } from './found.ts'
import { isAtLeast, type Manager } from './manager.ts'

export const policyMissing = {
  id: 'deps.policy-missing',
  what: "The package manager's own protections are not switched on.",
  why: 'The next install takes whatever was published a minute ago, from wherever it is asked to.',
  fix: 'Write the settings named here and commit them.',
} as const

export const policyWeakened = {
  id: 'deps.policy-weakened',
  what: 'A setting switches a protection of the package manager off.',
  why: 'Whoever stands between you and the registry, or publishes one package, runs code here.',
  fix: 'Remove the setting.',
} as const

export const policyIgnored = {
  id: 'deps.policy-ignored',
  what: 'A protection is written down that an admitted version of the package manager does not know.',
  why: 'An older version skips the line without a word, and installs as if it were not there.',
  fix: 'Raise the admitted version in package.json.',
} as const

/** What was decided about install scripts. */
export interface ScriptPolicy {
  /** No script of any package runs. */
  readonly none: boolean
  /** `name` or `name@version || version`, and whether its scripts may run. */
  readonly decisions: readonly (readonly [spec: string, allowed: boolean])[]
  /** The command that decides. */
  how(locked: Locked): string
}

interface Wanted {
  readonly write: string
  readonly against: string
  met(manager: Manager): boolean
}

const AGE_FROM_NPM = '11.10.0'

const WANTED: Readonly<Record<LockfileKind, readonly Wanted[]>> = {
  npm: [
    {
      write: 'min-release-age=7',
      against: 'releases that are withdrawn within days',
      met: at => positive(at, 'min-release-age'),
    },
    {
      write: 'allow-git=none',
      against: 'git dependencies, whose configuration can run code',
      met: at => isAtLeast(at, '12.0.0') || has(at, 'allow-git', ['none', 'root']),
    },
    {
      write: 'allow-remote=none',
      against: 'tarballs from anywhere',
      met: at => isAtLeast(at, '12.0.0') || has(at, 'allow-remote', ['none', 'root']),
    },
    {
      write: 'strict-allow-scripts=true',
      against: 'install scripts that nobody approved',
      met: at =>
        isAtLeast(at, '12.0.0') ||
        has(at, 'strict-allow-scripts', ['true']) ||
        has(at, 'ignore-scripts', ['true']),
    },
  ],
  pnpm: [
    {
      write: 'minimumReleaseAge: 10080',
      against: 'releases that are withdrawn within days',
      met: at => positive(at, 'minimumReleaseAge'),
    },
    {
      write: 'trustPolicy: no-downgrade',
      against: 'a release that suddenly lacks the provenance of the one before',
      met: at => has(at, 'trustPolicy', ['no-downgrade']),
    },
    {
      write: 'blockExoticSubdeps: true',
      against: 'dependencies of dependencies from git or anywhere',
      met: at => isAtLeast(at, '11.0.0') || has(at, 'blockExoticSubdeps', ['true']),
    },
  ],
  'yarn-berry': [
    {
      write: 'npmMinimalAgeGate: 7d',
      against: 'releases that are withdrawn within days',
      met: at => positive(at, 'npmMinimalAgeGate'),
    },
    {
      write: 'enableScripts: false',
      against: 'install scripts that nobody approved',
      met: at => has(at, 'enableScripts', ['false']),
    },
  ],
  'yarn-classic': [],
  bun: [
    {
      write: 'minimumReleaseAge = 604800 under [install]',
      against: 'releases that are withdrawn within days',
      met: at => positive(at, 'minimumReleaseAge'),
    },
  ],
}

const WEAKENING: readonly (readonly [name: string, value: RegExp])[] = [
  ['strict-ssl', /^false$/],
  ['enableStrictSsl', /^false$/],
  ['registry', /^http:\/\/(?!(?:localhost|127\.0\.0\.1|\[::1\])[:/])/],
  ['npmRegistryServer', /^http:\/\/(?!(?:localhost|127\.0\.0\.1|\[::1\])[:/])/],
  ['dangerously-allow-all-scripts', /^true$/],
  ['dangerouslyAllowAllBuilds', /^true$/],
  ['checksumBehavior', /^(?:ignore|update|reset)$/],
  ['package-lock', /^false$/],
  ['lockfile', /^false$/],
]

/** Finding 5: what the settings leave open. */
export function policyFindings(manager: Manager): Finding[] {
  return [...weakened(manager), ...missing(manager), ...ignored(manager)]
}

function weakened(manager: Manager): Finding[] {
  return WEAKENING.flatMap(([name, bad]) => {
    const at = manager.setting(name)
    if (at === undefined || !bad.test(at.value)) return []
    const title = `${name}=${at.value} in ${at.file}`
    return [aboutFile(policyWeakened, 'high', at.file, at.line, { title, about: name })]
  })
}

function missing(manager: Manager): Finding[] {
  const open = WANTED[manager.kind].filter(each => !each.met(manager))
  if (open.length === 0) return []
  const count = open.length === 1 ? 'one protection' : `${open.length} protections`
  return [
    aboutFile(policyMissing, 'low', manager.file, 1, {
      title: `${manager.file} leaves ${count} of ${manager.kind} off`,
      notes: open.map(each => `${each.write}  against ${each.against}`),
      fix: `Write into ${manager.file}: ${open.map(each => each.write).join('; ')}.`,
      details: { missing: open.map(each => each.write) },
    }),
  ]
}

/** npm before 11.10 does not know `min-release-age` and says nothing about it. */
function ignored(manager: Manager): Finding[] {
  const at = manager.kind === 'npm' ? manager.setting('min-release-age') : undefined
  if (at === undefined || isAtLeast(manager, AGE_FROM_NPM)) return []
  const admitted = manager.oldest === undefined ? 'any npm' : `npm ${manager.oldest}`
  return [
    aboutFile(policyIgnored, 'low', at.file, at.line, {
      title: `min-release-age is set, but package.json admits ${admitted}`,
      fix: `Write "engines": { "npm": ">=${AGE_FROM_NPM}" } into package.json.`,
    }),
  ]
}

function has(manager: Manager, name: string, values: readonly string[]): boolean {
  return values.includes(manager.setting(name)?.value ?? '')
}

function positive(manager: Manager, name: string): boolean {
  return Number.parseFloat(manager.setting(name)?.value ?? '0') > 0
}

/** Reads the decisions about install scripts, in each manager's own place for them. */
export function scriptPolicy(manager: Manager): ScriptPolicy {
  const { manifest, raw, kind } = manager
  const none =
    has(manager, 'ignore-scripts', ['true']) ||
    has(manager, 'ignoreScripts', ['true']) ||
    has(manager, 'enableScripts', ['false'])
  if (kind === 'npm') {
    const how = (at: Locked) => `Read it, then: npm install-scripts approve ${at.name} (or deny).`
    return { none, decisions: flags(manifest['allowScripts']), how }
  }
  if (kind === 'pnpm') {
    const decisions = [
      ...flags(raw['allowBuilds']),
      ...named(raw['onlyBuiltDependencies'], true),
      ...named(raw['neverBuiltDependencies'], false),
      ...named(raw['ignoredBuiltDependencies'], false),
    ]
    return { none, decisions, how: at => `Read it, then: pnpm approve-builds ${at.name}.` }
  }
  if (kind === 'bun') {
    const how = (at: Locked) => `Read it, then add ${at.name} to trustedDependencies.`
    return { none, decisions: named(manifest['trustedDependencies'], true), how }
  }
  const built = Object.entries(record(manifest['dependenciesMeta']))
    .map(([spec, meta]) => [spec, record(meta)['built']] as const)
    .filter((entry): entry is readonly [string, boolean] => typeof entry[1] === 'boolean')
  const how = (at: Locked) =>
    `Read it, then write "dependenciesMeta": { "${at.name}": { "built": true } } (or false).`
  return { none, decisions: built, how }
}

function flags(value: unknown): [string, boolean][] {
  return Object.entries(record(value)).filter(
    (entry): entry is [string, boolean] => typeof entry[1] === 'boolean',
  )
}

function named(value: unknown, allowed: boolean): [string, boolean][] {
  return Array.isArray(value)
    ? value.filter(each => typeof each === 'string').map(each => [each, allowed])
    : []
}
