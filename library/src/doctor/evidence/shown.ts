/** What shows that a requirement is met: the option, the check that warns when it is undone, a test. */
export interface Evidence {
  readonly option: string
  readonly check?: string
  /** From the root of the repository. */
  readonly file: string
  /** The name of a test that the file makes; `…` stands for what a row of a table fills in. */
  readonly test: string
  /** `test` is what a row of a table in `file` says; the names of its tests hold it. */
  readonly row?: true
  /** The attack in that test that has to pass. */
  readonly attack?: string
  /** What is shown belongs to the reference service, such as its pages; elsewhere it is the application's duty. */
  readonly of?: 'reference'
  /** How it is met, where that is not what was planned. */
  readonly how?: string
}

export type Evidences = Readonly<Record<string, Evidence>>

type More = Pick<Evidence, 'check' | 'of' | 'how'>

/** A test of the library or of the command line. */
export function shown(option: string, file: string, test: string, more: More = {}): Evidence {
  return { option, file, test, ...more }
}

/** A row of a table of tests. */
export function rowed(option: string, file: string, words: string, more: More = {}): Evidence {
  return { option, file, test: words, row: true, ...more }
}

/** The test that attacks the running reference service, and the attack that it withstands there. */
export const ATTACKED = {
  file: 'cli/src/attack/reference.test.ts',
  test: 'the reference service withstands every attack that its config names',
} as const

export function attacked(option: string, attack: string, more: More = {}): Evidence {
  return { option, ...ATTACKED, attack, ...more }
}
