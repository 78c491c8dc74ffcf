import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { ROOT, run, tsc } from '../package.test.kit.ts'
import { anchorsOf, type Block, blocksOf, linksOf, pageNames } from './docs.test.kit.ts'
import { fiveMinutes } from './five-minutes.test.kit.ts'

// Inside the repository, where node and the compiler find what the code stands on.
const cache = join(ROOT, 'library/.cache')
mkdirSync(cache, { recursive: true })
const shelf = mkdtempSync(join(cache, 'docs-'))
after(() => rmSync(shelf, { recursive: true, force: true }))

test('every link inside the repository leads somewhere', () => {
  const dead: string[] = []
  for (const page of pageNames()) {
    for (const link of linksOf(page)) {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? page : join(dirname(page), path)
      if (!existsSync(join(ROOT, target))) dead.push(`${page}: ${link}`)
      else if (anchor !== undefined && !anchorsOf(target).has(anchor)) dead.push(`${page}: ${link}`)
    }
  }
  assert.deepEqual(dead, [])
})

test('the reference says what the code says', async () => {
  const path = join(ROOT, 'docs/generate.ts')
  const { pages } = (await import(path)) as { pages(): Promise<ReadonlyMap<string, string>> }
  for (const [page, text] of await pages()) {
    const written = readFileSync(join(ROOT, 'docs', page), 'utf8')
    assert.ok(written === text, `docs/${page} is behind; run: node docs/generate.ts`)
  }
})

const REAL = process.env['THOROUGH'] === '1' || process.env['CI'] === 'true'
const noInstall = REAL ? false : 'installs from the registry only with THOROUGH=1 or CI=true'

interface SitePage {
  readonly source: string
  readonly url: string
}

test('every page has its place in the menu of the site', async () => {
  const path = join(ROOT, 'docs/site/pages.ts')
  const { pages } = (await import(path)) as { pages(): readonly SitePage[] }
  const there = new Set(pages().map(({ source }) => source))
  assert.deepEqual(
    pageNames().filter(page => !there.has(page)),
    [],
  )
})

test('the site is built, and nothing in it leads nowhere', { skip: noInstall }, async () => {
  const { status, out } = await run('npm', ['run', 'docs'], ROOT)
  assert.equal(status, 0, out)
  const site = join(ROOT, 'docs/.site')
  const index = readFileSync(join(site, 'search-index.js'), 'utf8')
  for (const url of ['five-minutes.html', 'defences/csrf.html', 'reference/errors.html']) {
    assert.ok(existsSync(join(site, url)), url)
    assert.ok(index.includes(`"${url}"`), `${url} cannot be found by searching`)
  }
})

/** Blocks of the pages for strangers that import what they use, and so are whole. */
function whole(): readonly Block[] {
  return pageNames()
    .filter(page => !page.startsWith('library/') || page.includes('/testing/'))
    .filter(page => page !== 'docs/house.md')
    .flatMap(blocksOf)
    .filter(({ language, text }) => language === 'ts' && /^import /m.test(text))
}

test('every TypeScript block compiles', async () => {
  const blocks = whole()
  assert.ok(blocks.length >= 10, `${blocks.length} blocks`)
  const files = blocks.map(({ text }, at) => {
    const file = join(shelf, `block-${at}.ts`)
    writeFileSync(file, text)
    return file
  })
  const config = {
    extends: join(ROOT, 'tsconfig.base.json'),
    compilerOptions: {
      noEmit: true,
      composite: false,
      declaration: false,
      isolatedDeclarations: false,
      noPropertyAccessFromIndexSignature: false,
      noUnusedLocals: false,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
    },
    files,
  }
  writeFileSync(join(shelf, 'tsconfig.json'), JSON.stringify(config))
  const { out } = await tsc(['-p', shelf], shelf)
  const wrong = out
    .split('\n')
    .filter(line => /^(.*\/)?block-\d+\.ts/.test(line))
    .map(line => line.replace(/.*block-(\d+)\.ts/, (_, at) => blocks[Number(at)]?.page ?? ''))
  assert.deepEqual(wrong, [])
})

test('five minutes, word for word', async () => {
  const home = join(shelf, 'five-minutes')
  mkdirSync(home)
  writeFileSync(join(home, 'package.json'), '{"type":"module"}')
  await fiveMinutes(home, ['--conditions=bulwark:source'])
})
