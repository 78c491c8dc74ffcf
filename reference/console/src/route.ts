import { computed, signal } from '@preact/signals'

const hash = signal(location.hash)
addEventListener('hashchange', () => {
  hash.value = location.hash
})

/** `#audit?code=login.` is the view `audit`, narrowed. */
export const view = computed(() => hash.value.slice(1).split('?', 1)[0] || 'overview')

export const query = computed<Readonly<Record<string, string>>>(() => {
  const at = hash.value.indexOf('?')
  return at === -1 ? {} : Object.fromEntries(new URLSearchParams(hash.value.slice(at + 1)))
})

/** Goes to a view, so that the way back leads here. */
export function go(name: string, given: Readonly<Record<string, string>> = {}): void {
  location.hash = addressOf(name, given)
}

export function addressOf(name: string, given: Readonly<Record<string, string>>): string {
  const some = Object.entries(given).filter(([, value]) => value !== '')
  return some.length === 0 ? `#${name}` : `#${name}?${new URLSearchParams(some)}`
}
