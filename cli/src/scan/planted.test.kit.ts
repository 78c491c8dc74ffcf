import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** A test, or a file of tests, that can be told what to do at its end. */
export interface Ends {
  after(hook: () => void): void
}

/** Writes files into a folder of their own, which goes when the test ends. */
export function plant(t: Ends, files: Readonly<Record<string, string | object | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-scan-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    const isRaw = typeof content === 'string' || Buffer.isBuffer(content)
    writeFileSync(path, isRaw ? content : `${JSON.stringify(content, null, 2)}\n`)
  }
  return folder
}

/** The settings under which a project of npm has nothing to be told. */
export const GOOD_NPMRC: string = [
  'min-release-age=7',
  'allow-git=none',
  'allow-remote=none',
  'strict-allow-scripts=true',
  '',
].join('\n')

export interface Entry {
  readonly version?: string
  readonly [member: string]: unknown
}

/** An npm project: every entry is asked for by the root unless its key is nested or it says `deep`. */
export function npmProject(
  packages: Readonly<Record<string, Entry>>,
  manifest: Readonly<Record<string, unknown>> = {},
): Record<string, string | object> {
  const dependencies: Record<string, string> = {}
  const locked: Record<string, object> = {}
  for (const [name, { deep, range, ...given }] of Object.entries(packages)) {
    const version = given.version ?? '1.0.0'
    const path = name.startsWith('node_modules/') ? name : `node_modules/${name}`
    const base = name.slice(name.lastIndexOf('/') + 1)
    if (deep !== true && !name.startsWith('node_modules/')) {
      dependencies[name] = typeof range === 'string' ? range : `^${version}`
    }
    locked[path] = {
      version,
      resolved: `https://registry.npmjs.org/${name}/-/${base}-${version}.tgz`,
      integrity: `sha512-${hash('sha512', `${name}@${version}`, 'base64')}`,
      ...given,
    }
  }
  const own = { name: 'planted', version: '1.0.0', dependencies, ...manifest }
  return {
    '.npmrc': GOOD_NPMRC,
    'package.json': { ...own, private: true, engines: { npm: '>=11.10.0' } },
    'package-lock.json': {
      name: 'planted',
      version: '1.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: { '': own, ...locked },
    },
  }
}

export interface FakeRegistry {
  readonly url: string
  /** `METHOD path` of everything that arrived, in order, with the body of the bulk question. */
  readonly arrived: {
    readonly line: string
    readonly authorization?: string
    readonly asked?: unknown
  }[]
}

export interface RegistryContent {
  /** As the bulk endpoint answers: name to list of advisories. */
  readonly advisories?: Readonly<Record<string, readonly object[]>>
  readonly packuments?: Readonly<Record<string, object>>
  /** Answers the bulk question with this status instead. */
  readonly bulkStatus?: number
}

/** A registry on loopback: the two questions that npm and this scanner put to the real one. */
export async function fakeRegistry(t: Ends, content: RegistryContent): Promise<FakeRegistry> {
  const arrived: FakeRegistry['arrived'] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const path = decodeURIComponent(request.url ?? '/')
    const bulk = request.method === 'POST' && path === '/-/npm/v1/security/advisories/bulk'
    const asked: Record<string, unknown> = bulk
      ? JSON.parse(gunzipSync(Buffer.concat(parts)).toString())
      : {}
    const { authorization } = request.headers
    arrived.push({
      line: `${request.method} ${path}`,
      ...(authorization === undefined ? {} : { authorization }),
      ...(bulk ? { asked } : {}),
    })
    const known = bulk
      ? Object.fromEntries(
          Object.entries(content.advisories ?? {}).filter(([name]) => name in asked),
        )
      : content.packuments?.[path.slice(1)]
    const status = bulk ? (content.bulkStatus ?? 200) : known === undefined ? 404 : 200
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(known ?? {}))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, arrived }
}

/** A packument with the given versions and the days since their release. */
export function packument(
  name: string,
  versions: Readonly<Record<string, { days?: number; scripts?: Readonly<Record<string, string>> }>>,
  now: number = Date.now(),
): object {
  const all = Object.entries(versions)
  return {
    name,
    'dist-tags': { latest: all.at(-1)?.[0] },
    time: Object.fromEntries(
      all.map(([version, { days = 400 }]) => [
        version,
        new Date(now - days * 86_400_000).toISOString(),
      ]),
    ),
    versions: Object.fromEntries(
      all.map(([version, { scripts }]) => [
        version,
        {
          name,
          version,
          ...(scripts === undefined ? {} : { scripts }),
          dist: { tarball: `https://registry.npmjs.org/${name}/-/${name}-${version}.tgz` },
        },
      ]),
    ),
  }
}
