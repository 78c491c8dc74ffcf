import type { Finding, Rule, Severity } from '../../output/finding.ts'
import type { Locked } from '../lockfiles/lockfile.ts'
import { aboutFile, aboutPackage, type Scanned } from './found.ts'

export const noIntegrity = {
  id: 'deps.integrity-missing',
  what: 'The lockfile pins a version but not its content.',
  why: 'Whoever controls the registry, a mirror or the line to it can exchange the code unseen.',
  fix: 'Delete the entry and install again, so that the lockfile records a sha512.',
} as const

export const weakIntegrity = {
  id: 'deps.integrity-weak',
  what: 'The content is pinned by a hash that can be forged.',
  why: 'Two packages with one SHA-1 or MD5 can be made; the lockfile cannot tell them apart.',
  fix: 'Delete the entry and install again with a current package manager.',
} as const

export const plainHttp = {
  id: 'deps.plain-http',
  what: 'A package is fetched over plain http.',
  why: 'Anybody on the way can read and exchange it.',
  fix: 'Use the https address of the registry.',
} as const

export const foreignHost = {
  id: 'deps.foreign-host',
  what: "A package that was asked for by version comes from a host that is none of the project's registries.",
  why: 'A changed address in a lockfile is the quietest way to slip in other code: few read the diff.',
  fix: 'Restore the address; if the host is yours, name it with --allow-host.',
} as const

export const swapped = {
  id: 'deps.name-mismatch',
  what: 'The lockfile says one package and fetches another.',
  why: 'The name in package.json looks right in every review while other code is installed.',
  fix: 'Restore the entry from the history, or install again from a clean lockfile.',
} as const

export const notRegistry = {
  id: 'deps.not-from-registry',
  what: 'A dependency comes from git or a bare address instead of the registry.',
  why: 'It has no publication, no signature and no advisories, and its content can change under its name.',
  fix: 'Publish it to a registry and depend on a version.',
} as const

export const unpinned = {
  id: 'deps.git-unpinned',
  what: 'A git dependency is not pinned to a commit.',
  why: 'Whoever can push to that branch or move that tag decides what the next install runs.',
  fix: 'Write the full commit behind # in package.json.',
} as const

export const noAddresses = {
  id: 'deps.no-addresses',
  what: 'The lockfile does not record where packages come from.',
  why: 'It follows whatever registry is configured where it is installed; only the hashes protect it.',
  fix: 'Harmless while every entry has an integrity hash; else set omit-lockfile-registry-resolved=false.',
} as const

/** Finding 6: whether the lockfile pins content, and the content it claims. */
export function integrityFindings(scanned: Scanned, hosts: ReadonlySet<string>): Finding[] {
  const findings: Finding[] = []
  const add = (rule: Rule, severity: Severity, locked: Locked, title: string, note?: string) =>
    findings.push(
      aboutPackage(rule, severity, scanned, locked, {
        title,
        ...(note === undefined ? {} : { notes: [note] }),
      }),
    )
  for (const locked of scanned.lockfile.packages.values()) {
    const id = `${locked.name}@${locked.version}`
    pinning(locked, id, add)
    address(scanned, locked, id, hosts, add)
  }
  const silent = withoutAddress(scanned)
  if (silent > 0) {
    const title = `${silent} packages have no "resolved" address`
    findings.push(aboutFile(noAddresses, 'info', scanned.lockfile.file, 1, { title }))
  }
  return findings
}

type Add = (rule: Rule, severity: Severity, locked: Locked, title: string, note?: string) => void

function pinning(locked: Locked, id: string, add: Add): void {
  const { origin, integrity } = locked
  if (origin === 'git') {
    add(notRegistry, 'medium', locked, `${id} comes from git`, locked.resolved)
    const pinned = /[#&?/=](?:commit=)?[0-9a-f]{40}(?:[&?:]|$)/.test(locked.resolved ?? locked.key)
    if (!pinned) add(unpinned, 'high', locked, `${id} is pinned to no commit`, locked.resolved)
    return
  }
  if (origin === 'remote')
    add(notRegistry, 'medium', locked, `${id} comes from an address`, locked.resolved)
  if (origin !== 'registry' && origin !== 'remote') return
  if (integrity === undefined) {
    add(noIntegrity, 'medium', locked, `${id} has no integrity hash`)
  } else if (/^(?:sha1|md5)-/.test(integrity) && !/\bsha(?:256|384|512)-/.test(integrity)) {
    add(
      weakIntegrity,
      'low',
      locked,
      `${id} is pinned by ${integrity.slice(0, integrity.indexOf('-'))} alone`,
    )
  }
}

function address(
  scanned: Scanned,
  locked: Locked,
  id: string,
  hosts: ReadonlySet<string>,
  add: Add,
): void {
  const { resolved } = locked
  if (resolved !== undefined && /^http:\/\//i.test(resolved) && !isLoopback(resolved)) {
    add(plainHttp, 'high', locked, `${id} is fetched over plain http`, resolved)
  }
  if (locked.origin !== 'registry') return
  const asked = scanned.graph.ranges(locked.key)
  const declared = (name: string) => asked.some(range => range.startsWith(`npm:${name}`))
  if (locked.alias !== undefined && asked.length > 0 && !declared(locked.name)) {
    const title = `${locked.alias} installs ${id}, which nobody asked for`
    add(swapped, 'high', locked, title)
  }
  if (resolved === undefined || !URL.canParse(resolved)) return
  const url = new URL(resolved)
  if (!hosts.has(url.host)) {
    add(foreignHost, 'high', locked, `${id} comes from ${url.host}`, resolved)
  }
  const fetched = /^\/(?:.*?\/)??((?:@[^/]+\/)?[^/]+)\/-\/([^/]+)\.tgz$/.exec(
    decodeURIComponent(url.pathname),
  )
  if (fetched === null) return
  const base = locked.name.slice(locked.name.lastIndexOf('/') + 1)
  if (fetched[1] !== locked.name || fetched[2] !== `${base}-${locked.version}`) {
    add(swapped, 'high', locked, `${id} fetches ${fetched[1]}, ${fetched[2]}.tgz`, resolved)
  }
}

function withoutAddress({ lockfile }: Scanned): number {
  if (!lockfile.recordsAddresses) return 0
  return [...lockfile.packages.values()].filter(
    locked => locked.origin === 'registry' && locked.resolved === undefined,
  ).length
}

function isLoopback(url: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname)
}
