// Cutting a link is a DELETE, which no form can send.
for (const button of document.querySelectorAll('[data-unlink]')) {
  button.hidden = false
  button.addEventListener('click', async () => {
    button.disabled = true
    const { csrfToken } = await (await fetch('/csrf-token')).json()
    const response = await fetch(`/auth/social/${encodeURIComponent(button.dataset.unlink)}`, {
      method: 'DELETE',
      headers: { accept: 'application/json', 'x-csrf-token': csrfToken },
    })
    if (response.ok) return location.assign('/account?told=unlinked')
    const { code } = await response.json()
    return location.assign(
      code === 'access.step_up'
        ? '/step-up?next=/account'
        : `/account?problem=${encodeURIComponent(code)}`,
    )
  })
}
