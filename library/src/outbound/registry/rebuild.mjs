// Writes special-purpose.ts from the two CSV files beside this one. To follow the registries:
//   1. Save iana-ipv4-special-registry-1.csv and iana-ipv6-special-registry-1.csv here, from
//      https://www.iana.org/assignments/iana-ipv4-special-registry/ and …/iana-ipv6-special-registry/
//   2. node library/src/outbound/registry/rebuild.mjs
//   3. Read the diff, and give each changed row a refused and an allowed case in own-cases.corpus.json.
// Another folder with the two files may be named; `--print` writes to standard output instead.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  options: { print: { type: 'boolean' } },
  allowPositionals: true,
})
const folder = positionals[0] ?? import.meta.dirname
const table = `// Written by rebuild.mjs from the IANA special-purpose registries. Do not edit.

/** One row: block, whether the registry says it is globally reachable, name. */
export type Row = readonly [block: string, reachable: boolean, name: string]

export const SPECIAL_IPV4: readonly Row[] = [
${rows('iana-ipv4-special-registry-1.csv').join('\n')}
]

export const SPECIAL_IPV6: readonly Row[] = [
${rows('iana-ipv6-special-registry-1.csv').join('\n')}
]
`
if (values.print) process.stdout.write(table)
else writeFileSync(join(import.meta.dirname, 'special-purpose.ts'), table)

/** The lines of the table that one registry gives. */
function rows(file) {
  const [header, ...records] = readCsv(readFileSync(join(folder, file), 'utf8'))
  const [block, name, reachable] = ['Address Block', 'Name', 'Globally Reachable'].map(wanted => {
    const at = header.indexOf(wanted)
    if (at === -1) throw new Error(`${file} has no column ${wanted}`)
    return at
  })
  return records.flatMap(record =>
    // One cell may name two blocks. Only a plain True is reachable: N/A and blank cells are not.
    plain(record[block])
      .split(', ')
      .map(
        cidr => `  ['${cidr}', ${plain(record[reachable]) === 'True'}, ${quoted(record[name])}],`,
      ),
  )
}

/** A cell without its footnote marks and line breaks. */
function plain(cell) {
  return cell
    .replace(/\s*\[\d+\]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}

function quoted(cell) {
  return `'${plain(cell).replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** RFC 4180: a quoted cell may hold commas, line breaks and doubled quotes. */
function readCsv(text) {
  const all = []
  let row = []
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text)
    if (match === null) throw new Error('a registry file is not CSV')
    row.push(match[1]?.replaceAll('""', '"') ?? match[2])
    if (match[3] === ',') continue
    all.push(row)
    row = []
  }
  return all
}
