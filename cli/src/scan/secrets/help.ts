import { PRINT_HELP } from '../../output/print-options.ts'

/** Where accepted findings are kept, unless the command line says otherwise. */
export const ACCEPT_FILE = 'bulwark.secrets.ignore'

export const SECRETS_HELP: string = `Usage: bulwark scan secrets [PATH...] [options]

Looks for keys, tokens and passwords in the files below PATH (default: here; what git ignores is left
out unless it is named). Values are never printed, sent or checked anywhere.

  --staged             what the next commit would hold, for a hook
  --history            every version of every file in the repository
  --stdin              standard input
  --pack               what npm would publish from PATH
  --accept FILE        accepted findings (default: ${ACCEPT_FILE})
${PRINT_HELP}
A line is allowed by a comment on it or above it that says why:
  // bulwark-allow: public test key of the vendor's sandbox

Example:
  git diff main | bulwark scan secrets --stdin
`
