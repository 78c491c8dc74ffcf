// Carries a link's secret from the fragment, which no server and no log ever sees, into the form.
const input = document.querySelector('input[name="token"]')
if (input && location.hash.length > 1) {
  input.value = decodeURIComponent(location.hash.slice(1))
  history.replaceState(null, '', location.pathname)
}
