/** Where a locked package comes from. Only `registry` is under the registry's rules. */
export type Origin = 'registry' | 'git' | 'remote' | 'file' | 'workspace' | 'bundled'

/** How a project came to need something. */
export type DependencyKind = 'prod' | 'dev' | 'optional' | 'peer'

/** One line of a manifest: "I need `name` at `range`". */
export interface Edge {
  /** The name the dependent imports it by. */
  readonly name: string
  readonly range: string
  readonly kind: DependencyKind
  /** Key of the package that answers it; absent when nothing does. */
  readonly to?: string
}

/** One package as the lockfile pins it. */
export interface Locked {
  /** Unique in this lockfile; in the lockfile's own spelling. */
  readonly key: string
  /** The registry's name for it, also behind an alias. */
  readonly name: string
  /** What it is installed as, when that differs from `name`. */
  readonly alias?: string
  readonly version: string
  readonly origin: Origin
  /** The address it was fetched from, when the lockfile tells. */
  readonly resolved?: string
  /** Subresource-integrity text, or the checksum of yarn berry. */
  readonly integrity?: string
  /** Whether install scripts run, when the lockfile tells. */
  readonly installScript?: boolean
  /** Where the lockfile speaks of it, counted from 1. */
  readonly line: number
  readonly edges: readonly Edge[]
}

/** A project or workspace whose manifest the lockfile answers. */
export interface Root {
  readonly name: string
  /** Folder from the lockfile's folder, `''` for the project itself. */
  readonly folder: string
  readonly edges: readonly Edge[]
}

export type LockfileKind = 'npm' | 'pnpm' | 'yarn-classic' | 'yarn-berry' | 'bun'

export interface Lockfile {
  readonly kind: LockfileKind
  /** File name from the scanned folder. */
  readonly file: string
  readonly roots: readonly Root[]
  readonly packages: ReadonlyMap<string, Locked>
  /** True when this format records `resolved` addresses (pnpm and bun leave the registry's out). */
  readonly recordsAddresses: boolean
}

/** The parts of a package.json that a scanner reads; all of it written by others. */
export interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly [other: string]: unknown
}

/** The lockfile is not what its name says. The run is incomplete, never clean. */
export class UnreadableLockfile extends Error {
  override readonly name = 'UnreadableLockfile'
}
