import type { Browser, Page } from 'playwright-core'
import { browser } from './chromium.ts'
import { complaints } from './looks.ts'
import { PASSWORD, type Running, running } from './running.ts'

/** Somebody with a browser of their own. */
export interface Reader {
  readonly page: Page
  /** Complaints of the content security policy and of scripts. */
  readonly heard: readonly string[]
  /** Goes there and answers the status. */
  visit(path: string): Promise<number>
  press(name: string | RegExp): Promise<void>
}

/** A service, and browsers that look at it. */
export interface Readers {
  readonly at: Running
  readonly chromium: Browser
  reader(options?: { readonly script?: boolean }): Promise<Reader>
  /** Signed in by the form, as a person would. */
  member(email: string, options?: { readonly script?: boolean }): Promise<Reader>
  signIn(who: Reader, email: string, password?: string): Promise<void>
  stop(): Promise<void>
}

/** Without script there is nothing to wait for after a click but the page itself. */
const MOST_MS = 20_000

export async function readers(
  environment: Record<string, string> = {},
  clock?: () => number,
): Promise<Readers> {
  const [at, chromium] = await Promise.all([running('memory', environment, clock), browser()])

  const reader: Readers['reader'] = async (options = {}) => {
    const context = await chromium.newContext({ javaScriptEnabled: options.script !== false })
    const page = await context.newPage()
    page.setDefaultTimeout(MOST_MS)
    return {
      page,
      heard: complaints(page),
      visit: async path => (await page.goto(at.origin + path))?.status() ?? 0,
      press: name => page.getByRole('button', { name }).first().click(),
    }
  }
  const signIn: Readers['signIn'] = async ({ page, visit }, email, password = PASSWORD) => {
    await visit('/login')
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  }
  return {
    at,
    chromium,
    reader,
    signIn,
    async member(email, options = {}) {
      await at.signedIn(email)
      const who = await reader(options)
      await signIn(who, email)
      await who.page.getByRole('heading', { name: 'Your orders' }).waitFor()
      return who
    },
    async stop() {
      await chromium.close()
      await at.stop()
    },
  }
}

/** The newest link to `path` that was mailed to `email`, whole. */
export async function mailedLink(at: Running, email: string, path: string): Promise<string> {
  // The worker sends right after the answer; a few turns of the event loop are enough.
  for (let turn = 0; turn < 200; turn++) {
    const mails = (await at.client().get('/dev/outbox')).json as { to: string; text: string }[]
    const mail = mails.findLast(({ to, text }) => to === email && text.includes(`${path}#`))
    const link = mail && new RegExp(`https?:\\S+${path}#token=[\\w-]+`).exec(mail.text)?.[0]
    if (link !== undefined) return link
  }
  throw new Error(`no link to ${path} for ${email}`)
}
