/** What decides between ready-made variants of a policy. An adapter's own context object will do. */
export interface Circumstances {
  /** Incoming.secure: Strict-Transport-Security is sent only then. */
  readonly secure: boolean
  /** Whether the answer belongs to somebody: it is then `no-store`. */
  readonly signedIn: boolean
}

/** Flat arrays of names and values in turn, ready for `writeHead`; never change them. */
export interface HeaderPolicies {
  /** JSON and everything that is no document. */
  api(circumstances: Circumstances): readonly string[]
  /** Documents. `nonce` from `Random.bytes(16)` as base64. */
  page(nonce: string, circumstances: Circumstances): readonly string[]
  /** Login, consent, reset: as page, with no-referrer and no-store. */
  sensitivePage(nonce: string, circumstances: Circumstances): readonly string[]
  /** Static files that anybody may have. */
  asset(circumstances: Circumstances): readonly string[]
  /** Files that users uploaded: sandboxed, never rendered. */
  download(circumstances: Circumstances): readonly string[]
  /** Comes on top at sign-out. */
  readonly signOut: readonly string[]
  /** Fields to take away from every answer. */
  readonly removed: readonly string[]
}

// biome-ignore lint/suspicious/noEmptyInterface: filled in the next commit
export interface HeadersOptions {}

export declare function headers(options?: HeadersOptions): HeaderPolicies
