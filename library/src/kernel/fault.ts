/** Something was wired wrongly. Thrown at start; names the option and what to write instead. */
export class ConfigFault extends Error {
  override readonly name = 'ConfigFault'
  /** The option's path as the user wrote it, such as `session.idleSeconds`. */
  readonly option: string

  constructor(option: string, message: string) {
    super(`${option}: ${message}`)
    this.option = option
  }
}

/** A store failed or is out of reach. During a request it answers 503 and lets nobody in. */
export class StoreFault extends Error {
  override readonly name = 'StoreFault'
  /** The verb that failed, such as `sessions.find`. */
  readonly verb: string

  constructor(verb: string, cause: unknown) {
    super(`store failed in ${verb}`, { cause })
    this.verb = verb
  }
}
