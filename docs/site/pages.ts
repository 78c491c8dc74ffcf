import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

export const ROOT: string = join(import.meta.dirname, '../..')

/** A page of the site: where its text stands in the repository, and where it stands in the site. */
export interface Page {
  readonly source: string
  readonly url: string
  /** What the menu calls it. */
  readonly word: string
  readonly group: string
  readonly text: string
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

const BEGIN = ['README.md', 'docs/five-minutes.md', 'docs/existing-service.md']
const HOUSE = ['docs/house.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md']

/** Folders whose README is known by another word than the folder's name. */
const WORDS: Readonly<Record<string, string>> = {
  'library/src/oauth/server': 'oauth',
  'reference/console': 'the console of the reference service',
}

/** Pages that do not stand under their name. */
const ADDRESSES: Readonly<Record<string, string>> = {
  'README.md': 'index.html',
  'docs/index.md': 'contents.html',
}

function page(source: string, group: string, below = '', word?: string): Page {
  const folder = basename(source) === 'README.md'
  const name = folder
    ? (WORDS[dirname(source)] ?? basename(dirname(source)))
    : basename(source, '.md').toLowerCase()
  const url = ADDRESSES[source] ?? `${below}${name.replaceAll(' ', '-')}.html`
  const called = source === 'README.md' ? 'Bulwark' : name.replaceAll('-', ' ')
  return { source, url, word: word ?? called, group, text: read(source) }
}

/** Declarations as the API diff keeps them; one page a subpath. */
function apiPage(source: string): Page {
  const path = source.replace('library/api/', '').replace('.d.ts', '')
  const subpath = path === 'bulwark' ? 'bulwark' : `bulwark/${path}`
  const text = `# ${subpath}\n\n\`import { … } from '${subpath}'\`\n\n\`\`\`ts\n${read(source)}\`\`\`\n`
  return { source, url: `api/${path}.html`, word: subpath, group: 'API', text }
}

/** Every page, in the menu's order. A guide or a README that is new is in it by being there. */
export function pages(): readonly Page[] {
  const found = (pattern: string): string[] =>
    globSync(pattern, { cwd: ROOT, exclude: path => path.includes('node_modules') })
      .map(path => path.replaceAll('\\', '/'))
      .toSorted()
  const guides = found('docs/*.md').filter(
    path => !BEGIN.includes(path) && !HOUSE.includes(path) && path !== 'docs/index.md',
  )
  const moves = guides.filter(path => path.includes('/migrate-'))
  const all = [
    ...BEGIN.map(path => page(path, 'Begin')),
    page('docs/index.md', 'Begin', '', 'where to read what'),
    page('examples/README.md', 'Begin'),
    page('create-bulwark/README.md', 'Begin'),
    ...guides.filter(path => !moves.includes(path)).map(path => page(path, 'Guides')),
    ...moves.map(path => page(path, 'Coming from', '', basename(path, '.md').slice(13))),
    ...found('library/src/**/README.md').map(path => page(path, 'Defences', 'defences/')),
    ...found('cli/{README.md,src/*/README.md}').map(path => page(path, 'Commands', 'commands/')),
    page('reference/console/README.md', 'Commands', 'commands/'),
    ...found('docs/reference/*.md').map(path => page(path, 'Reference', 'reference/')),
    ...HOUSE.map(path => page(path, 'The house')),
    ...found('library/api/**/*.d.ts').map(apiPage),
  ]
  const urls = all.map(({ url }) => url)
  const twice = urls.filter((url, at) => urls.indexOf(url) !== at)
  if (twice.length > 0) throw new Error(`two pages at one address: ${twice.join(', ')}`)
  return all
}

/** What a page that links to a file or folder of the repository gets: the text of it. */
export function sourcePage(path: string): Page {
  const folder = statSync(join(ROOT, path)).isDirectory()
  const text = folder
    ? `# ${path}\n\n${globSync('*', { cwd: join(ROOT, path) })
        .toSorted()
        .map(name => `- \`${name}\``)
        .join('\n')}\n`
    : `# ${path}\n\n\`\`\`\`\n${read(path)}\`\`\`\`\n`
  return { source: path, url: `source/${path}.html`, word: path, group: '', text }
}

/** Where a link of a page leads: a path of the repository, its README when that is a folder. */
export function targetOf(from: string, link: string): string {
  const path = join(dirname(from), decodeURIComponent(link)).replace(/[/\\]$/, '')
  if (!existsSync(join(ROOT, path))) throw new Error(`${from} links to ${link}, which is not there`)
  const readme = join(path, 'README.md')
  return existsSync(join(ROOT, readme)) ? readme : path
}
