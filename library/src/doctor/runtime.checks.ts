import type { Check } from '../kernel/check.ts'

/** What the doctor knows about the process. */
export interface RuntimeFacts {
  readonly production: boolean
  /** `process.versions.node`. */
  readonly nodeVersion: string
  /** Flags of the command line and of NODE_OPTIONS. */
  readonly flags: readonly string[]
  readonly nodeEnv: string | undefined
  /** Names of variables that are set and make Node talk. */
  readonly chatty: readonly string[]
  /** The process runs as user 0. */
  readonly asRoot: boolean
  /** A debugger can attach. */
  readonly inspectable: boolean
  /** What the permission model leaves open; absent without `--permission`. */
  readonly permitted?: readonly string[]
}

/** The least release of each line without a known hole in `node:http`, `tls` or the parser. */
const FLOORS: readonly (readonly [major: number, minor: number, patch: number])[] = [
  [24, 18, 1],
  [26, 5, 1],
]

export const runtimeChecks: readonly Check<RuntimeFacts>[] = [
  {
    id: 'runtime.node-too-old',
    severity: 'critical',
    what: 'This release of Node has known holes.',
    why: 'They are written up, with the requests that use them.',
    fix: 'Run Node 24.18.1, 26.5.1 or later of these lines.',
    found: ({ nodeVersion }) => isTooOld(nodeVersion) && nodeVersion,
  },
  {
    id: 'runtime.node-odd-line',
    severity: 'warning',
    what: 'An odd line of Node runs, which gets no long-term care.',
    why: 'Its last fixes come after half a year.',
    fix: 'Run an even line: 24 or 26.',
    found: ({ production, nodeVersion }) =>
      production && Number.parseInt(nodeVersion, 10) % 2 === 1 && nodeVersion,
  },
  {
    id: 'runtime.inspector-open',
    severity: 'critical',
    what: 'A debugger may attach to the process.',
    why: 'Whoever reaches its port runs code here and reads every key.',
    fix: 'Take --inspect out of the command line and of NODE_OPTIONS.',
    found: ({ production, inspectable, flags }) =>
      production &&
      (inspectable || flags.some(flag => /^--inspect(?:-brk|-wait)?(?:=|$)/.test(flag))),
  },
  {
    id: 'runtime.tls-keys-written',
    severity: 'critical',
    what: 'The keys of TLS connections are written to a file.',
    why: 'With it, whatever was recorded on the way can be read.',
    fix: 'Take --tls-keylog out of the command line and of NODE_OPTIONS.',
    found: ({ flags }) => flags.some(flag => flag.startsWith('--tls-keylog')),
  },
  {
    id: 'runtime.old-tls',
    severity: 'critical',
    what: 'TLS before 1.2 is allowed.',
    why: 'Whoever is on the way can push connections down to it and read them.',
    fix: 'Take --tls-min-v1.0 and --tls-min-v1.1 away.',
    found: ({ flags }) => flags.find(flag => /^--tls-(?:min|max)-v1\.[01]$/.test(flag)) ?? false,
  },
  {
    id: 'runtime.not-production',
    severity: 'warning',
    what: 'The mode is production and NODE_ENV is not.',
    why: 'Frameworks and template engines then show stack traces and keep debugging aids on.',
    fix: 'Set NODE_ENV=production.',
    found: ({ production, nodeEnv }) =>
      production && nodeEnv !== 'production' && (nodeEnv ?? 'unset'),
  },
  {
    id: 'runtime.chatty-logs',
    severity: 'warning',
    what: 'Debugging output of Node is on.',
    why: 'It holds header fields, and with them cookies and tokens.',
    fix: 'Unset NODE_DEBUG and DEBUG.',
    found: ({ production, chatty }) => production && chatty.length > 0 && chatty.join(', '),
  },
  {
    id: 'runtime.as-root',
    severity: 'warning',
    what: 'The process runs as root.',
    why: 'A hole in any package is then a hole in the whole machine.',
    fix: 'Run it as a user of its own (User= or DynamicUser= of systemd, USER in a container file).',
    found: ({ production, asRoot }) => production && asRoot,
  },
  {
    id: 'runtime.legacy-crypto',
    severity: 'warning',
    what: 'Algorithms that OpenSSL has retired are on.',
    why: 'A dependency that asks for them gets them.',
    fix: 'Take --openssl-legacy-provider away.',
    found: ({ flags }) => flags.includes('--openssl-legacy-provider'),
  },
  {
    id: 'runtime.permissions-wide',
    severity: 'warning',
    what: 'The permission model leaves open what a service seldom needs.',
    why: 'Code that was let in by a dependency starts programs and loads libraries.',
    fix: 'Allow only the folders that are meant; leave --allow-child-process and --allow-wasi out.',
    found: ({ production, permitted = [] }) =>
      production && permitted.length > 0 && permitted.join(', '),
  },
  {
    id: 'runtime.no-permission-model',
    severity: 'advice',
    what: 'Node runs without its permission model.',
    why: 'Code that was let in by a dependency reads and writes whatever the user may.',
    fix: 'Start with --permission, --allow-addons, --allow-fs-read of the code and data, --allow-fs-write of the data, --allow-net.',
    found: ({ production, permitted }) => production && permitted === undefined,
  },
  {
    id: 'runtime.source-maps',
    severity: 'advice',
    what: 'Source maps are read at run time.',
    why: 'Stack traces cost much more, and the sources lie beside the service.',
    fix: 'Take --enable-source-maps away in production.',
    found: ({ production, flags }) => production && flags.includes('--enable-source-maps'),
  },
]

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version
    .split('.')
    .map(part => Number.parseInt(part, 10))
  const floor = FLOORS.find(([line]) => line === major)
  if (floor !== undefined) return minor < floor[1] || (minor === floor[1] && patch < floor[2])
  return major < 26
}
