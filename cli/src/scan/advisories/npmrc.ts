import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where npm asks when nobody says otherwise. */
export const PUBLIC_REGISTRY = 'https://registry.npmjs.org/'

export interface Npmrc {
  /** All keys, the later line winning. `${NAME}` is not filled in. */
  readonly values: ReadonlyMap<string, string>
  /** Line of each key, counted from 1. */
  readonly lines: ReadonlyMap<string, number>
}

/** Reads an `.npmrc`; a missing one has no keys. */
export function readNpmrc(path: string): Npmrc {
  const values = new Map<string, string>()
  const lines = new Map<string, number>()
  for (const [index, line] of textAt(path).split(/\r?\n/).entries()) {
    const pair = /^\s*([^#;=\s][^=]*?)\s*(?:=\s*(.*?)\s*)?$/.exec(line)
    if (pair === null) continue
    const key = (pair[1] ?? '').replace(/\[\]$/, '')
    const value = (pair[2] ?? 'true').replace(/^(["'])(.*)\1$/, '$2')
    values.set(key, value)
    lines.set(key, index + 1)
  }
  return { values, lines }
}

/** Which registry answers for a package, and with what credentials. */
export interface Registries {
  readonly public: string
  of(name: string): string
  /** The `Authorization` value for an address of one of them. */
  authorization(url: string): string | undefined
  /** Host names that a lockfile may rightly point at. */
  readonly hosts: ReadonlySet<string>
}

/**
 * The project's and the user's `.npmrc` taken together, as npm does.
 *
 * @param override the registry named on the command line
 */
export function registriesOf(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  override?: string,
): Registries {
  const files = [
    join(env['HOME'] ?? env['USERPROFILE'] ?? folder, '.npmrc'),
    join(folder, '.npmrc'),
  ]
  const values = new Map(files.flatMap(file => [...readNpmrc(file).values]))
  const value = (key: string) => filled(values.get(key), env)
  const fallback = slashed(
    override ?? env['npm_config_registry'] ?? value('registry') ?? PUBLIC_REGISTRY,
  )
  const of = (name: string): string => {
    const scope = name.startsWith('@') ? name.slice(0, name.indexOf('/')) : undefined
    const own = scope === undefined ? undefined : value(`${scope}:registry`)
    return own === undefined ? fallback : slashed(own)
  }
  const scoped = [...values.keys()].filter(key => /^@[^:]+:registry$/.test(key))
  const urls = [fallback, ...scoped.map(key => value(key) ?? ''), PUBLIC_REGISTRY]
  return {
    public: fallback,
    of,
    authorization: url => authorization(url, value),
    hosts: new Set(urls.filter(url => URL.canParse(url)).map(url => new URL(url).host)),
  }
}

/** npm keeps tokens under the address without its scheme, up to any slash of the path. */
function authorization(
  url: string,
  value: (key: string) => string | undefined,
): string | undefined {
  const { host, pathname } = new URL(url)
  for (let path = `//${host}${pathname}`; path.length > 2; path = path.replace(/[^/]*\/?$/, '')) {
    const token = value(`${path}:_authToken`)
    if (token !== undefined) return `Bearer ${token}`
    const basic = value(`${path}:_auth`)
    if (basic !== undefined) return `Basic ${basic}`
    if (path === `//${host}/`) return undefined
  }
  return undefined
}

function filled(
  text: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  return text?.replace(/\$\{([^}?]+)\??\}/g, (whole, name: string) => env[name] ?? whole)
}

function slashed(url: string): string {
  return url.endsWith('/') ? url : `${url}/`
}

function textAt(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
