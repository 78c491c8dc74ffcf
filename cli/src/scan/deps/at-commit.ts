import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Lockfile } from '../lockfiles/lockfile.ts'
import { type Project, readLockfile } from '../lockfiles/project.ts'

const run = promisify(execFile)

const MAX_BYTES = 256 * 1024 * 1024

/** The same lockfile as it stood at a commit, or one sentence on why it cannot be had. */
export async function atCommit(
  project: Project,
  lockfile: Lockfile,
  commit: string,
): Promise<Lockfile | string> {
  // A commit that begins with a dash would be read as an option of git.
  if (commit.startsWith('-')) return `--since ${commit} is no commit`
  try {
    const { stdout } = await run('git', ['show', `${commit}:./${lockfile.file}`], {
      cwd: project.folder,
      maxBuffer: MAX_BYTES,
    })
    return readLockfile(project, lockfile.file, stdout)
  } catch {
    return `${lockfile.file} cannot be read at ${commit}`
  }
}
