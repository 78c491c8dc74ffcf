import type { Detector, Hit, Passage } from './hit.ts'

// Every fourth character of encoded ASCII text is one of these: words and random bytes soon differ.
const RUN =
  /(?<![A-Za-z0-9+/_-])(?:[CDI-Za-f][A-Za-z0-9+/_-]{3}){10,2048}[A-Za-z0-9+/_-]{0,3}={0,2}(?![A-Za-z0-9+/_=-])/g

/** Base64 is no protection: what decodes to text is looked into, one level deep. */
export function decodedHits(detectors: readonly Detector[]): Detector {
  return function* (passage: Passage): Generator<Hit> {
    for (const match of passage.text.matchAll(RUN)) {
      const inner = textIn(match[0])
      if (inner === undefined) continue
      for (const detector of detectors) {
        for (const hit of detector({ text: inner, path: passage.path })) {
          const kind = `${hit.kind}, in base64`
          yield { ...hit, kind, from: match.index, to: match.index + match[0].length }
        }
      }
    }
  }
}

/** The text a run of base64 holds; random bytes are no text, and most runs are random bytes. */
function textIn(run: string): string | undefined {
  const head = Buffer.from(run.slice(0, 32), 'base64')
  if (!isText(head.toString('latin1'))) return undefined
  const text = Buffer.from(run, 'base64').toString('latin1')
  return isText(text) ? text : undefined
}

function isText(text: string): boolean {
  return text.length > 0 && /^[\t\n\r\x20-\x7e]*$/.test(text)
}
