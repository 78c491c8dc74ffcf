import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PLACES = [
  process.env['BULWARK_TEST_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const program = PLACES.find(place => place !== undefined && existsSync(place))

/** Why browser tests cannot run here, or false. With CI=true nothing may be skipped. */
export const noChromium: string | false =
  program !== undefined || process.env['CI'] === 'true'
    ? false
    : 'no Chromium here; install it or set BULWARK_TEST_CHROMIUM'

export function browser(): Promise<Browser> {
  return chromium.launch({
    ...(program !== undefined && { executablePath: program }),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
