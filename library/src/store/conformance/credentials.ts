import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import {
  account,
  credential,
  entry,
  fresh,
  logged,
  NOW,
  type Opened,
  together,
} from './examples.ts'

export function credentialsConform(driver: string, opened: Opened): void {
  const credentials = (): ReturnType<Opened>['credentials'] => opened().credentials
  const codes = (accountId: string, count: number): ReturnType<typeof credential>[] =>
    Array.from({ length: count }, () => credential({ accountId, kind: 'backup-code' }))

  test(`${driver}: credentials are found by owner, kind and handle`, async () => {
    const accountId = randomUUID()
    const key = credential({ accountId, kind: 'passkey', confirmed: false, lastUsedAt: NOW })
    const app = credential({ accountId, createdAt: NOW + 1 })
    assert.equal(await credentials().add([key, app]), 'done')
    assert.deepEqual(await credentials().ofAccount(accountId), [key, app])
    assert.deepEqual(await credentials().ofAccount(accountId, 'passkey'), [key])
    assert.deepEqual(await credentials().byHandle('passkey', key.handle), key)
    assert.equal(await credentials().byHandle('totp', key.handle), undefined)
  })

  test(`${driver}: of fifty who add one handle, one does; the rest add nothing`, async () => {
    const handle = fresh('handle')
    const owners = Array.from({ length: 50 }, () => randomUUID())
    const added = await Promise.all(
      owners.map(accountId =>
        credentials().add([credential({ accountId }), credential({ accountId, handle })]),
      ),
    )
    assert.equal(added.filter(answer => answer === 'done').length, 1)
    for (const [index, accountId] of owners.entries()) {
      const owned = await credentials().ofAccount(accountId)
      assert.equal(owned.length, added[index] === 'done' ? 2 : 0)
    }
  })

  test(`${driver}: a new set replaces the old one of its kind, even with a handle of it`, async () => {
    const accountId = randomUUID()
    const [old, app] = [codes(accountId, 10), credential({ accountId })]
    await credentials().add([...old, app])
    const next = [
      ...codes(accountId, 9),
      credential({ ...codes(accountId, 1)[0], handle: old[0]?.handle ?? '' }),
    ]
    assert.equal(await credentials().add(next, { replaceKind: 'backup-code' }), 'done')
    const owned = await credentials().ofAccount(accountId, 'backup-code')
    assert.deepEqual(owned.map(one => one.id).toSorted(), next.map(one => one.id).toSorted())
    assert.deepEqual(await credentials().ofAccount(accountId, 'totp'), [app])
  })

  test(`${driver}: a set with one handle twice, or a foreign one, replaces nothing`, async () => {
    const accountId = randomUUID()
    const old = codes(accountId, 2)
    const foreign = credential({ kind: 'backup-code' })
    await credentials().add([...old, foreign])
    const twin = credential({ accountId, kind: 'backup-code' })
    const stolen = credential({ accountId, kind: 'backup-code', handle: foreign.handle })
    for (const set of [
      [twin, { ...twin, id: randomUUID() }],
      [...codes(accountId, 1), stolen],
    ]) {
      assert.equal(await credentials().add(set, { replaceKind: 'backup-code' }), 'taken')
    }
    assert.equal((await credentials().ofAccount(accountId)).length, 2)
  })

  test(`${driver}: of forty who add at once where twenty may be, twenty do`, async () => {
    const owner = account()
    const { id: accountId } = owner
    await opened().accounts.create(owner)
    const along = { events: [entry({ targetId: accountId, code: 'passkey.added' })] }
    await credentials().add([credential({ accountId })])
    const answers = await together(40, () =>
      credentials().add([credential({ accountId, kind: 'passkey' })], { most: 20 }, along),
    )
    assert.equal(answers.filter(answer => answer === 'done').length, 20)
    assert.equal(answers.filter(answer => answer === 'full').length, 20)
    assert.equal((await credentials().ofAccount(accountId, 'passkey')).length, 20)
    assert.equal((await logged(opened(), accountId)).length, 20)
  })

  test(`${driver}: a set that would be too many adds and replaces nothing; a set in place of the old may be as many`, async () => {
    const owner = account()
    const { id: accountId } = owner
    await opened().accounts.create(owner)
    const few = { most: 10 }
    const instead = { most: 10, replaceKind: 'backup-code' }
    assert.equal(await credentials().add(codes(accountId, 11), few), 'full')
    assert.equal(await credentials().add(codes(accountId, 10), few), 'done')
    assert.equal(await credentials().add(codes(accountId, 1), few), 'full')
    assert.equal(await credentials().add(codes(accountId, 11), instead), 'full')
    assert.equal((await credentials().ofAccount(accountId)).length, 10)
    assert.equal(await credentials().add(codes(accountId, 9), instead), 'done')
    assert.equal((await credentials().ofAccount(accountId)).length, 9)
    assert.equal(await credentials().add([credential({ accountId })], { most: 1 }), 'done')
  })

  test(`${driver}: of fifty with one mark, one advances`, async () => {
    const one = credential({ mark: 100 })
    await credentials().add([one])
    const won = await together(50, () => credentials().advance(one.id, 101, NOW))
    assert.equal(won.filter(Boolean).length, 1)
    assert.equal(await credentials().advance(one.id, 101, NOW), false)
    assert.equal(await credentials().advance(one.id, 99, NOW), false)
    assert.equal(await credentials().advance(randomUUID(), 200, NOW), false)
    const [kept] = await credentials().ofAccount(one.accountId)
    assert.deepEqual(kept, { ...one, mark: 101, lastUsedAt: NOW })
  })

  test(`${driver}: an advance can confirm and carry new data`, async () => {
    const one = credential({ confirmed: false })
    await credentials().add([one])
    await credentials().advance(one.id, 1, NOW, { confirmed: true, data: '{"a":1}' })
    const changed = { ...one, mark: 1, lastUsedAt: NOW, confirmed: true, data: '{"a":1}' }
    assert.deepEqual(await credentials().ofAccount(one.accountId), [changed])
  })

  test(`${driver}: an update changes what it names`, async () => {
    const one = credential()
    await credentials().add([one])
    assert.equal(await credentials().update(one.id, { usedAt: NOW + 1 }), true)
    assert.equal(await credentials().update(one.id, { data: '{"b":2}' }), true)
    assert.equal(await credentials().update(randomUUID(), { data: '{}' }), false)
    const changed = { ...one, lastUsedAt: NOW + 1, data: '{"b":2}' }
    assert.deepEqual(await credentials().ofAccount(one.accountId), [changed])
  })

  test(`${driver}: of fifty who spend one code, one does`, async () => {
    const accountId = randomUUID()
    const set = codes(accountId, 10)
    await credentials().add(set)
    const handle = set[0]?.handle ?? ''
    const spent = await together(50, () => credentials().spend(accountId, 'backup-code', handle))
    assert.deepEqual(
      spent.filter(answer => answer !== undefined),
      [{ remaining: 9 }],
    )
    assert.equal(
      await credentials().spend(randomUUID(), 'backup-code', set[1]?.handle ?? ''),
      undefined,
    )
  })

  test(`${driver}: ten codes spent at once count down without a gap`, async () => {
    const accountId = randomUUID()
    const set = codes(accountId, 10)
    await credentials().add(set)
    const spent = await Promise.all(
      set.map(({ handle }) => credentials().spend(accountId, 'backup-code', handle)),
    )
    const left = spent.map(answer => answer?.remaining ?? -1).toSorted((a, b) => a - b)
    assert.deepEqual(left, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test(`${driver}: only its owner removes a credential`, async () => {
    const [one, other] = [credential(), credential()]
    await credentials().add([one, other])
    assert.equal(await credentials().remove(other.accountId, one.id), false)
    assert.equal(await credentials().remove(one.accountId, one.id), true)
    assert.equal(await credentials().remove(one.accountId, one.id), false)
    const set = codes(one.accountId, 3)
    await credentials().add(set)
    assert.equal(await credentials().removeKind(one.accountId, 'backup-code'), 3)
    assert.equal(await credentials().removeKind(one.accountId, 'backup-code'), 0)
    assert.deepEqual(await credentials().ofAccount(other.accountId), [other])
  })

  test(`${driver}: events go along with a change of credentials, and with nothing else`, async () => {
    const targetId = randomUUID()
    const along = (code: string): { events: ReturnType<typeof entry>[] } => ({
      events: [entry({ targetId, code })],
    })
    const one = credential()
    const { id, accountId, kind, handle } = one
    await credentials().add([one], {}, along('a.added'))
    await credentials().add([credential({ handle })], {}, along('a.lost'))
    await credentials().advance(id, 5, NOW, {}, along('a.advanced'))
    await credentials().advance(id, 5, NOW, {}, along('a.lost'))
    await credentials().update(id, { usedAt: NOW }, along('a.updated'))
    await credentials().spend(accountId, kind, 'nothing', along('a.lost'))
    await credentials().spend(accountId, kind, handle, along('a.spent'))
    await credentials().remove(accountId, id, along('a.lost'))
    await credentials().removeKind(accountId, kind, along('a.lost'))
    const codesSeen = ['a.added', 'a.advanced', 'a.updated', 'a.spent']
    assert.deepEqual(await logged(opened(), targetId), codesSeen)
  })
}
