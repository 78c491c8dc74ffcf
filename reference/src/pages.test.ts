import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { noChromium } from './testing/chromium.ts'
import { looksRight } from './testing/looks.ts'
import { type Reader, type Readers, readers } from './testing/reader.ts'

const skip = noChromium
const ACCOUNT_PAGE_BYTES = 10_000
const REGULAR = 'a-rather-long-address-of-somebody@mail.example.com'
const ASSETS = join(import.meta.dirname, '../assets')

let of: Readers
/** One stranger and one member look at all pages; signing in anew each time would show nothing more. */
let stranger: Reader | undefined
let regular: Reader | undefined

before(async () => {
  if (skip === false) of = await readers()
})
after(() => of?.stop())

for (const path of [
  '/',
  '/login',
  '/login/factor',
  '/register',
  '/forgot-password',
  '/reset-password',
  '/verify-email',
  '/confirm-email',
  '/undo-email',
  '/keep-account',
  '/unlock',
  '/recover',
  '/cancel-recovery',
  '/resend-verification',
  '/setup',
  '/design',
]) {
  test(`a stranger at ${path} sees it whole at every width, in both schemes`, {
    skip,
  }, async () => {
    stranger ??= await of.reader()
    const { page, heard, visit } = stranger
    assert.equal(await visit(path), 200)
    await looksRight(page, `stranger${path.replaceAll('/', '-')}`)
    assert.deepEqual(heard, [])
  })
}

for (const path of [
  '/orders',
  '/files',
  '/webhooks',
  '/account',
  '/account/name',
  '/account/apps',
  '/account/password',
  '/account/email',
  '/account/two-step',
  '/account/delete',
  '/step-up',
]) {
  test(`a member at ${path} sees it whole at every width, in both schemes`, { skip }, async () => {
    regular ??= await of.member(REGULAR)
    const { page, heard, visit } = regular
    assert.equal(await visit(path), 200)
    await looksRight(page, `member${path.replaceAll('/', '-')}`)
    assert.deepEqual(heard, [])
  })
}

for (const [what, path, status] of [
  ['a page that is not there', '/nowhere', 404],
  ['somebody else’s file', '/api/files/6f1f3c53-5d4c-4d3e-9d7c-2f2f3c535d4c', 404],
] as const) {
  test(`who asks for ${what} sees a page that says so, and a way on`, { skip }, async () => {
    regular ??= await of.member(REGULAR)
    const { page, heard, visit } = regular
    assert.equal(await visit(path), status)
    await page.getByRole('link', { name: 'Home' }).waitFor()
    await looksRight(page, `problem-${path.startsWith('/api') ? 'file' : status}`)
    assert.deepEqual(heard, [])
  })
}

test('a page of ours at 2,560 and at 3,840 pixels keeps its measure', { skip }, async () => {
  regular ??= await of.member(REGULAR)
  const { page, visit } = regular
  for (const width of [2560, 3840]) {
    await page.setViewportSize({ width, height: 1440 })
    for (const path of ['/orders', '/account']) {
      await visit(path)
      const main = await page.locator('main').boundingBox()
      assert.ok(main !== null && main.width <= 1400, `${path} is ${main?.width} wide at ${width}`)
      assert.ok(Math.abs(main.x + main.width / 2 - width / 2) < 10, `${path} is off the middle`)
    }
  }
})

for (const path of ['/login', '/register', '/account', '/files', '/webhooks']) {
  test(`whoever uses only the keyboard at ${path} sees where they are, in the order of reading`, {
    skip,
  }, async () => {
    stranger ??= await of.reader()
    regular ??= await of.member(REGULAR)
    const { page, visit } = path === '/login' || path === '/register' ? stranger : regular
    await page.setViewportSize({ width: 1440, height: 900 })
    await visit(path)
    const stops = await walk(page)
    assert.ok(stops.length > 4, `${stops.length} stops`)
    assert.equal(stops[0]?.name, 'Skip to content')
    for (const { name, outline, seen } of stops) {
      assert.ok(seen, `${name} is out of sight while it has the focus`)
      assert.ok(outline > 0, `${name} does not show that it has the focus`)
    }
    // Down the page, or along a line of it.
    for (const [index, { name, bottom }] of stops.slice(2).entries()) {
      assert.ok(bottom > (stops[index + 1]?.top ?? 0), `${name} comes late`)
    }
  })
}

test('script of an account page weighs less than 10 kB', () => {
  const pages = globSync('web/pages/*.ts', { cwd: import.meta.dirname })
  const sets = pages.flatMap(name =>
    [
      ...readFileSync(join(import.meta.dirname, name), 'utf8').matchAll(/scripts: \[([^\]]*)\]/g),
    ].map(([, list = '']) => [...list.matchAll(/'([^']+)'/g)].map(([, file = '']) => file)),
  )
  assert.ok(sets.length > 4)
  for (const files of sets) {
    const weights = files.map(file => gzipSync(readFileSync(join(ASSETS, file))).length)
    const bytes = weights.reduce((sum, one) => sum + one, 0)
    assert.ok(bytes < ACCOUNT_PAGE_BYTES, `${files.join(' and ')}: ${bytes} bytes`)
  }
})

test('what strangers put into the address of a page is never shown', { skip }, async () => {
  const { page, visit } = await of.reader()
  await visit('/login?problem=call-me-at-evil.example&told=constructor')
  assert.equal((await page.content()).includes('evil.example'), false)
  await page.getByText('That did not work. Try again.').waitFor()
  await page.context().close()
})

interface Stop {
  readonly name: string
  readonly top: number
  readonly bottom: number
  /** Width of its outline in pixels. */
  readonly outline: number
  readonly seen: boolean
}

/** Presses Tab until the page is over, and tells what had the focus. */
async function walk(page: Reader['page']): Promise<readonly Stop[]> {
  const stops: Stop[] = []
  for (let pressed = 0; pressed < 80; pressed++) {
    await page.keyboard.press('Tab')
    const stop = (await page.evaluate(
      `(() => {
      const it = document.activeElement
      if (it === null || it === document.body || it.dataset.walked !== undefined) return null
      it.dataset.walked = ''
      const { x, y, width, height, top } = it.getBoundingClientRect()
      const style = getComputedStyle(it)
      return {
        name: (it.textContent || it.name || it.id).trim(),
        top: top + scrollY,
        bottom: top + scrollY + height,
        outline: style.outlineStyle === 'none' ? 0 : Number.parseFloat(style.outlineWidth),
        seen: width > 0 && height > 0 && x + width > 0 && x < innerWidth && y + height > 0 && y < innerHeight,
      }
    })()`,
    )) as Stop | null
    if (stop === null) return stops
    stops.push(stop)
  }
  return stops
}
