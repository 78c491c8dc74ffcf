import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../../http/wire.test.kit.ts'
import { ConfigFault } from '../../kernel/fault.ts'
import { superviseWorkers } from './workers.ts'

interface Told {
  readonly what: string
  readonly pid?: number
  readonly port?: number
  readonly why?: string
}

test('workers that retire are followed before they go, the dead are replaced, and nobody asks in vain', async () => {
  const primary = fork(join(import.meta.dirname, 'workers.test.kit.ts'), {
    execArgv: ['--conditions=bulwark:source'],
  })
  const told: Told[] = []
  const count = (what: string): number => told.filter(event => event.what === what).length
  primary.on('message', event => told.push(event as Told))
  try {
    await until(() => count('listening') >= 2, 'both listen')
    const { port } = told.find(event => event.what === 'listening') ?? {}
    const ask = async (path = '/'): Promise<string> =>
      (await fetch(`http://127.0.0.1:${port}${path}`)).text()

    const served = new Set<string>()
    await until(async () => {
      served.add(await ask())
      return count('retired') >= 2
    }, 'two have retired')
    served.add(await ask())
    assert.ok(served.size >= 3, `${served.size} processes have served`)
    assert.equal(count('died'), 0)
    assert.equal(count('overdue'), 0)

    await assert.rejects(ask('/die'))
    await until(() => count('died') === 1, 'one has died')
    assert.equal(told.find(event => event.what === 'died')?.why, 'status 3')
    assert.match(await ask(), /^\d+$/)

    primary.send('stop')
    await until(() => primary.exitCode !== null, 'all are gone')
    assert.equal(primary.exitCode, 0)
    assert.equal(count('started'), count('retired') + count('died'))
  } finally {
    primary.kill('SIGKILL')
  }
})

test('a count that is none stops the start', () => {
  for (const count of [0, -1, 1.5, 1000]) {
    assert.throws(() => superviseWorkers({ count }), ConfigFault)
  }
})
