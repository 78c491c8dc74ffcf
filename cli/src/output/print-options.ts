/** The options that all scanners share; spread into `parseArgs`. */
export const PRINT_OPTIONS = {
  json: { type: 'boolean', default: false },
  format: { type: 'string' },
  sarif: { type: 'string' },
  'fail-on': { type: 'string', default: 'medium' },
} as const

/** Their lines of help. */
export const PRINT_HELP = `  --json               machine-readable, short for --format json
  --format FORMAT      text, json, sarif, junit or github (annotations)
  --sarif FILE         also write SARIF 2.1.0 there, for code scanning
  --fail-on SEVERITY   critical, high, medium, low or info (default: medium)
`

/** How every scanner's help ends. */
export const PRINT_FOOT = `
Exit status: 0 nothing found, 1 findings, 2 wrong usage, 3 incomplete: something could not be judged.
`
