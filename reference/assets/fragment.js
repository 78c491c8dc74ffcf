// Carries a link's secret from the fragment, which no server and no log ever sees, into the form.
const input = document.querySelector('input[name="token"]')
const token = new URLSearchParams(location.hash.slice(1)).get('token')
if (input && token) {
  input.value = token
  history.replaceState(null, '', location.pathname)
}
