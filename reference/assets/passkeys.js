// Passkeys by the browser's own JSON methods. Without them nothing of this is shown.
const supported =
  typeof PublicKeyCredential === 'function' &&
  typeof PublicKeyCredential.parseCreationOptionsFromJSON === 'function'

const CANCELLED = new Set(['NotAllowedError', 'AbortError'])

class Refused extends Error {}

async function ask(path, body) {
  const { csrfToken } = await (await fetch('/csrf-token')).json()
  const response = await fetch(path, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'x-csrf-token': csrfToken,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const json = text === '' ? undefined : JSON.parse(text)
  if (response.ok) return json
  throw new Refused(json?.code ?? 'failed', { cause: json })
}

/** The browser may forget a key that the service does not know. */
async function forget(rpId, credential) {
  await PublicKeyCredential.signalUnknownCredential?.({ rpId, credentialId: credential.id }).catch(
    () => undefined,
  )
}

/** Tells the browser which keys are good and how their owner is called, so that it offers no others. */
async function signal() {
  const { signalAllAcceptedCredentials, signalCurrentUserDetails } = PublicKeyCredential
  if (signalAllAcceptedCredentials === undefined) return
  const response = await fetch('/auth/passkeys/signals', {
    headers: { accept: 'application/json' },
  })
  if (!response.ok) return
  const { rpId, userId, allAcceptedCredentialIds, name, displayName } = await response.json()
  await PublicKeyCredential.signalAllAcceptedCredentials({ rpId, userId, allAcceptedCredentialIds })
  if (signalCurrentUserDetails === undefined) return
  await PublicKeyCredential.signalCurrentUserDetails({ rpId, userId, name, displayName })
}

async function prove(path, how = {}, asked = '/auth/passkeys/login/options', more = {}) {
  const options = await ask(asked)
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
  const credential = await navigator.credentials.get({ publicKey, ...how })
  try {
    return await ask(path, { ...credential.toJSON(), ...more })
  } catch (error) {
    if (error.message === 'passkey.unknown') await forget(options.rpId, credential)
    throw error
  }
}

async function add(name) {
  const options = await ask('/auth/passkeys/register/options')
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
  const credential = await navigator.credentials.create({ publicKey })
  await ask('/auth/passkeys/register/verify', { credential: credential.toJSON(), name })
}

const SENTENCES = {
  'passkey.unknown': 'This passkey is not known here any more. Use your password.',
  'passkey.too_many': 'There are twenty passkeys already. Remove one first.',
  'throttle.limited': 'Too many attempts. Wait a little.',
  InvalidStateError: 'This device has a passkey for this account already.',
}

function wire(part) {
  const button = part.querySelector('[data-passkey-button]')
  if (button === null) return
  const problem = part.querySelector('[data-passkey-problem]')
  const next = part.dataset.next ?? '/account'
  let waiting

  const deeds = {
    'sign-in': async how => {
      await prove('/auth/passkeys/login/verify', how)
      location.assign(next)
    },
    factor: async how => {
      const rememberDevice = part.querySelector('[name="remember"]')?.checked === true
      await prove('/auth/mfa/passkey/verify', how, '/auth/mfa/passkey/options', { rememberDevice })
      location.assign(next)
    },
    'step-up': async how => {
      await prove('/auth/passkeys/step-up', how)
      location.assign(next)
    },
    add: async () => {
      await add(part.querySelector('[name="name"]')?.value ?? '')
      location.assign('/account?told=passkey-added')
    },
  }
  const deed = deeds[part.dataset.passkey]

  const fail = error => {
    if (error.message === 'factor.flow_over') {
      return location.assign('/login?problem=factor.flow_over')
    }
    if (error.message === 'access.step_up') return location.assign('/step-up?next=/account')
    if (CANCELLED.has(error.name) || problem === null) return undefined
    problem.textContent =
      SENTENCES[error.message] ??
      SENTENCES[error.name] ??
      'The passkey could not be used. Try again.'
    problem.hidden = false
    return undefined
  }

  const offer = async () => {
    // The browser offers passkeys in the list under the address field, if there are any.
    if (part.dataset.passkey !== 'sign-in') return
    if ((await PublicKeyCredential.isConditionalMediationAvailable?.()) !== true) return
    waiting = new AbortController()
    await deed({ mediation: 'conditional', signal: waiting.signal })
  }

  const act = async event => {
    event.preventDefault()
    if (problem !== null) problem.hidden = true
    waiting?.abort()
    button.disabled = true
    try {
      await deed()
    } catch (error) {
      fail(error)
      button.disabled = false
    }
  }
  button.addEventListener('click', act)
  if (part.dataset.passkey === 'add') part.addEventListener('submit', act)
  offer().catch(fail)
}

if (supported) {
  for (const hidden of document.querySelectorAll('[data-needs-passkeys]')) hidden.hidden = false
  for (const part of document.querySelectorAll('[data-passkey]')) wire(part)
  if (document.querySelector('[data-passkey-signals]') !== null) signal().catch(() => undefined)
}
