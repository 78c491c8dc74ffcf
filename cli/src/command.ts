/** Exit statuses of every command (documented in the contract). */
export const EXIT = { clean: 0, findings: 1, usage: 2, failed: 3 } as const

export type Exit = (typeof EXIT)[keyof typeof EXIT]

/** Where a command reads and writes; passed in, so that a test needs no process. */
export interface Terminal {
  /** Writes to standard output, as is. */
  out(text: string): void
  /** Writes to standard error, as is. */
  err(text: string): void
  /** Standard input. */
  readonly input: AsyncIterable<Uint8Array>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Whether a person is looking: colours and progress only then. */
  readonly interactive: boolean
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

/** One command of `bulwark`. Its folder bears its name. */
export interface Command {
  readonly name: string
  /** One line for the overview. */
  readonly summary: string
  /** What `--help` prints: usage, options, one example. */
  readonly help: string
  run(args: readonly string[], terminal: Terminal): Promise<Exit>
}
