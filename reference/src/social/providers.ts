import { readFileSync } from 'node:fs'
import { ConfigFault } from 'bulwark/fault'
import type { ProviderOptions } from 'bulwark/social'
import { z } from 'zod'

const text = z.string().min(1)
const file = z.array(
  z.strictObject({
    id: text,
    clientId: text,
    clientSecret: text,
    issuer: text.optional(),
    preset: z.enum(['google', 'github', 'microsoft', 'apple', 'gitlab', 'discord']).optional(),
    name: text.optional(),
    tenant: text.optional(),
    scopes: z.array(text).optional(),
    authoritativeFor: z.array(text).optional(),
    endpoints: z
      .strictObject({
        authorization: text,
        token: text,
        user: text,
        subject: text,
        email: text.optional(),
        emailVerified: text.optional(),
        emails: text.optional(),
      })
      .optional(),
    keepTokens: z.boolean().optional(),
    clientAuthentication: z.enum(['basic', 'post']).optional(),
  }),
)

/**
 * The identity providers of a JSON file: a preset by its name as `id`, any other by its issuer, or by
 * its endpoints where it speaks plain OAuth 2.
 *
 * @throws {ConfigFault} when the file is not what it should be
 */
export function identityProviders(path: string): readonly ProviderOptions[] {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new ConfigFault('BULWARK_SOCIAL', `${path} cannot be read (${(cause as Error).message})`)
  }
  const result = file.safeParse(value)
  if (!result.success) {
    const issue = result.error.issues[0]
    throw new ConfigFault('BULWARK_SOCIAL', `${path}: ${issue?.path.join('.')} ${issue?.message}`)
  }
  return result.data.map(
    given =>
      Object.fromEntries(
        Object.entries(given).filter(([, member]) => member !== undefined),
      ) as unknown as ProviderOptions,
  )
}
