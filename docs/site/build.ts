// The site: `npm run docs`, into docs/.site. It can be read and searched from the disk, without a server.
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import Eleventy from '@11ty/eleventy'
import MiniSearch from 'minisearch'
import { type Page, pages, ROOT, sourcePage, targetOf } from './pages.ts'

const OUT = join(ROOT, 'docs/.site')
const HERE = import.meta.dirname

/** The anchor of a heading, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const all = pages()
const bySource = new Map(all.map(page => [page.source, page]))
const images = new Set<string>()

/** The address in the site of what a page links to; files that have no page get one. */
function addressOf(from: Page, link: string): string {
  if (/^[a-z]+:/i.test(link) || link.startsWith('#')) return link
  const [path = '', anchor] = link.split('#')
  const target = targetOf(from.source, path)
  const hash = anchor === undefined ? '' : `#${anchor}`
  const relative = (url: string) => posix.relative(posix.dirname(from.url), url) + hash
  if (/\.(png|svg|jpg|webp)$/.test(target)) {
    images.add(target)
    return relative(target)
  }
  if (!bySource.has(target)) bySource.set(target, sourcePage(target))
  return relative(bySource.get(target)?.url ?? '')
}

/** Links are resolved before anything is rendered: only then is it known which files need pages. */
function resolved(page: Page): string {
  const outsideCode = /(^(`{3,})[\s\S]*?^\2$|`[^`\n]+`)|(\]\()([^)\s]+)(\))/gm
  return page.text
    .replace(/^<!--.*-->\n/, '')
    .replaceAll(outsideCode, (whole, code, _fence, open, link, close) =>
      code === undefined ? `${open}${addressOf(page, link)}${close}` : whole,
    )
}

/** A page in pieces, each under its heading: what the search finds. */
function sections(page: Page): readonly object[] {
  const parts = page.text.replace(/^<!--.*-->\n/, '').split(/^(?=#{1,3} )/m)
  return parts.map((part, at) => {
    const heading = /^#{1,3} (.+)$/m.exec(part)?.[1]?.replaceAll('`', '') ?? page.word
    const hash = at === 0 ? '' : `#${anchorOf(heading)}`
    return { id: page.url + hash, page: page.word, heading, text: part }
  })
}

interface Heading {
  readonly content: string
}
interface Token {
  readonly tag: string
  attrSet(name: string, value: string): void
}
interface Markdown {
  readonly core: {
    readonly ruler: { push(name: string, rule: (state: { tokens: unknown[] }) => void): void }
  }
}

/** Headings get the anchors that GitHub gives them, so that a link is right in both places. */
function anchored(markdown: Markdown): void {
  markdown.core.ruler.push('anchors', ({ tokens }) => {
    const taken = new Map<string, number>()
    for (const [at, token] of (tokens as Token[]).entries()) {
      if (!/^h\d$/.test(token.tag)) continue
      const inner = tokens[at + 1] as Heading | undefined
      if (inner === undefined || (token as unknown as { nesting: number }).nesting !== 1) continue
      const anchor = anchorOf(inner.content)
      const before = taken.get(anchor) ?? 0
      taken.set(anchor, before + 1)
      token.attrSet('id', before === 0 ? anchor : `${anchor}-${before}`)
    }
  })
}

interface Configuration {
  setOutputDirectory(path: string): void
  setLayoutsDirectory(path: string): void
  amendLibrary(name: 'md', how: (markdown: Markdown) => void): void
  addTemplate(path: string, text: string, data: object): void
  addFilter(name: string, filter: (...given: never[]) => unknown): void
  setQuietMode(quiet: boolean): void
}

function menu(): readonly { readonly group: string; readonly pages: readonly Page[] }[] {
  const groups = [...new Set(all.map(({ group }) => group))]
  return groups.map(group => ({ group, pages: all.filter(page => page.group === group) }))
}

/** Every link, picture and script of the site that leads nowhere. */
function dead(): readonly string[] {
  const files = globSync('**/*', { cwd: OUT }).map(path => path.replaceAll('\\', '/'))
  const there = new Set(files)
  const html = new Map(
    files
      .filter(path => path.endsWith('.html'))
      .map(path => [path, readFileSync(join(OUT, path), 'utf8')]),
  )
  const ids = new Map(
    [...html].map(([path, text]) => [
      path,
      new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id)),
    ]),
  )
  const broken: string[] = []
  for (const [path, text] of html) {
    for (const [, link = ''] of text.matchAll(/ (?:href|src)="([^"]*)"/g)) {
      if (/^(https?|mailto):/.test(link)) continue
      const [to = '', hash] = link.split('#')
      const target = to === '' ? path : posix.join(posix.dirname(path), to)
      const lost = !there.has(target)
      if (lost || (hash !== undefined && !ids.get(target)?.has(decodeURIComponent(hash)))) {
        broken.push(`${path}: ${link}`)
      }
    }
  }
  return broken
}

rmSync(OUT, { recursive: true, force: true })
const texts = all.map(page => ({ page, text: resolved(page) }))
const extra = [...bySource.values()].filter(({ group }) => group === '')
for (const page of extra) texts.push({ page, text: page.text })

const site = new Eleventy(join(HERE, 'theme'), OUT, {
  quietMode: true,
  configPath: null,
  config(configuration: Configuration) {
    configuration.setOutputDirectory(OUT)
    configuration.setLayoutsDirectory('layouts')
    configuration.amendLibrary('md', anchored)
    configuration.addFilter('from', (to: string, here: string) =>
      posix.relative(posix.dirname(here), to),
    )
    for (const { page, text } of texts) {
      const { url, word, group } = page
      configuration.addTemplate(`${url.replace(/\.html$/, '')}.md`, text, {
        layout: 'page.njk',
        permalink: url,
        templateEngineOverride: 'md',
        at: url,
        word,
        group,
        menu: menu(),
      })
    }
  },
})
await site.write()

for (const name of ['site.css', 'search.js']) cpSync(join(HERE, 'theme', name), join(OUT, name))
cpSync(join(HERE, 'node_modules/minisearch/dist/umd/index.js'), join(OUT, 'minisearch.js'))
for (const image of images) {
  mkdirSync(dirname(join(OUT, image)), { recursive: true })
  cpSync(join(ROOT, image), join(OUT, image))
}
const index = new MiniSearch({
  fields: ['heading', 'page', 'text'],
  storeFields: ['page', 'heading'],
})
index.addAll(all.flatMap(sections))
// A script and no JSON: pages that are opened from the disk may not fetch.
writeFileSync(join(OUT, 'search-index.js'), `globalThis.searchIndex = ${JSON.stringify(index)}\n`)

const broken = dead()
for (const link of broken) process.stderr.write(`leads nowhere: ${link}\n`)
process.stdout.write(`${texts.length} pages in ${OUT}\n`)
if (broken.length > 0) process.exitCode = 1
