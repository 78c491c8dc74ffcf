import type { AuditRequest } from '../../audit/event.ts'
import type { RefreshRecord } from '../../store/port/refresh-tokens.ts'
import { CODE_MS, type Grant, type OAuthGround } from './ground.ts'

interface Allowed {
  readonly scope: readonly string[]
  readonly resource: readonly string[]
}

/** A client that may act for a person, as the person sees it. */
export interface ListedGrant {
  readonly clientId: string
  readonly scope: readonly string[]
  /** ISO 8601. */
  readonly since: string
  /** How many of its sign-ins are alive. */
  readonly alive: number
}

/** What people have allowed to whom. */
export interface Consents {
  covers(accountId: string, clientId: string, wanted: Allowed): Promise<boolean>
  remember(accountId: string, clientId: string, allowed: Allowed): Promise<void>
  list(accountId: string): Promise<readonly ListedGrant[]>
  /** Takes the permission and every token back. False when there was none. */
  revoke(accountId: string, clientId: string, request: AuditRequest): Promise<boolean>
}

const KIND = 'oauth-consent'

export function consents(ground: OAuthGround): Consents {
  const { credentials, refreshTokens } = ground.stores
  const handleOf = (accountId: string, clientId: string): string => `${accountId} ${clientId}`
  const find = (accountId: string, clientId: string) =>
    credentials.byHandle(KIND, handleOf(accountId, clientId))

  return {
    async covers(accountId, clientId, { scope, resource }) {
      const kept = await find(accountId, clientId)
      if (kept === undefined) return false
      const before = JSON.parse(kept.data) as Allowed
      return (
        scope.every(word => before.scope.includes(word)) &&
        resource.every(one => before.resource.includes(one))
      )
    },
    async remember(accountId, clientId, { scope, resource }) {
      const kept = await find(accountId, clientId)
      const before = kept === undefined ? undefined : (JSON.parse(kept.data) as Allowed)
      const union = (a: readonly string[], b: readonly string[] = []) => [...new Set([...b, ...a])]
      const data = JSON.stringify({
        scope: union(scope, before?.scope),
        resource: union(resource, before?.resource),
      } satisfies Allowed)
      const usedAt = ground.clock()
      if (kept !== undefined) {
        await credentials.update(kept.id, { data, usedAt })
        return
      }
      await credentials.add([
        {
          id: ground.random.uuid(),
          accountId,
          kind: KIND,
          handle: handleOf(accountId, clientId),
          data,
          mark: 0,
          confirmed: true,
          createdAt: usedAt,
          lastUsedAt: usedAt,
        },
      ])
    },
    async list(accountId) {
      const kept = await credentials.ofAccount(accountId, KIND)
      const alive = (await refreshTokens.ofAccount(accountId, ground.clock())).filter(isGrant)
      const listed = new Map<string, ListedGrant>()
      for (const { handle, data, createdAt } of kept) {
        const clientId = handle.slice(handle.indexOf(' ') + 1)
        const { scope } = JSON.parse(data) as Allowed
        const since = new Date(createdAt).toISOString()
        listed.set(clientId, { clientId, scope, since, alive: 0 })
      }
      for (const { clientId = '', data, issuedAt } of alive) {
        const { scope } = JSON.parse(data) as Grant
        const since = new Date(issuedAt).toISOString()
        const before = listed.get(clientId) ?? { clientId, scope, since, alive: 0 }
        listed.set(clientId, { ...before, alive: before.alive + 1 })
      }
      return [...listed.values()]
    },
    async revoke(accountId, clientId, request) {
      const event = ground.entry({
        code: 'oauth.token_revoked',
        outcome: 'success',
        actorId: accountId,
        request,
        detail: { client: clientId },
      })
      const kept = await find(accountId, clientId)
      // The permission first: a client that comes back meanwhile has to ask.
      const removed = kept !== undefined && (await credentials.remove(accountId, kept.id))
      const ended = await refreshTokens.revokeAll(accountId, clientId, { events: [event] })
      return removed || ended > 0
    },
  }
}

/** A client's family whose code has been redeemed: a pending code lives a minute at most. */
function isGrant(record: RefreshRecord): boolean {
  return record.clientId !== undefined && record.expiresAt - record.issuedAt > CODE_MS
}
