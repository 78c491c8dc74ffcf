import { PRINT_HELP } from '../../output/print-options.ts'

/** Where accepted findings are kept, unless the command line says otherwise. */
export const ACCEPT_FILE = 'bulwark.deps.ignore'

export const DEPS_HELP: string = `Usage: bulwark scan deps [FOLDER] [options]

Reads the lockfile of npm, pnpm, yarn or bun in FOLDER (default: here) and tells which packages are
vulnerable, malicious, days old, scripted, unpinned, swapped or named to be mistaken.

  --registry URL       ask this registry (default: the one in .npmrc)
  --offline PATH       advisories from an OSV zip or folder; sends nothing
  --snapshot FILE      replay recorded answers; sends nothing
  --record FILE        ask, and write all answers to FILE for --snapshot
  --db-update FOLDER   download the OSV zip for --offline into FOLDER, then stop
  --db-url URL         where from (default: OSV's public bucket)
  --min-age DAYS       youngest release age (default: 7; 0 asks for none)
  --min-age-exempt N   a name or @scope/* that may be younger; repeatable
  --skip-scope @SCOPE  a private scope nobody can be asked about; repeatable
  --allow-host HOST    a host that packages may come from; repeatable
  --production         leave out what only development needs
  --since COMMIT       tell which install scripts are new since then
  --accept FILE        accepted findings (default: ${ACCEPT_FILE})
${PRINT_HELP}
An entry of ${ACCEPT_FILE}:
  - id: GHSA-35jh-r3h4-6jhm
    package: lodash
    reason: only used in the build, on input of our own
    until: 2027-01-31

Example:
  bulwark scan deps --sarif deps.sarif
`
