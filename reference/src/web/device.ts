const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\b(?:Headless)?Chrom(?:e|ium)\/|\bCriOS\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
]
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

const MOST = 40

/** "Chrome on Linux" out of a user agent. A hint for people: anybody can send any user agent. */
export function deviceName(userAgent: string): string {
  const of = (table: typeof BROWSERS): string | undefined =>
    table.find(([pattern]) => pattern.test(userAgent))?.[1]
  const browser = of(BROWSERS)
  const system = of(SYSTEMS)
  if (browser !== undefined && system !== undefined) return `${browser} on ${system}`
  const known = browser ?? system
  if (known !== undefined) return known
  const text = userAgent.trim()
  if (text === '') return 'Unknown device'
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text
}
