import { granted, type Outcome, refused } from '../../kernel/outcome.ts'
import type { Along } from '../../store/port/along.ts'
import type { Credential } from '../../store/port/credentials.ts'
import type { ProvenFactor } from '../../store/port/sessions.ts'
import { PASSKEY } from '../factors/state.ts'
import type { Ground, Visit } from '../ground.ts'
import type { Asserted, Ceremonies, PasskeyResponse } from './ceremonies.ts'
import type { Ceremony, Challenges } from './challenges.ts'
import { keptOf } from './kept.ts'
import { refusals } from './refusals.ts'

/** A key that was shown, and what its authenticator said. */
export interface Shown {
  readonly credential: Credential
  readonly result: Asserted
}

/** A passkey that verified its user is two factors in one (NIST SP 800-63B-4 §2.2.1). */
export function factorsAt(
  at: number,
  verified: boolean,
): readonly [ProvenFactor, ...ProvenFactor[]] {
  return verified
    ? [
        { factor: 'hwk', at },
        { factor: 'user', at },
      ]
    : [{ factor: 'hwk', at }]
}

/** That a key is synced from now on, or no longer, is no reason to refuse it (NIST B.3), but is told. */
function backupChanged(
  ground: Ground,
  visit: Visit,
  { accountId, id }: Credential,
  { backedUp }: Asserted,
): Along {
  return {
    events: [
      ground.entry({
        code: 'passkey.backup_changed',
        outcome: 'success',
        actorId: accountId,
        targetId: id,
        request: visit.request,
        detail: { backedUp },
      }),
    ],
  }
}

/** Judges answers: whose key it is that signed, for this ceremony, once. */
export function proving(
  ground: Ground,
  verifier: Ceremonies,
  asked: Challenges,
): (
  visit: Visit,
  ceremony: Ceremony,
  response: PasskeyResponse,
  browser: string | undefined,
) => Promise<Outcome<Shown>> {
  const { credentials } = ground.stores
  return async (visit, ceremony, response, browser) => {
    const challenge = verifier.challengeOf(response)
    if (challenge === undefined) return refused(refusals.malformed)
    const issued = await asked.redeem(ceremony, challenge, browser)
    if (issued === undefined) return refused(refusals.challenge)
    const credential = await credentials.byHandle(PASSKEY, response.id)
    if (credential === undefined) return refused(refusals.unknown)
    if (issued.accountId !== undefined && issued.accountId !== credential.accountId) {
      return refused(refusals.otherAccount)
    }
    const kept = keptOf(credential)
    const result = await verifier.verifyAssertion(
      response,
      challenge,
      { id: credential.handle, publicKey: kept.publicKey, transports: kept.transports },
      { userVerification: ceremony !== 'factor' },
    )
    if (result === undefined) return refused(refusals.unverified)
    if (result.backupEligible !== kept.backupEligible) return refused(refusals.eligibility)
    if (result.userHandle !== undefined && result.userHandle !== credential.accountId) {
      return refused(refusals.otherAccount)
    }
    const now = ground.clock()
    const data = JSON.stringify({ ...kept, backedUp: result.backedUp })
    // Decision: a counter that does not grow where one is kept means two copies of one key; it is
    // refused and the log says so. Cost: who has such an authenticator uses another way in.
    const along =
      result.backedUp === kept.backedUp ? {} : backupChanged(ground, visit, credential, result)
    const used =
      result.counter === 0 && credential.mark === 0
        ? await credentials.update(credential.id, { usedAt: now, data }, along)
        : await credentials.advance(credential.id, result.counter, now, { data }, along)
    return used ? granted({ credential, result }) : refused(refusals.cloned)
  }
}
