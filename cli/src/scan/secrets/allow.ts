import type { Suppression } from '../../output/finding.ts'

/** A reason shorter than this is none. */
const MIN_REASON = 8

const ALLOW = /bulwark-allow:[ \t]*(.*?)[ \t]*(?:\*\/|-->|\})?[ \t]*$/

/**
 * The reason somebody wrote on the line or on the one above it, when there is one that can be read.
 *
 * @param line counted from 1
 */
export function allowedAt(lines: readonly string[], line: number): Suppression | undefined {
  for (const text of [lines[line - 1], lines[line - 2]]) {
    const reason = ALLOW.exec(text ?? '')?.[1]
    if (reason !== undefined && reason.length >= MIN_REASON) return { reason }
  }
  return undefined
}
