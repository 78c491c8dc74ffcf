import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../package.test.kit.ts'

/** A fenced block of a page. */
export interface Block {
  readonly page: string
  readonly language: string
  /** What stands behind the language: a file's name, or what the block is for. */
  readonly label: string
  readonly text: string
}

/** Every page that strangers read, below the root. */
export function pageNames(): readonly string[] {
  const guides = globSync('docs/{*,reference/*}.md', { cwd: ROOT })
  const folders = globSync('library/src/**/README.md', { cwd: ROOT })
  return [
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'CHANGELOG.md',
    'examples/README.md',
    'create-bulwark/README.md',
    ...guides,
    ...folders,
  ]
}

export function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', label = '', inner = '']) => ({ page, language, label, text: inner }),
  )
}

/** Where the links of a page lead, without code; only those inside the repository. */
export function linksOf(page: string): readonly string[] {
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll(
    /^```[\s\S]*?^```$|`[^`\n]*`/gm,
    '',
  )
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter(target => !/^[a-z]+:/.test(target))
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map(heading =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}
