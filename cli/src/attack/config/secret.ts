import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { pointed } from '../wire/reply.ts'
import type { SecretSource } from './config.ts'
import { ConfigError } from './config-error.ts'

export interface SecretReader {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

const run = promisify(execFile)

/** Reads a secret from where the config says that it is. */
export async function openSecret(source: SecretSource, reader: SecretReader): Promise<string> {
  if ('env' in source) {
    const value = reader.env[source.env]
    if (value === undefined || value === '')
      throw new ConfigError(`the environment variable ${source.env} is not set`)
    return value
  }
  if ('file' in source) {
    const text = await readFile(resolve(reader.cwd, source.file), 'utf8').catch(() => {
      throw new ConfigError(`the secret file ${source.file} cannot be read`)
    })
    const value = source.at === undefined ? text.trim() : pointed(JSON.parse(text), source.at)
    if (typeof value !== 'string')
      throw new ConfigError(`${source.file} has no text at ${source.at}`)
    return value
  }
  const { stdout } = await run('/bin/sh', ['-c', source.command], { cwd: reader.cwd })
  return stdout.trim()
}
