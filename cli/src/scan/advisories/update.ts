import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { EXIT, type Exit, type Terminal } from '../../command.ts'
import { reason, upTo, where } from './fetched.ts'
import { indexOf } from './osv.ts'
import { openZip } from './zip.ts'

const MAX_BYTES = 2 * 1024 ** 3 - 1
const MINUTES = 10

/**
 * Downloads the zip of all npm advisories into `folder`, in the layout that `--offline` and
 * osv-scanner look for, and makes its index. The old one stays until the new one is whole.
 */
export async function updateDatabase(
  url: string,
  folder: string,
  terminal: Terminal,
): Promise<Exit> {
  const target = join(folder, 'npm', 'all.zip')
  const fresh = `${target}.new`
  try {
    const signal = AbortSignal.any([terminal.signal, AbortSignal.timeout(MINUTES * 60_000)])
    const answer = await fetch(url, { signal })
    if (!answer.ok) throw new RangeError(`answered ${answer.status}`)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(fresh, await upTo(answer, MAX_BYTES))
    const { advisories, packages } = looked(fresh)
    renameSync(fresh, target)
    renameSync(`${fresh}.index`, `${target}.index`)
    terminal.out(`${target}: ${advisories} advisories for ${packages} packages\n`)
    return EXIT.clean
  } catch (error) {
    for (const left of [fresh, `${fresh}.index`]) rmSync(left, { force: true })
    terminal.err(`bulwark scan deps --db-update: ${where(url)} ${reason(error)}\n`)
    return EXIT.failed
  }
}

/** Reads every document once, which is also how the index is made. */
function looked(path: string): { advisories: number; packages: number } {
  const zip = openZip(path)
  try {
    return { advisories: zip.entries.length, packages: indexOf(path, zip).size }
  } finally {
    zip.close()
  }
}
