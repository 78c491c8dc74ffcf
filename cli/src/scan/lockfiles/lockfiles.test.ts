import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { type Graph, graphOf } from './graph.ts'
import { type Locked, type Lockfile, type Manifest, UnreadableLockfile } from './lockfile.ts'
import { type Project, readLockfile } from './project.ts'
import { aliased, originOf } from './shape.ts'

const RUNS = process.env['THOROUGH'] === '1' ? 20_000 : 300

const ROOT: Manifest = {
  name: 'fixture',
  dependencies: {
    '@sindresorhus/is': '^4.0.0',
    'is-odd': '^3.0.1',
    'odd-alias': 'npm:is-odd@3.0.0',
    react: '18.2.0',
    'use-sync-external-store': '1.2.0',
  },
  devDependencies: { kleur: '^4.1.5' },
  optionalDependencies: { fsevents: '^2.3.0' },
}
const WORKSPACE: Manifest = { name: 'workspace-a', dependencies: { debug: '^4.3.4' } }
const PROJECT: Project = {
  folder: '/nowhere',
  manifests: new Map([
    ['', ROOT],
    ['packages/a', WORKSPACE],
  ]),
  lockfiles: [],
}

/** One project, locked by each package manager itself. */
const FIXTURES = [
  ['npm-3.json', 'package-lock.json', 'npm'],
  ['npm-1.json', 'package-lock.json', 'npm'],
  ['pnpm-7.yaml', 'pnpm-lock.yaml', 'pnpm'],
  ['pnpm-8.yaml', 'pnpm-lock.yaml', 'pnpm'],
  ['pnpm-9.yaml', 'pnpm-lock.yaml', 'pnpm'],
  ['yarn-classic.lock', 'yarn.lock', 'yarn-classic'],
  ['yarn-berry.lock', 'yarn.lock', 'yarn-berry'],
  ['bun.lock', 'bun.lock', 'bun'],
] as const

function source(fixture: string): string {
  return readFileSync(fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url)), 'utf8')
}

function named(lockfile: Lockfile, name: string, version?: string): Locked {
  const found = [...lockfile.packages.values()].find(
    each => each.name === name && (version === undefined || each.version === version),
  )
  assert.ok(found, `${name} is not in the lockfile`)
  return found
}

for (const [fixture, file, kind] of FIXTURES) {
  const lockfile = readLockfile(PROJECT, file, source(fixture))
  const graph: Graph = graphOf(lockfile)

  test(`${fixture}: the packages that were locked are read, no more and no fewer`, () => {
    assert.equal(lockfile.kind, kind)
    const ids = [...lockfile.packages.values()].map(each => `${each.name}@${each.version}`)
    for (const id of [
      '@sindresorhus/is@4.6.0',
      'debug@4.4.3',
      'fsevents@2.3.3',
      'is-number@6.0.0',
      'is-odd@3.0.0',
      'is-odd@3.0.1',
      'js-tokens@4.0.0',
      'kleur@4.1.5',
      'loose-envify@1.4.0',
      'ms@2.1.3',
      'react@18.2.0',
      'use-sync-external-store@1.2.0',
    ]) {
      assert.ok(ids.includes(id), `${id} is missing`)
    }
    // Yarn berry also locks node-gyp, which it adds for packages that it suspects of a build.
    const others = ids.filter(id => /^(?:fixture|workspace-a)@/.test(id))
    assert.deepEqual(others, [])
    if (kind !== 'yarn-berry') assert.equal(new Set(ids).size, 12)
  })

  test(`${fixture}: every registry package has its content pinned`, () => {
    for (const each of lockfile.packages.values()) {
      // Yarn patches fsevents with a file of its own.
      if (each.key.includes('@patch:')) continue
      assert.equal(each.origin, 'registry', each.key)
      assert.match(each.integrity ?? '', /^(?:sha512-|10c0\/)/, each.key)
    }
  })

  test(`${fixture}: somebody who depends by another name is found under the real one`, () => {
    const alias = named(lockfile, 'is-odd', '3.0.0')
    assert.equal(graph.direct(alias.key), true)
    if (kind !== 'pnpm') assert.equal(alias.alias, 'odd-alias')
  })

  test(`${fixture}: what only development or an option needs is told apart`, () => {
    assert.equal(graph.reach(named(lockfile, 'kleur').key), 'development')
    assert.equal(graph.reach(named(lockfile, 'fsevents').key), 'optional')
    assert.equal(graph.reach(named(lockfile, 'js-tokens').key), 'production')
    assert.equal(graph.reach(named(lockfile, 'ms').key), 'production')
  })

  test(`${fixture}: the way by which a package came in is shown from the manifest down`, () => {
    const [way] = graph.paths(named(lockfile, 'js-tokens').key)
    assert.deepEqual(way?.slice(1), ['react@18.2.0', 'loose-envify@1.4.0', 'js-tokens@4.0.0'])
    assert.equal(graph.direct(named(lockfile, 'js-tokens').key), false)
    assert.deepEqual(graph.paths(named(lockfile, 'ms').key)[0]?.slice(1), [
      'debug@4.4.3',
      'ms@2.1.3',
    ])
  })

  test(`${fixture}: each package is shown at its own line`, () => {
    const lines = source(fixture).split('\n')
    for (const each of lockfile.packages.values()) {
      const line = lines[each.line - 1] ?? ''
      assert.ok(line.includes(each.alias ?? each.name), `${each.key}: line ${each.line} is ${line}`)
    }
  })

  test(`${fixture}: cut off anywhere, it is refused or read, and nothing else breaks`, () => {
    const whole = source(fixture)
    const cut = fc.integer({ min: 0, max: whole.length })
    fc.assert(
      fc.property(cut, length => refusedOrRead(file, whole.slice(0, length))),
      { numRuns: RUNS },
    )
  })
}

test('a file of anything at all is refused or read, and nothing else breaks', () => {
  const file = fc.constantFrom('package-lock.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock')
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map(json => `__x:\n__metadata:\n  ${json}`),
    fc.dictionary(fc.string(), fc.jsonValue()).map(at => JSON.stringify({ packages: at })),
    fc
      .jsonValue()
      .map(at => JSON.stringify({ lockfileVersion: '9.0', snapshots: at, packages: at })),
  )
  fc.assert(
    fc.property(file, anything, (name, text) => refusedOrRead(name, text)),
    { numRuns: RUNS, examples: [['pnpm-lock.yaml', '*!']] },
  )
})

function refusedOrRead(file: string, text: string): boolean {
  try {
    graphOf(readLockfile(PROJECT, file, text))
    return true
  } catch (error) {
    return error instanceof UnreadableLockfile
  }
}

for (const [spec, origin] of [
  ['^1.0.0', 'registry'],
  ['latest', 'registry'],
  ['npm:left-pad@1.0.0', 'registry'],
  ['user/repository', 'git'],
  ['user/repository#branch', 'git'],
  ['github:user/repository', 'git'],
  ['git+ssh://git@host/a.git#abc', 'git'],
  ['git+https://host/a', 'git'],
  ['git@host:a/b.git', 'git'],
  ['https://host/a.git#abc', 'git'],
  ['https://codeload.github.com/a/b/tar.gz/abc', 'git'],
  ['https://host/a.tgz', 'remote'],
  ['file:../a', 'file'],
  ['./a', 'file'],
  ['workspace:*', 'workspace'],
  ['link:../a', 'workspace'],
] as const) {
  test(`a dependency written ${spec} comes from ${origin}`, () =>
    assert.equal(originOf(spec), origin))
}

test("yarn's spelling of a plain range is no alias", () => {
  assert.equal(aliased('npm:^1.0.0'), undefined)
  assert.equal(aliased('npm:1.x'), undefined)
  assert.deepEqual(aliased('npm:@scope/name@^1.0.0'), ['@scope/name', '^1.0.0'])
  assert.deepEqual(aliased('npm:name'), ['name', ''])
})

test("bun's old binary lockfile is refused with the command that makes a readable one", () => {
  assert.throws(() => readLockfile(PROJECT, 'bun.lockb', '\u0000'), /save-text-lockfile/)
})

test('what lies below a patch of yarn is needed by the patch', () => {
  const source = [
    '__metadata:\n  version: 8\n',
    '"left@npm:1.0.0":\n  version: 1.0.0\n  resolution: "left@npm:1.0.0"\n  checksum: 10c0/ab\n',
    '"left@patch:left@npm%3A1.0.0#./a.patch":\n  version: 1.0.0\n  resolution: "left@patch:left@npm%3A1.0.0#./a.patch"\n',
    '"app@workspace:.":\n  version: 0.0.0\n  resolution: "app@workspace:."\n',
  ].join('\n')
  const range = 'patch:left@npm%3A1.0.0#./a.patch'
  const project = {
    ...PROJECT,
    manifests: new Map([['', { name: 'app', dependencies: { left: range } }]]),
  }
  const graph = graphOf(readLockfile(project, 'yarn.lock', `\n${source}`))
  assert.deepEqual(graph.paths('left@npm:1.0.0'), [['app', 'left@1.0.0', 'left@1.0.0']])
})

test('packages that need each other in a circle are walked once', () => {
  const lock = {
    lockfileVersion: 3,
    packages: {
      '': { name: 'app', dependencies: { a: '1.0.0' } },
      'node_modules/a': { version: '1.0.0', dependencies: { b: '1.0.0' } },
      'node_modules/b': { version: '1.0.0', dependencies: { a: '1.0.0' } },
    },
  }
  const lockfile = readLockfile(PROJECT, 'package-lock.json', JSON.stringify(lock))
  const graph = graphOf(lockfile)
  assert.deepEqual(graph.paths('node_modules/b'), [['app', 'a@1.0.0', 'b@1.0.0']])
  assert.deepEqual(graph.paths('node_modules/a'), [['app', 'a@1.0.0']])
})

test('a package below another is the one that its neighbour sees', () => {
  const lock = {
    lockfileVersion: 3,
    packages: {
      '': { name: 'app', dependencies: { a: '1.0.0', b: '2.0.0' } },
      'node_modules/a': { version: '1.0.0', dependencies: { b: '^1.0.0' } },
      'node_modules/a/node_modules/b': { version: '1.0.0' },
      'node_modules/b': { version: '2.0.0' },
    },
  }
  const lockfile = readLockfile(PROJECT, 'package-lock.json', JSON.stringify(lock))
  const graph = graphOf(lockfile)
  assert.deepEqual(graph.paths('node_modules/a/node_modules/b'), [['app', 'a@1.0.0', 'b@1.0.0']])
  assert.deepEqual(graph.paths('node_modules/b'), [['app', 'b@2.0.0']])
})

test('a package sees what lies beside it before what lies at the top', () => {
  const lock = {
    lockfileVersion: 3,
    packages: {
      '': { name: 'app', dependencies: { a: '1.0.0', c: '2.0.0' } },
      'node_modules/a': { version: '1.0.0', dependencies: { b: '1.0.0' } },
      'node_modules/a/node_modules/b': { version: '1.0.0', dependencies: { c: '^1.0.0' } },
      'node_modules/a/node_modules/c': { version: '1.0.0' },
      'node_modules/c': { version: '2.0.0' },
    },
  }
  const graph = graphOf(readLockfile(PROJECT, 'package-lock.json', JSON.stringify(lock)))
  const [way] = graph.paths('node_modules/a/node_modules/c')
  assert.deepEqual(way, ['app', 'a@1.0.0', 'b@1.0.0', 'c@1.0.0'])
})
