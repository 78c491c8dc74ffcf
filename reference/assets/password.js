// Lets people see what they type, and says how far it still is to a password that is long enough.
for (const input of document.querySelectorAll('input[autocomplete="new-password"]')) {
  const least = input.minLength
  const hint = input.parentElement?.querySelector('small')
  const usual = hint?.textContent ?? ''
  const meter = document.createElement('meter')
  meter.max = 30
  meter.low = least
  meter.high = least
  meter.optimum = 30
  meter.ariaHidden = 'true'
  meter.hidden = true
  input.after(meter)

  const show = document.createElement('button')
  show.type = 'button'
  show.className = 'quiet small reveal'
  show.textContent = 'Show it'
  show.addEventListener('click', () => {
    const hidden = input.type === 'password'
    input.type = hidden ? 'text' : 'password'
    show.textContent = hidden ? 'Hide it' : 'Show it'
  })
  input.closest('label')?.after(show)
  input.form?.addEventListener('submit', () => {
    input.type = 'password'
  })

  input.addEventListener('input', () => {
    const length = [...input.value].length
    meter.hidden = length === 0
    meter.value = Math.min(length, 30)
    if (hint === null || hint === undefined) return
    hint.textContent =
      length === 0 ? usual : length < least ? `${least - length} more characters.` : 'Long enough.'
  })
}
