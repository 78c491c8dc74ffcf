import type { Pool, PoolClient } from 'pg'

/**
 * Lends a connection for one piece of work, at most `deadlineMs`. When time is up the caller gets
 * an error at once, and the connection is closed, for nobody knows what it is still doing.
 */
export function held<T>(
  pool: Pool,
  deadlineMs: number,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let client: PoolClient | undefined
    let over = false
    const finish = (broken: boolean): void => {
      over = true
      clearTimeout(timer)
      client?.off('error', ignore)
      client?.release(broken)
    }
    const timer = setTimeout(() => {
      finish(true)
      reject(new Error(`no answer within ${deadlineMs} ms`))
    }, deadlineMs)
    const use = async (got: PoolClient): Promise<void> => {
      if (over) {
        got.release()
        return
      }
      client = got
      // Without a listener a connection that breaks while it is lent would end the process.
      got.on('error', ignore)
      try {
        const value = await work(got)
        if (over) return
        finish(false)
        resolve(value)
      } catch (error) {
        if (over) return
        finish(isBroken(error))
        reject(error)
      }
    }
    pool.connect().then(use, error => {
      if (over) return
      finish(false)
      reject(error)
    })
  })
}

/** The five-character SQLSTATE of an error that the server sent. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** The server did not answer, or says that it is going away (class 57, 08). */
export function isBroken(error: unknown): boolean {
  const state = sqlState(error)
  return state === undefined || state.startsWith('57P') || state.startsWith('08')
}

function ignore(): void {}
