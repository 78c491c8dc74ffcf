/** One mail, ready to go. `to` is canonical (see `canonicalEmail`), the rest is ours. */
export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Stays the same when the mail is tried again, so that a receiver can drop the second copy. */
  readonly id: string
}

/** Something that sends mail. Rejects when it may be tried again later. */
export interface Mailer {
  readonly kind: string
  send(mail: Mail): Promise<void>
}
