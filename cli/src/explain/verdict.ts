import { EXIT, type Exit, type Terminal } from '../command.ts'
import { lines } from './lines.ts'

/** One answer: what a policy decides, and why. */
export interface Verdict {
  readonly verdict: 'allow' | 'refuse'
  readonly code: string
  readonly why: string
  readonly [more: string]: unknown
}

/** Prints one answer, for a person or as a line of JSON. */
export function told(verdict: Verdict, json: boolean, terminal: Terminal): Exit {
  const { verdict: word, code, why } = verdict
  const indent = ' '.repeat(word.length + 2)
  terminal.out(json ? `${JSON.stringify(verdict)}\n` : `${word}  ${code}\n${indent}${why}\n`)
  return word === 'allow' ? EXIT.clean : EXIT.findings
}

/**
 * Answers a line of JSON for each line of JSON on standard input, in order. A line that is no
 * question has an answer too, so that answers and questions stay side by side; it makes the exit
 * status 2.
 */
export async function batch(
  terminal: Terminal,
  answer: (question: Readonly<Record<string, unknown>>) => Verdict | Promise<Verdict>,
): Promise<Exit> {
  let exit: Exit = EXIT.clean
  for await (const line of lines(terminal.input)) {
    if (line.trim() === '') continue
    if (terminal.signal.aborted) return EXIT.failed
    const question = objectIn(line)
    if (question === undefined) exit = EXIT.usage
    const verdict = question === undefined ? undefined : await answer(question)
    terminal.out(`${JSON.stringify(verdict ?? NO_QUESTION)}\n`)
    if (verdict?.code === NO_QUESTION.code) exit = EXIT.usage
  }
  return exit
}

const NO_QUESTION: Verdict = {
  verdict: 'refuse',
  code: 'explain.line',
  why: 'a line is one JSON object',
}

/** The answer to a line whose members are not what they should be. */
export function misasked(why: string): Verdict {
  return { ...NO_QUESTION, why }
}

/** All of standard input as text. */
export async function standardInput(terminal: Terminal): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of terminal.input) parts.push(part)
  return Buffer.concat(parts)
}

function objectIn(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
