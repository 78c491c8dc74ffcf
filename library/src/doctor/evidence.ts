import { authentication } from './evidence/authentication.ts'
import { browser } from './evidence/browser.ts'
import { cryptography } from './evidence/cryptography.ts'
import { encoding } from './evidence/encoding.ts'
import { files } from './evidence/files.ts'
import { operation } from './evidence/operation.ts'
import { sessions } from './evidence/sessions.ts'
import type { Evidences } from './evidence/shown.ts'
import { tokens } from './evidence/tokens.ts'

/** Only what a named test shows. What is missing here is the application's duty, or not met. */
export const evidence: Evidences = {
  ...encoding,
  ...browser,
  ...files,
  ...authentication,
  ...sessions,
  ...tokens,
  ...cryptography,
  ...operation,
}
