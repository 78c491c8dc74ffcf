import type { Credential } from '../../store/port/credentials.ts'

/** A passkey as its owner sees it. */
export interface ListedPasskey {
  readonly id: string
  /** What the browser knows it by, for the signal API. */
  readonly credentialId: string
  readonly name: string
  /** Whether it is kept beyond one device, as the authenticator says. */
  readonly backedUp: boolean
  readonly createdAt: string
  readonly lastUsedAt: string | null
}

/** What is kept of a passkey; `data` of its credential. */
export interface Kept {
  readonly name: string
  /** COSE key, base64url. */
  readonly publicKey: string
  readonly transports: readonly string[]
  readonly backupEligible: boolean
  readonly backedUp: boolean
}

export function keptOf(credential: Credential): Kept {
  return JSON.parse(credential.data) as Kept
}

export function listed(credential: Credential): ListedPasskey {
  const { name, backedUp } = keptOf(credential)
  const { id, createdAt, lastUsedAt } = credential
  return {
    id,
    credentialId: credential.handle,
    name,
    backedUp,
    createdAt: new Date(createdAt).toISOString(),
    lastUsedAt: lastUsedAt === undefined ? null : new Date(lastUsedAt).toISOString(),
  }
}
