/** Names of the keys of one session and one account. What a script needs together shares a hash tag. */
export interface SessionKeys {
  session(idHash: string): string
  /** The account's sessions, by their absolute end. */
  ofAccount(accountId: string): string
  /** Versions of the account under which sessions may no longer begin, or have been ended. */
  gate(accountId: string): string
  /** One of sixteen indexes of ends, for counting and pruning only. */
  ends(idHash: string): string
  readonly allEnds: readonly string[]
}

const SHARDS = 16

export function sessionKeys(prefix: string): SessionKeys {
  const shard = (number: number): string => `${prefix}:e:{${number}}`
  return {
    session: idHash => `${prefix}:s:{${idHash}}`,
    ofAccount: accountId => `${prefix}:a:{${accountId}}`,
    gate: accountId => `${prefix}:g:{${accountId}}`,
    ends: idHash => shard(idHash.charCodeAt(idHash.length - 1) % SHARDS),
    allEnds: Array.from({ length: SHARDS }, (_, number) => shard(number)),
  }
}
