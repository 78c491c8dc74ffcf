/** A step of the schema. */
interface Step {
  readonly number: number
  readonly name: string
}

/** What a database has and needs, and how it gets it. */
export interface Migrations {
  plan(): Promise<{
    readonly applied: readonly (Step & { readonly appliedAt: number })[]
    readonly pending: readonly (Step & { readonly sql: string })[]
  }>
  apply(): Promise<readonly Step[]>
  close(): Promise<void>
}

/** Only the driver that is asked for is loaded. */
export async function opened(
  at: { readonly url: string } | { readonly path: string },
): Promise<Migrations> {
  if ('url' in at) {
    const { postgresMigrations } = await import('bulwark/postgres')
    return postgresMigrations({ connectionString: at.url })
  }
  const { sqliteMigrations } = await import('bulwark/sqlite')
  return { ...sqliteMigrations({ path: at.path }), close: async () => {} }
}
