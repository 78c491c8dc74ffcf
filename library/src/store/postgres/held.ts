import type { Pool, PoolClient } from 'pg'

/** The pool had no connection to lend: nothing was begun, and trying again at once is no use. */
export class NotConnected extends Error {}

/** Code of ours that ran inside the work threw; the connection is as good as before. */
export class OurMistake extends Error {}

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
      reject(new NotConnected(`no answer within ${deadlineMs} ms`))
    }, deadlineMs)
    const use = async (got: PoolClient): Promise<void> => {
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
    // By callback, not by promise: a connection that breaks in the moment before a promise is
    // resumed would find no listener, and an error without a listener ends the process.
    pool.connect((error, got) => {
      if (over) got?.release()
      else if (got === undefined) {
        finish(false)
        reject(new NotConnected('no connection', { cause: error }))
      } else {
        client = got
        got.on('error', ignore)
        void use(got)
      }
    })
  })
}

/** The five-character SQLSTATE of an error that the server sent. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** The server did not answer, or says that it is going away (classes 57P and 08). */
export function isBroken(error: unknown): boolean {
  if (error instanceof NotConnected || error instanceof OurMistake) return false
  const state = sqlState(error)
  return state === undefined || state.startsWith('57P') || state.startsWith('08')
}

function ignore(): void {}
