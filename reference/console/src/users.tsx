import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { act, read, type User, type UserDetail, wordsFor } from './api.ts'
import { returned } from './live.ts'
import { Confirm, Empty, Loading, Notice, Problem, Time } from './parts.tsx'
import { addressOf, go, query } from './route.ts'

const PAGE = 50

export function UsersView(): JSX.Element {
  const { search = '', role = '', id } = query.value
  const [users, setUsers] = useState<readonly User[] | undefined>(undefined)
  const [more, setMore] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)

  const load = async (before: readonly User[]): Promise<void> => {
    try {
      const after = before.at(-1)?.id ?? ''
      const page = await read<User[]>('/admin/users', { search, role, after, limit: String(PAGE) })
      setUsers([...before, ...page])
      setMore(page.length === PAGE)
      setProblem(undefined)
    } catch (error) {
      setProblem(wordsFor(error))
    }
  }
  useEffect(() => void load([]), [search, role, returned.value])

  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    go('users', { search: String(data.get('search') ?? ''), role: String(data.get('role') ?? '') })
  }
  return (
    <section aria-labelledby="view">
      <h1 id="view">Users</h1>
      <form class="filters card" onSubmit={onSubmit}>
        <label>
          Address or name
          <input name="search" type="search" maxLength={128} defaultValue={search} />
        </label>
        <label>
          Role
          <select name="role" value={role}>
            <option value="">any</option>
            <option value="user">user</option>
            <option value="admin">admin</option>
          </select>
        </label>
        <div class="actions">
          <button type="submit">Find</button>
        </div>
      </form>
      {problem !== undefined && <Problem text={problem} onAgain={() => void load([])} />}
      <div class={id === undefined ? 'split' : 'split open'}>
        <div>
          {users === undefined ? (
            problem === undefined && <Loading what="Reading…" />
          ) : (
            <ul class="rows">
              {users.length === 0 && (
                <li>
                  <Empty
                    title="Nobody is like that"
                    about="A part of the address or the name is enough."
                  />
                </li>
              )}
              {users.map(user => (
                <li key={user.id} class={user.id === id ? 'opened' : ''}>
                  <div>
                    <a class="name" href={addressOf('users', { search, role, id: user.id })}>
                      {String(user.email)}
                    </a>{' '}
                    {user.role !== 'user' && <span class="badge warn">{String(user.role)}</span>}{' '}
                    {user.disabledAt !== null && <span class="badge bad">disabled</span>}{' '}
                    {!user.emailVerified && <span class="badge plain">not confirmed</span>}
                    <p>
                      {user.name === null ? '' : `${user.name} · `}since{' '}
                      {user.createdAt.slice(0, 10)}
                    </p>
                  </div>
                </li>
              ))}
            </ul>
          )}
          {more && (
            <p class="actions">
              <button type="button" class="quiet" onClick={() => void load(users ?? [])}>
                Show more
              </button>
            </p>
          )}
        </div>
        {id !== undefined && (
          <Detail
            key={id}
            id={id}
            onChange={() => void load([])}
            onClose={() => go('users', { search, role })}
          />
        )}
      </div>
    </section>
  )
}

const DEEDS = {
  disable: [
    'Disable this account?',
    'They are signed out everywhere and cannot sign in again.',
    'Disable',
  ],
  enable: ['Enable this account?', 'They can sign in again.', 'Enable'],
  unlock: ['Let them try again?', 'Their failed attempts are forgotten.', 'Unlock'],
  'revoke-sessions': [
    'Sign them out everywhere?',
    'All sessions, tokens and known devices end. They can sign in again.',
    'Sign out',
  ],
} as const

type Deed = keyof typeof DEEDS

/** What signs in, by its kind in the store. */
const FACTORS: readonly (readonly [string, string])[] = [
  ['totp', 'authenticator app'],
  ['backup-code', 'backup codes'],
  ['passkey', 'passkeys'],
  ['identity', 'identity providers'],
]

function Detail(props: {
  readonly id: string
  readonly onChange: () => void
  readonly onClose: () => void
}): JSX.Element {
  const [user, setUser] = useState<UserDetail | undefined>(undefined)
  const [asking, setAsking] = useState<Deed | undefined>(undefined)
  const [told, setTold] = useState<{ readonly kind: 'good' | 'bad'; readonly text: string }>()
  const load = async (): Promise<void> => {
    try {
      setUser(await read<UserDetail>(`/admin/users/${props.id}`))
    } catch (error) {
      setTold({ kind: 'bad', text: wordsFor(error) })
    }
  }
  useEffect(() => void load(), [props.id, returned.value])
  const perform = async (deed: Deed): Promise<void> => {
    setAsking(undefined)
    try {
      await act(`/admin/users/${props.id}/${deed}`)
      setTold({ kind: 'good', text: 'Done. It stands in the log.' })
      await load()
      props.onChange()
    } catch (error) {
      setTold({ kind: 'bad', text: wordsFor(error) })
    }
  }
  const button = (deed: Deed, label: string, kind: 'quiet' | 'danger'): JSX.Element => (
    <button type="button" class={`${kind} small`} onClick={() => setAsking(deed)}>
      {label}
    </button>
  )
  return (
    <aside class="card detail" aria-label="Account">
      <div class="between">
        <h2>{user === undefined ? '…' : String(user.email)}</h2>
        <button type="button" class="quiet small" onClick={props.onClose}>
          Close
        </button>
      </div>
      {told !== undefined && <Notice kind={told.kind}>{told.text}</Notice>}
      {user !== undefined && (
        <>
          <dl>
            <div>
              <dt>Role</dt>
              <dd>{String(user.role)}</dd>
            </div>
            <div>
              <dt>State</dt>
              <dd>
                {user.disabledAt === null
                  ? 'may sign in'
                  : `disabled since ${user.disabledAt.slice(0, 10)}`}
              </dd>
            </div>
            <div>
              <dt>Failures</dt>
              <dd>
                {user.lockout.failures}
                {user.lockout.until !== null &&
                  `, strangers wait until ${user.lockout.until.slice(11, 19)} UTC`}
              </dd>
            </div>
            <div>
              <dt>Factors</dt>
              <dd>
                {FACTORS.filter(([kind]) => (user.factors[kind] ?? 0) > 0)
                  .map(([kind, name]) => `${name} (${user.factors[kind]})`)
                  .join(', ') || 'password only'}
              </dd>
            </div>
            <div>
              <dt>Known devices</dt>
              <dd>{user.factors['device'] ?? 0}</dd>
            </div>
            <div>
              <dt>Apps that act for them</dt>
              <dd>{user.factors['oauth-consent'] ?? 0}</dd>
            </div>
          </dl>
          <div class="actions">
            {button('unlock', 'Unlock', 'quiet')}
            {button('revoke-sessions', 'Sign out everywhere', 'quiet')}
            {user.disabledAt === null
              ? button('disable', 'Disable', 'danger')
              : button('enable', 'Enable', 'quiet')}
          </div>
          <h3>Sessions</h3>
          <ul class="plain">
            {user.sessions.length === 0 && <li class="hint">Not signed in.</li>}
            {user.sessions.map(session => (
              <li key={session.id}>
                {String(session.device)} · <code>{String(session.address)}</code> ·{' '}
                {session.factors.join(' + ')} · <Time at={session.lastUsedAt} />
              </li>
            ))}
          </ul>
          <p class="actions">
            <a href={addressOf('audit', { actor: user.id })}>What they did</a>
            <a href={addressOf('audit', { target: user.id })}>What was done to them</a>
          </p>
        </>
      )}
      {asking !== undefined && (
        <Confirm
          question={DEEDS[asking][0]}
          about={DEEDS[asking][1]}
          deed={DEEDS[asking][2]}
          onYes={() => void perform(asking)}
          onNo={() => setAsking(undefined)}
        />
      )}
    </aside>
  )
}
