#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'

const [major, minor] = process.versions.node.split('.').map(Number)
if (!(major >= 26 || (major === 24 && minor >= 15))) {
  process.stderr.write(
    `bulwark needs Node ^24.15 or >=26 and this is ${process.versions.node}. Install Node 26.\n`,
  )
  process.exit(3)
}

// In a clone there is nothing built: run the sources. A published package ships no `src`.
const source = new URL('../src/main.ts', import.meta.url)
if (existsSync(source)) {
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, { ...context, conditions: [...context.conditions, 'bulwark:source'] }),
  })
}
const { main } = await import(
  existsSync(source) ? source.href : new URL('../dist/main.js', import.meta.url).href
)
process.exitCode = await main(process.argv.slice(2))
