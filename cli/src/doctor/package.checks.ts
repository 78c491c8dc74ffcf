import semver from 'semver'
import type { Rule, Severity } from '../output/finding.ts'

/** What is about to be put on a machine: its package.json, and the files beside it. */
export interface BuiltPackage {
  readonly manifest: Readonly<Record<string, unknown>>
  /** With forward slashes, without what lies in node_modules. */
  readonly files: readonly string[]
  /** Names of what is installed in node_modules; `undefined` where there is none. */
  readonly installed: ReadonlySet<string> | undefined
}

export interface PackageCheck extends Rule {
  readonly severity: Severity
  /** What exactly, and the file where it shows; `undefined` when it does not. */
  found(built: BuiltPackage): { readonly at: string; readonly file: string } | undefined
}

const MANIFEST = 'package.json'
/** The oldest Node that Bulwark runs on. */
const OLDEST_NODE = '24.15.0'

const file =
  (pattern: RegExp): PackageCheck['found'] =>
  ({ files }) => {
    const fitting = files.filter(name => pattern.test(name))
    const [first] = fitting
    if (first === undefined) return undefined
    return {
      at: fitting.length === 1 ? first : `${first} and ${fitting.length - 1} more`,
      file: first,
    }
  }

const started =
  (pattern: RegExp): PackageCheck['found'] =>
  ({ manifest }) => {
    const scripts = (manifest['scripts'] ?? {}) as Readonly<Record<string, unknown>>
    for (const name of ['prestart', 'start', 'serve', 'start:prod', 'production']) {
      const script = scripts[name]
      if (typeof script === 'string' && pattern.test(script)) {
        return { at: `scripts.${name}: ${script.slice(0, 120)}`, file: MANIFEST }
      }
    }
    return undefined
  }

/** What can be seen of a service before it runs, from what is going to run. */
export const PACKAGE_CHECKS: readonly PackageCheck[] = [
  {
    id: 'package.secrets-inside',
    severity: 'critical',
    what: 'A file with secrets or data lies in what is shipped.',
    why: 'Whoever gets the image or the package has the keys, and the people’s data.',
    fix: 'Leave it out (files in package.json, .dockerignore), and change every secret that was in it.',
    found: file(
      /(?:^|\/)(?:\.env(?:\.(?!example$|sample$|template$)[\w.-]+)?|root\.key|id_(?:rsa|ed25519|ecdsa)|[\w.-]+\.(?:pem|p12|pfx|key|sqlite3?|db))$|^\.data\//,
    ),
  },
  {
    id: 'package.version-control',
    severity: 'high',
    what: 'The history of the code lies in what is shipped.',
    why: 'It tells everything that was ever committed, and is served where a folder is.',
    fix: 'Copy what was built, not the checkout; name .git in .dockerignore.',
    found: file(/(?:^|\/)\.(?:git|svn|hg)\/(?:HEAD|entries|requires)$/),
  },
  {
    id: 'package.inspector',
    severity: 'critical',
    what: 'The service is started with its debugger open.',
    why: 'Whoever reaches the port runs any code in the process.',
    fix: 'Take --inspect out of the start script.',
    found: started(/--inspect\b|--inspect-brk\b/),
  },
  {
    id: 'package.tls-unchecked',
    severity: 'critical',
    what: 'The service is started without checking certificates.',
    why: 'Whoever is on the way answers in place of the database, the mail server and providers.',
    fix: 'Take NODE_TLS_REJECT_UNAUTHORIZED=0 out; name the root in NODE_EXTRA_CA_CERTS.',
    found: started(/NODE_TLS_REJECT_UNAUTHORIZED=['"]?0/),
  },
  {
    id: 'package.insecure-parser',
    severity: 'critical',
    what: 'The service is started with the lenient parser of HTTP.',
    why: 'Two servers read one message differently, and a second request hides in the first.',
    fix: 'Take --insecure-http-parser out of the start script.',
    found: started(/--insecure-http-parser\b/),
  },
  {
    id: 'package.old-tls',
    severity: 'high',
    what: 'The service is started with versions of TLS that are broken.',
    why: 'What was said can be read or changed on the way.',
    fix: 'Take --tls-min-v1.0 and --tls-min-v1.1 out of the start script.',
    found: started(/--tls-min-v1\.[01]\b/),
  },
  {
    id: 'package.keys-logged',
    severity: 'critical',
    what: 'The service writes the keys of its TLS connections into a file.',
    why: 'Whoever has the file reads every connection, also those that were recorded before.',
    fix: 'Take --tls-keylog out of the start script.',
    found: started(/--tls-keylog\b/),
  },
  {
    id: 'package.started-for-development',
    severity: 'high',
    what: 'The start script starts a development service.',
    why: 'It shows faults, takes any loopback name, and compiles code as it runs.',
    fix: 'Start what was built with node, and NODE_ENV=production.',
    found: started(
      /NODE_ENV=['"]?dev|\b(?:nodemon|tsx|ts-node|vite(?! preview)|next dev)\b|--watch\b/,
    ),
  },
  {
    id: 'package.node-admitted',
    severity: 'medium',
    what: 'package.json admits a Node that gets no security fixes, or any.',
    why: 'The holes of an old Node are published, each with its way in.',
    fix: `Write "engines": { "node": "^${OLDEST_NODE} || >=26" } into package.json.`,
    found({ manifest }) {
      const engines = (manifest['engines'] ?? {}) as Readonly<Record<string, unknown>>
      const range = typeof engines['node'] === 'string' ? engines['node'] : undefined
      const least =
        range !== undefined && semver.validRange(range) ? semver.minVersion(range) : null
      if (least !== null && semver.gte(least, OLDEST_NODE)) return undefined
      return { at: range ?? 'no engines.node', file: MANIFEST }
    },
  },
  {
    id: 'package.development-dependencies',
    severity: 'medium',
    what: 'Packages that only development needs are installed.',
    why: 'Each of them can be used by whoever gets a foot in, and may have holes of its own.',
    fix: 'Install with npm ci --omit=dev.',
    found({ manifest, installed }) {
      const wanted = Object.keys((manifest['devDependencies'] ?? {}) as object)
      const present = wanted.filter(name => installed?.has(name) === true)
      return present.length === 0
        ? undefined
        : { at: present.slice(0, 5).join(', '), file: MANIFEST }
    },
  },
  {
    id: 'package.install-script',
    severity: 'medium',
    what: 'The package runs a script where it is installed.',
    why: 'It runs with the rights of whoever installs; most people switch such scripts off.',
    fix: 'Build before publishing (prepack), and drop preinstall, install and postinstall.',
    found({ manifest }) {
      const scripts = (manifest['scripts'] ?? {}) as object
      const name = ['preinstall', 'install', 'postinstall'].find(one => Object.hasOwn(scripts, one))
      return name === undefined ? undefined : { at: `scripts.${name}`, file: MANIFEST }
    },
  },
  {
    id: 'package.source-maps',
    severity: 'low',
    what: 'Source maps lie in what is shipped.',
    why: 'Served beside their scripts they show the sources, comments and all.',
    fix: 'Build without them, or keep them where only the error service reads them.',
    found: file(/\.(?:js|mjs|cjs|css)\.map$/),
  },
  {
    id: 'package.tests',
    severity: 'low',
    what: 'Tests or sample data lie in what is shipped.',
    why: 'They know accounts, keys and ways in that were never meant to leave.',
    fix: 'Leave them out (files in package.json, .dockerignore).',
    found: file(/(?:^|\/)(?:__tests__|fixtures?|test-data)\/|\.(?:test|spec)\.[cm]?[jt]sx?$/),
  },
]
