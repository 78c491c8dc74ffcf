/** The filter of the report; all that runs in it. */
export const script: string = `
const order = ['info', 'low', 'medium', 'high', 'critical']
const form = document.querySelector('.filter')
const cards = [...document.querySelectorAll('.finding')]
const none = document.querySelector('.none')
function sift() {
  const system = form.elements.system.value
  const floor = order.indexOf(form.elements.severity.value)
  const words = form.elements.text.value.toLowerCase().split(/\\s+/).filter(Boolean)
  let shown = 0
  for (const card of cards) {
    const { system: own, severity, text } = card.dataset
    const fits = (system === '' || own === system) && order.indexOf(severity) >= floor && words.every(word => text.includes(word))
    card.hidden = !fits
    if (fits) shown++
  }
  none.hidden = shown > 0 || cards.length === 0
}
form.addEventListener('input', sift)
form.addEventListener('submit', event => event.preventDefault())
addEventListener('beforeprint', () => { for (const card of cards) card.open = true })
if (location.hash) { const card = document.getElementById(location.hash.slice(1)); if (card) card.open = true }
`
