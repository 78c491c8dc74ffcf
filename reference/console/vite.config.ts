import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { defineConfig } from 'vite'
import { STAMP, sourcesHash } from '../src/web/console-build.ts'

// `npx vite build reference/console` writes reference/assets/built, which is committed, so that the
// service starts without a build. A test compares the stamp with the sources.
export default defineConfig({
  root: import.meta.dirname,
  base: '/assets/built/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../assets/built',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: 'src/main.tsx',
      output: {
        entryFileNames: 'console.js',
        chunkFileNames: '[name].js',
        assetFileNames: '[name][extname]',
      },
    },
  },
  plugins: [
    {
      name: 'stamp',
      closeBundle() {
        mkdirSync(dirname(STAMP), { recursive: true })
        writeFileSync(STAMP, `${JSON.stringify({ sources: sourcesHash() })}\n`)
      },
    },
  ],
})
