import { SEVERITIES } from '../../output/finding.ts'
import { assignmentHits } from './assignment.ts'
import { decodedHits } from './encoded.ts'
import { formatHits } from './formats.ts'
import { handedHits } from './handed-over.ts'
import type { Detector, Hit, Passage } from './hit.ts'
import { jwtDetector } from './jwt.ts'
import { privateKeyHits } from './private-keys.ts'
import { secretlintHits } from './secretlint.ts'
import { urlPasswordHits } from './url-passwords.ts'

/** Looks for every kind of secret in one text. Overlapping hits count once, as the most exact. */
export type Detect = (passage: Passage) => Promise<Hit[]>

export function detector(now: number): Detect {
  const jwtHits = jwtDetector(now)
  const plain: readonly Detector[] = [formatHits, privateKeyHits, jwtHits, urlPasswordHits]
  const all: readonly Detector[] = [...plain, handedHits, assignmentHits, decodedHits(plain)]
  return async passage => {
    const exact = all.flatMap(detect => [...detect(passage)])
    return distinct([...exact, ...(await secretlintHits(passage))])
  }
}

/** The first detector that claims a place keeps it; the worst severity said of it stays. */
function distinct(hits: readonly Hit[]): Hit[] {
  const kept: Hit[] = []
  for (const hit of hits) {
    const at = kept.findIndex(each => each.from < hit.to && hit.from < each.to)
    const known = kept[at]
    if (known === undefined) kept.push(hit)
    else if (rank(hit) < rank(known) && hit.rule === known.rule)
      kept[at] = { ...known, severity: hit.severity }
  }
  return kept.sort((a, b) => a.from - b.from)
}

function rank(hit: Hit): number {
  return SEVERITIES.indexOf(hit.severity)
}
