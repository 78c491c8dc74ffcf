const text = { type: 'string' }
const body = (properties: Record<string, unknown>) => ({
  required: true,
  content: {
    'application/json': {
      schema: { type: 'object', properties, required: Object.keys(properties) },
    },
  },
})
const query = (...names: string[]) =>
  names.map(name => ({ name, in: 'query', required: false, schema: text }))
const id = { name: 'id', in: 'path', required: true, schema: text }
const signedIn = [{ session: [] }]
const ok = { responses: { 200: { description: 'fine' } } }

/** What the twin says of itself. */
export const openapi: unknown = {
  openapi: '3.1.0',
  info: { title: 'Twin', version: '1.0.0' },
  paths: {
    '/auth/register': { post: { requestBody: body({ email: text, password: text }), ...ok } },
    '/auth/login': { post: { requestBody: body({ email: text, password: text }), ...ok } },
    '/auth/forgot-password': { post: { requestBody: body({ email: text }), ...ok } },
    '/auth/me': { get: { security: signedIn, ...ok } },
    '/api/orders': {
      get: { security: signedIn, parameters: query('limit'), ...ok },
      post: { security: signedIn, requestBody: body({ item: text }), ...ok },
    },
    '/api/orders/{id}': {
      get: { security: signedIn, parameters: [id], ...ok },
      patch: { security: signedIn, parameters: [id], requestBody: body({ item: text }), ...ok },
      delete: { security: signedIn, parameters: [id], ...ok },
    },
    '/api/users/{name}': { get: { parameters: [{ ...id, name: 'name' }], ...ok } },
    '/api/items': { get: { parameters: query('name', 'sort'), ...ok } },
    '/search': { get: { parameters: query('q'), ...ok } },
    '/go': { get: { parameters: query('next'), ...ok } },
    '/static/{file}': { get: { parameters: [{ ...id, name: 'file' }], ...ok } },
  },
}
