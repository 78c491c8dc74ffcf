/// <reference lib="dom" />
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import type { Page } from 'playwright-core'

export const WIDTHS: readonly number[] = [320, 768, 1440]
export const SCHEMES: readonly ('light' | 'dark')[] = ['light', 'dark']

/** A wall of a screen (4k): axe has nothing new to say about it, but nothing may stand out. */
const WIDEST = 3840

/** Where pictures of every page go, when somebody wants to look at them. */
const PICTURES = process.env['BULWARK_TEST_PICTURES']
const THOROUGH = process.env['THOROUGH'] === '1'

interface AxeResult {
  readonly violations: readonly {
    readonly id: string
    readonly help: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
  }[]
}

/**
 * Judges a page as it stands at three widths and in both schemes: nothing stands out at the side,
 * and axe finds nothing. Normally axe looks at narrow and light, wide and dark; `THOROUGH=1` has it
 * look at all six.
 */
export async function looksRight(page: Page, name: string): Promise<void> {
  for (const scheme of SCHEMES) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    for (const width of WIDTHS) {
      if (scheme === 'dark' && !THOROUGH && PICTURES === undefined && width !== 1440) continue
      await page.setViewportSize({ width, height: width < 600 ? 720 : 900 })
      await nothingStandsOut(page, name, width)
      const corner = (scheme === 'light') === (width === 320)
      if (THOROUGH || (corner && width !== 768))
        await isAccessible(page, `${name} ${scheme} ${width}`)
      if (PICTURES === undefined) continue
      mkdirSync(PICTURES, { recursive: true })
      const path = join(PICTURES, `${name}-${scheme}-${width}.png`)
      await page.screenshot({ path, fullPage: width !== 1440 })
    }
  }
  await page.setViewportSize({ width: WIDEST, height: 2160 })
  await nothingStandsOut(page, name, WIDEST)
  await page.setViewportSize({ width: 1440, height: 900 })
}

async function nothingStandsOut(page: Page, name: string, width: number): Promise<void> {
  const over = (await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )) as number
  assert.ok(over <= 0, `${name} at ${width}: ${over} px stand out at the side`)
}

export async function isAccessible(page: Page, name: string): Promise<void> {
  await page.evaluate(`typeof axe === 'object' || void (0, function () {${axe.source}})()`)
  const { violations } = (await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] })`,
  )) as AxeResult
  const told = violations.map(
    ({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map(node => node.html).join('\n  ')}`,
  )
  assert.deepEqual(told, [], `${name}\n${told.join('\n')}`)
}

/** Complaints of the content security policy and of scripts, as they come. */
export function complaints(page: Page): readonly string[] {
  const heard: string[] = []
  page.on('console', message => {
    if (/Content.Security.Policy|Trusted/i.test(message.text())) heard.push(message.text())
  })
  page.on('pageerror', error => heard.push(error.message))
  return heard
}
