import { constants } from 'node:fs'
import { access, type FileHandle, lstat, open } from 'node:fs/promises'
import { join } from 'node:path'
import { granted, type Outcome, refused } from '../../../kernel/outcome.ts'
import type { Refusal } from '../../../kernel/refusal.ts'
import { because, refusals } from '../refusals.ts'
import { judgePath } from './path.ts'

/** `read` opens a regular file that is there; `create` makes one that is not. */
export type OpenMode = 'read' | 'create'

export interface OpenedFile {
  readonly handle: FileHandle
  /** Below the base, in NFC, with `/`. */
  readonly path: string
}

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NONBLOCK } = constants
// Windows has none of these; there the look at every segment decides.
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0
const O_DIRECTORY = constants.O_DIRECTORY ?? 0
const FILE_MODE = 0o600
const LOOKS = 3
const DESCRIPTORS = '/proc/self/fd'

/** What opens a path below a folder, segment by segment. */
type Descent = (
  base: string,
  segments: readonly string[],
  mode: OpenMode,
) => Promise<Outcome<FileHandle>>

/**
 * Opens a file below `base` by a name that somebody sent. No link is followed below `base` (which
 * may be one itself: it is configured, not sent), whatever changes on the disk meanwhile.
 *
 * @returns `uploads.name`, `uploads.link`, `uploads.not_a_file`, `uploads.absent`, `uploads.exists`;
 *   the caller closes the handle
 * @see ASVS 5.3.2, 5.3.3
 */
export async function openWithin(
  base: string,
  name: string,
  mode: OpenMode = 'read',
  descend?: Descent,
): Promise<Outcome<OpenedFile>> {
  const segments = judgePath(name)
  if (!segments.ok) return segments
  const way = descend ?? ((await hasDescriptors()) ? descendByDescriptor : descendByLooking)
  try {
    const opened = await way(base, segments.value, mode)
    return opened.ok ? granted({ handle: opened.value, path: segments.value.join('/') }) : opened
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    return refused(refusal)
  }
}

async function hasDescriptors(): Promise<boolean> {
  return access(DESCRIPTORS).then(
    () => true,
    () => false,
  )
}

/**
 * Linux: each segment is opened through the descriptor of the folder before it, so that a folder
 * exchanged in between is simply not on the way any more. What openat(2) does, without native code.
 */
export async function descendByDescriptor(
  base: string,
  segments: readonly string[],
  mode: OpenMode,
): Promise<Outcome<FileHandle>> {
  let folder = await open(base, O_RDONLY | O_DIRECTORY)
  try {
    for (const segment of segments.slice(0, -1)) {
      const next = await open(
        `${DESCRIPTORS}/${folder.fd}/${segment}`,
        O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
      )
      await folder.close()
      folder = next
    }
    return await openLast(`${DESCRIPTORS}/${folder.fd}/${segments.at(-1)}`, mode)
  } finally {
    await folder.close()
  }
}

/**
 * Elsewhere: every folder is looked at before and after the file is opened and must be the same
 * folder, no link, each time; and the path must still lead to the file that was opened.
 */
export async function descendByLooking(
  base: string,
  segments: readonly string[],
  mode: OpenMode,
): Promise<Outcome<FileHandle>> {
  const folders = segments.slice(0, -1).map((_, i) => join(base, ...segments.slice(0, i + 1)))
  const path = join(base, ...segments)
  const before = await identities(folders)
  if (!before.ok) return before
  // Decision: looking is not opening. Who can write below `base` and exchanges a folder several times
  // between our looks, each time at the right moment, gets through; on Linux nobody does.
  // Cost: systems without /proc, and only where strangers can already rename our folders.
  const opened = await openLast(path, mode)
  if (!opened.ok) return opened
  try {
    for (let look = 0; look < LOOKS; look++) {
      const there = await lstat(path, { bigint: true })
      const ours = await opened.value.stat({ bigint: true })
      const after = await identities(folders)
      const same = after.ok && after.value.join() === before.value.join()
      if (!same || there.ino !== ours.ino || there.dev !== ours.dev) break
      if (look === LOOKS - 1) return opened
    }
  } catch {
    // A folder that was there is not: what stands below says so.
  }
  await opened.value.close()
  return refused(because(refusals.link, 'a folder changed while the file was opened'))
}

async function identities(folders: readonly string[]): Promise<Outcome<readonly string[]>> {
  const found: string[] = []
  for (const folder of folders) {
    const { dev, ino, ...stats } = await lstat(folder, { bigint: true })
    if ((stats.mode & 0o170000n) !== 0o040000n) {
      return refused(because(refusals.link, 'a folder on the way is a link or no folder'))
    }
    found.push(`${dev}:${ino}`)
  }
  return granted(found)
}

/** The last segment: never through a link, never a pipe or device, whose opening could wait. */
async function openLast(path: string, mode: OpenMode): Promise<Outcome<FileHandle>> {
  const flags =
    mode === 'create'
      ? O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
      : O_RDONLY | O_NOFOLLOW | (O_NONBLOCK ?? 0)
  if (O_NOFOLLOW === 0 && mode === 'read' && (await lstat(path)).isSymbolicLink()) {
    return refused(because(refusals.link, 'the file is a link'))
  }
  const handle = await open(path, flags, FILE_MODE)
  if ((await handle.stat()).isFile()) return granted(handle)
  await handle.close()
  return refused(because(refusals.notAFile, 'not a regular file'))
}

/** What the operating system says when a path is not what it should be. */
function refusalOf(error: unknown): Refusal | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ELOOP':
      return because(refusals.link, 'a link')
    case 'ENOTDIR':
      return because(refusals.link, 'a folder on the way is a link or no folder')
    case 'ENOENT':
      return refusals.absent
    case 'EEXIST':
      return refusals.exists
    case 'EISDIR':
    case 'ENXIO':
      return because(refusals.notAFile, 'not a regular file')
    case 'ENAMETOOLONG':
    case 'EINVAL':
      return because(refusals.name, 'a name that this disk does not take')
    default:
      return undefined
  }
}
