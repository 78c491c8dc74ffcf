import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Terminal } from '../../command.ts'
import { command } from '../attack.ts'
import type { AttackConfig } from '../config/config.ts'
import { configFor, TWIN_USERS } from './twin.config.ts'
import { startTwin, type Twin } from './twin.ts'

/** What one command line said and answered. */
export interface Said {
  readonly status: number
  readonly out: string
  readonly err: string
}

/** A working directory in which `bulwark attack` is run, without a process. */
export class Stage {
  readonly cwd: string = mkdtempSync(join(tmpdir(), 'bulwark-stage-'))
  env: Record<string, string> = {}
  /** What a person types, when somebody is there. */
  typed: string | undefined
  readonly #twins: Twin[] = []

  /** Runs one command line. */
  async attack(
    args: readonly string[],
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Said> {
    const said = { out: '', err: '' }
    const terminal: Terminal = {
      out: text => {
        said.out += text
      },
      err: text => {
        said.err += text
      },
      input: typing(this.typed),
      env: this.env,
      cwd: this.cwd,
      interactive: this.typed !== undefined,
      signal,
    }
    const status = await command.run(args, terminal)
    return { status, ...said }
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.cwd, name), text)
  }

  config(config: AttackConfig): void {
    this.write('bulwark.attack.json', JSON.stringify(config))
  }

  /** A twin with its users, and a config that knows it. */
  async twin(flaws: Iterable<string> = [], more: AttackConfig = {}): Promise<Twin> {
    const twin = await startTwin(flaws)
    this.#twins.push(twin)
    for (const [user, name, role] of TWIN_USERS) {
      const password = `${randomBytes(9).toString('base64url')}aZ9`
      this.env[name] = password
      twin.state.addUser(user, password, role).verified = true
    }
    this.config({ ...(await configFor(twin)), target: twin.origin, ...more })
    return twin
  }

  async clear(): Promise<void> {
    await Promise.all(this.#twins.map(twin => twin.close()))
    rmSync(this.cwd, { recursive: true, force: true })
  }
}

async function* typing(text: string = ''): AsyncGenerator<Uint8Array> {
  for (const letter of text) yield Buffer.from(letter)
}
