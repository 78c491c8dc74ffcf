import type { Rule, Severity } from '../../output/finding.ts'

/** A secret found in a text. Lives only until it is masked; never printed. */
export interface Hit {
  readonly rule: Rule
  readonly severity: Severity
  /** What kind of secret, for a person: `GitHub token`. */
  readonly kind: string
  /** Half-open range of UTF-16 units of the value in the text. */
  readonly from: number
  readonly to: number
  readonly value: string
}

/** A text and where it stood, as the detectors see it. */
export interface Passage {
  readonly text: string
  /** With forward slashes; decides which language's literals are looked for. */
  readonly path: string
}

/** Something that looks for one family of secrets. */
export type Detector = (passage: Passage) => Iterable<Hit>

const TEST_PATH =
  /(?:^|\/)(?:tests?|testing|__tests__|__mocks__|__fixtures__|fixtures?|specs?|examples?|samples?|mocks?|demos?|e2e|test-?data|testdata|benchmarks?|bench|weak|vulnerable)\/|[._-](?:test|spec|mock|stories|example|sample|template|tmpl|corpus)\b|\.(?:dist|tpl)$/i

const PROSE =
  /(?:^|\/)docs?\/|(?:^|\/)(?:readme|changelog|changes|history|licen[cs]e|notice|authors)[^/]*$|\.(?:md|mdx|markdown|rst|adoc|svg|d\.[mc]?ts|map)$/i

/**
 * Whether values here are most likely made up: tests, samples, prose and services weak on purpose. Only secrets of an
 * unmistakable format are looked for there.
 */
export function isMadeUp(path: string): boolean {
  return TEST_PATH.test(path) || PROSE.test(path)
}
