/** Something that proved who somebody was, and proves it no longer. */
export interface Ended {
  readonly headers: Readonly<Record<string, string>>
  readonly how: string
  /** When its end was acknowledged. */
  readonly at: number
}

/** Everything that the service acknowledged, so that it can be held to it. */
export class Ledger {
  readonly orders: Set<string> = new Set()
  readonly registered: Set<string> = new Set()
  readonly verified: Set<string> = new Set()
  /** The password that each newcomer has by the last acknowledged change. */
  readonly passwords: Map<string, string> = new Map()
  readonly ended: Ended[] = []
  /** Refresh tokens that were exchanged. */
  readonly spentRefresh: string[] = []
  /** One-time tokens that were redeemed: the page, and the token. */
  readonly spentLinks: (readonly [path: string, token: string])[] = []
  /** Events that must stand in the audit log at least so often. */
  readonly events: Map<string, number> = new Map()
  /** Promises that were broken. */
  readonly broken: string[] = []
  sessions = 0
  /** Sessions that were acknowledged and then not known, though nobody ended them. */
  forgotten = 0

  event(code: string): void {
    this.events.set(code, (this.events.get(code) ?? 0) + 1)
  }

  end(headers: Readonly<Record<string, string>>, how: string): void {
    this.ended.push({ headers, how, at: performance.now() })
  }
}
