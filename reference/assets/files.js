// Drag and drop, and how far the upload is. Without script the form does the same.
const form = document.querySelector('[data-files]')
const input = form.querySelector('input[type="file"]')
const progress = form.querySelector('progress')
const button = form.querySelector('button')
form.querySelector('[data-drop-hint]').hidden = false

function done(answer) {
  const code = answer.status === 201 ? undefined : (answer.response?.code ?? 'uploads.aborted')
  location.assign(
    code === undefined ? '/files?told=stored' : `/files?problem=${encodeURIComponent(code)}`,
  )
}

async function send(files) {
  if (files.length === 0) return
  button.disabled = true
  progress.hidden = false
  const { csrfToken } = await (await fetch('/csrf-token')).json()
  const body = new FormData()
  for (const file of files) body.append('file', file)
  const request = new XMLHttpRequest()
  request.open('POST', '/api/files')
  request.responseType = 'json'
  request.setRequestHeader('x-csrf-token', csrfToken)
  request.upload.addEventListener('progress', event => {
    if (event.lengthComputable) progress.value = (100 * event.loaded) / event.total
  })
  request.addEventListener('load', () => done(request))
  request.addEventListener('error', () => done({ status: 0 }))
  request.send(body)
}

form.addEventListener('submit', event => {
  event.preventDefault()
  void send([...input.files])
})
for (const kind of ['dragenter', 'dragover']) {
  form.addEventListener(kind, event => {
    event.preventDefault()
    form.classList.add('over')
  })
}
for (const kind of ['dragleave', 'drop']) {
  form.addEventListener(kind, () => form.classList.remove('over'))
}
form.addEventListener('drop', event => {
  event.preventDefault()
  void send([...event.dataTransfer.files])
})
