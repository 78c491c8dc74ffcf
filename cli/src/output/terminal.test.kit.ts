import type { Terminal } from '../command.ts'

/** A terminal that remembers what was written to it. */
export interface Recorder extends Terminal {
  readonly stdout: () => string
  readonly stderr: () => string
}

export function recorder(
  cwd: string,
  given: { input?: string; env?: Readonly<Record<string, string>>; interactive?: boolean } = {},
): Recorder {
  const out: string[] = []
  const err: string[] = []
  return {
    out: text => void out.push(text),
    err: text => void err.push(text),
    input: (async function* () {
      yield Buffer.from(given.input ?? '')
    })(),
    env: { HOME: cwd, ...given.env },
    cwd,
    interactive: given.interactive ?? false,
    signal: new AbortController().signal,
    stdout: () => out.join(''),
    stderr: () => err.join(''),
  }
}
