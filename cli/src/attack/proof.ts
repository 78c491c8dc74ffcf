import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Terminal } from '../command.ts'
import { ConfigError } from './config/config-error.ts'
import { TargetRefused } from './wire/gate.ts'
import type { Line } from './wire/line.ts'

export const PROOF_PATH = '/.well-known/bulwark-attack.txt'
const PATIENCE_MINUTES = 5

/**
 * Asks for a proof that the user rules the host, and waits for it: a random text, served at a
 * well-known path. Answers the question to repeat during the run.
 *
 * @throws {TargetRefused} when it is not served within five minutes
 */
export async function prove(
  line: Line,
  given: string | undefined,
  terminal: Pick<Terminal, 'err' | 'signal'>,
): Promise<() => Promise<boolean>> {
  if (given !== undefined && !/^[\da-f]{64}$/.test(given))
    throw new ConfigError('--proof is the 64 hex digits that an earlier run printed')
  const token = given ?? randomBytes(32).toString('hex')
  const served = async () => {
    const reply = await line.send({ path: PROOF_PATH }, { check: 'proof', lane: undefined })
    return reply.status === 200 && reply.text.trim() === token
  }
  if (await served()) return served
  terminal.err(
    `To show that ${line.place.origin} is yours, serve this text there at ${PROOF_PATH}:\n\n  ${token}\n\n` +
      `Waiting ${PATIENCE_MINUTES} minutes. Later runs: --proof ${token}\n`,
  )
  const until = performance.now() + PATIENCE_MINUTES * 60_000
  while (performance.now() < until && !terminal.signal.aborted) {
    await pause(3000)
    if (await served()) return served
  }
  throw new TargetRefused(`${line.place.origin}${PROOF_PATH} does not serve the proof.`)
}
