import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ran, run } from '../package.test.kit.ts'
import { blocksOf } from './docs.test.kit.ts'
import { startExample } from './examples.test.kit.ts'

/** A block of the guide by what stands behind its language. */
export function guided(label: string): string {
  const found = blocksOf('docs/five-minutes.md').find(block => block.label === label)
  assert.ok(found, label)
  return found.text
}

/** Runs a block. With its input on a socket bash would read the machine's own settings first. */
export function bash(
  text: string,
  home: string,
  environment: Readonly<Record<string, string>>,
): Promise<Ran> {
  return run('bash', ['--norc', '-euc', text], home, environment)
}

/**
 * Does what docs/five-minutes.md says, word for word but for the port, in a folder where `bulwark` is
 * installed. With `attack`, also what it says last.
 */
export async function fiveMinutes(
  home: string,
  nodeArguments: readonly string[] = [],
  { attack = false }: { readonly attack?: boolean } = {},
): Promise<void> {
  writeFileSync(join(home, 'service.ts'), guided('service.ts'))
  assert.equal(guided('start').trim(), 'node service.ts')
  const service = await startExample(home, nodeArguments)
  try {
    const shell = async (label: string, environment: Record<string, string> = {}) => {
      const text = guided(label).replaceAll('http://localhost:3000', service.origin)
      const { status, out } = await bash(text, home, environment)
      assert.equal(status, 0, `${label}: ${out}`)
      return out.trim()
    }
    assert.equal(await shell('401'), '401')
    await shell('register')
    const TOKEN = await service.mailedToken('ann@example.com')
    assert.equal(await shell('verify', { TOKEN }), '')
    assert.match(await shell('login'), /"email":"ann@example.com"/)
    assert.equal(await shell('403'), '403')
    assert.equal(await shell('201'), '201')
    if (attack) assert.match(await shell('attack'), /checks ran against/)
  } finally {
    await service.stop()
  }
}
