/** Why a key is not taken, and why not given up. */
export const refusals = {
  malformed: { code: 'passkey.malformed', says: 'passkey.refused', status: 400 },
  challenge: { code: 'passkey.unknown_challenge', says: 'passkey.refused', status: 401 },
  unverified: { code: 'passkey.not_verified', says: 'passkey.refused', status: 401 },
  /** The browser may then be told to forget it (WebAuthn signal API). */
  unknown: { code: 'passkey.unknown_credential', says: 'passkey.unknown', status: 401 },
  otherAccount: { code: 'passkey.other_account', says: 'passkey.refused', status: 401 },
  cloned: { code: 'passkey.counter_went_back', says: 'passkey.refused', status: 401 },
  disabled: { code: 'passkey.account_disabled', says: 'passkey.refused', status: 401 },
  taken: { code: 'passkey.taken', says: 'passkey.refused', status: 409 },
  tooMany: { code: 'passkey.too_many', says: 'passkey.too_many', status: 422 },
  absent: { code: 'passkey.absent', says: 'access.not_found', status: 404 },
  /** The same key says of itself what a key cannot change: then it is another. */
  eligibility: { code: 'passkey.eligibility_changed', says: 'passkey.refused', status: 401 },
  /** No password, no provider: without this key its person is out for good. */
  lastWay: { code: 'passkey.last_way_in', says: 'passkey.last_way_in', status: 409 },
  lastRequired: { code: 'passkey.last_required', says: 'factor.last_required', status: 409 },
} as const
