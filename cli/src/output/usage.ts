import { type ParseArgsConfig, parseArgs } from 'node:util'
import { EXIT, type Exit, type Terminal } from '../command.ts'

/** The command line was wrong. Says what to write instead; becomes exit status 2. */
export class Usage extends Error {
  override readonly name = 'Usage'
}

/**
 * `parseArgs`, strict.
 *
 * @throws {Usage} for an option that is unknown, lacks its value, or has one too many
 */
export function parsed<const T extends ParseArgsConfig>(
  config: T,
): ReturnType<typeof parseArgs<T & { strict: true }>> {
  try {
    return parseArgs({ ...config, strict: true })
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : String(error))
  }
}

/** Runs a command's body; a wrong command line is told in one line. */
export async function usageTold(
  name: string,
  terminal: Terminal,
  body: () => Promise<Exit>,
): Promise<Exit> {
  try {
    return await body()
  } catch (error) {
    if (!(error instanceof Usage)) throw error
    terminal.err(`bulwark ${name}: ${error.message}\nbulwark ${name} --help shows how.\n`)
    return EXIT.usage
  }
}
