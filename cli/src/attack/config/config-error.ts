/** The command line or the config is wrong: exit status 2, and the message says what to write. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
