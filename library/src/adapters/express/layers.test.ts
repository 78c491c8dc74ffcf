import assert from 'node:assert/strict'
import { test } from 'node:test'
import express from 'express'
import { layersOf, type RouterLayer, routeAt } from './layers.ts'

const MARK = Symbol('mark')
const nothing = (): void => undefined

function stackOf(app: unknown): readonly RouterLayer[] {
  return (app as { readonly router: { readonly stack: readonly RouterLayer[] } }).router.stack
}

const orders = express.Router({ mergeParams: true })
orders.get('/orders', nothing)
orders.all('/any', nothing)
const app = express()
app.use('/users/:id/', orders)
app.post('/orders', nothing)
app.get('/orders', nothing)
const stack = stackOf(app)

const cases: readonly (readonly [string, string, string | undefined])[] = [
  ['GET', '/orders', 'GET /orders'],
  ['HEAD', '/orders', 'GET /orders'],
  ['POST', '/orders', 'POST /orders'],
  ['DELETE', '/orders', undefined],
  ['GET', '/users/5/orders', 'GET /users/:id/orders'],
  ['DELETE', '/users/5/any', 'ALL /users/:id/any'],
  ['GET', '/users/5/nothing', undefined],
]
for (const [method, path, expected] of cases) {
  test(`${method} ${path} is the business of ${expected ?? 'no route'}`, () => {
    const found = routeAt(stack, method, path)
    const name = found && `${found.method} ${found.prefix}${found.route.path}`
    assert.equal(name, expected)
  })
}

test('a thousand users of a mounted router are one route by name', () => {
  const names = new Set<string>()
  for (let id = 0; id < 1000; id++) {
    const found = routeAt(stack, 'GET', `/users/${id}/orders`)
    names.add(`${found?.prefix}${found?.route.path}`)
    for (const { pattern } of layersOf(stack, MARK, `/users/${id}/orders`)) names.add(pattern)
  }
  assert.deepEqual([...names], ['/users/:id/orders'])
})
