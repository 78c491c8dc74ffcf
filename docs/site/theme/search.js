// The index is a script beside the pages: it works from the disk, and asks nobody else.
const field = document.querySelector('#search')
const list = document.querySelector('#found')
const root = field.dataset.root

const script = name =>
  new Promise((loaded, failed) => {
    const element = document.createElement('script')
    element.src = root + name
    element.onload = loaded
    element.onerror = failed
    document.head.append(element)
  })

let index
const opened = async () => {
  index ??= Promise.all([script('minisearch.js'), script('search-index.js')]).then(() =>
    globalThis.MiniSearch.loadJS(globalThis.searchIndex, {
      fields: ['heading', 'page', 'text'],
      storeFields: ['page', 'heading'],
    }),
  )
  return index
}

field.addEventListener('input', async () => {
  const words = field.value.trim()
  const search = await opened()
  if (words !== field.value.trim()) return
  const options = { prefix: true, fuzzy: 0.15, boost: { page: 4, heading: 3 }, combineWith: 'AND' }
  const hits = words === '' ? [] : search.search(words, options).slice(0, 12)
  list.hidden = words === ''
  list.replaceChildren(
    ...hits.map(({ id, page, heading }) => {
      const link = document.createElement('a')
      link.href = root + id
      link.textContent = heading === page ? page : `${page}: ${heading}`
      const item = document.createElement('li')
      item.append(link)
      return item
    }),
  )
  if (words !== '' && hits.length === 0) list.textContent = 'Nothing found.'
})

document.addEventListener('keydown', event => {
  if (event.key === '/' && document.activeElement === document.body) {
    event.preventDefault()
    field.focus()
  }
  if (event.key === 'Escape') list.hidden = true
})
