import { readFileSync } from 'node:fs'
import type { Bulwark } from 'bulwark'
import { canonicalEmail } from 'bulwark/email'
import { ConfigFault } from 'bulwark/fault'
import { z } from 'zod'

const file = z.strictObject({
  users: z
    .array(
      z.strictObject({
        email: z.string(),
        password: z.string(),
        role: z.string().default('user'),
        verified: z.boolean().default(true),
        totpSecret: z.string().optional(),
      }),
    )
    .default([]),
  oauthClients: z
    .array(
      z.strictObject({
        clientId: z.string(),
        name: z.string(),
        redirectUris: z.array(z.string()),
        scopes: z.array(z.string()),
        clientSecret: z.string().optional(),
      }),
    )
    .default([]),
})

/**
 * Loads users for development from a file. Idempotent: who is there stays as they are.
 *
 * @throws {ConfigFault} when the file is not what it should be
 */
export async function seed(at: Bulwark, path: string): Promise<void> {
  const { stores, account, random, clock } = at
  const { users, oauthClients } = parsed(path)
  for (const user of users) {
    const email = canonicalEmail(user.email)
    if (email === undefined) throw new ConfigFault('BULWARK_SEED', `${user.email} is no address`)
    if ((await stores.accounts.byEmail(email)) !== undefined) continue
    const hashed = await account?.passwords.hash(user.password)
    if (hashed?.ok !== true) throw new ConfigFault('BULWARK_SEED', 'a password could not be hashed')
    const now = clock()
    const id = random.uuid()
    await stores.accounts.create({
      id,
      version: 1,
      email,
      emailVerifiedAt: user.verified ? now : undefined,
      name: undefined,
      passwordHash: hashed.value,
      passwordChangedAt: now,
      role: user.role,
      disabledAt: undefined,
      deleteAfter: undefined,
      createdAt: now,
    })
    const { totpSecret } = user
    if (totpSecret === undefined) continue
    if ((await at.factors?.totp.keep(id, totpSecret)) !== true) {
      throw new ConfigFault(
        'BULWARK_SEED',
        `the totpSecret of ${user.email} is no base32 of 80 bits`,
      )
    }
  }
  for (const { clientSecret, redirectUris, ...client } of oauthClients) {
    const forItself = clientSecret === undefined ? [] : (['client_credentials'] as const)
    const forPeople =
      redirectUris.length === 0 ? [] : (['authorization_code', 'refresh_token'] as const)
    await at.oauth?.clients.add({
      ...client,
      redirectUris,
      grants: [...forPeople, ...forItself],
      ...(clientSecret !== undefined && { clientSecret }),
    })
  }
}

function parsed(path: string): z.infer<typeof file> {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new ConfigFault('BULWARK_SEED', `${path} cannot be read (${(cause as Error).message})`)
  }
  const result = file.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new ConfigFault('BULWARK_SEED', `${path}: ${issue?.path.join('.')} ${issue?.message}`)
}
