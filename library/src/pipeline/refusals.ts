/** What the way itself refuses, where no single defence does. */
export const refusals = {
  storeDown: {
    code: 'store.unavailable',
    says: 'service.unavailable',
    status: 503,
    retryAfterSeconds: 5,
  },
  faulted: { code: 'service.faulted', says: 'service.faulted', status: 500 },
  stopping: {
    code: 'service.stopping',
    says: 'service.unavailable',
    status: 503,
    retryAfterSeconds: 5,
    close: true,
  },
  /** Whoever asked left while they waited; nobody reads this. */
  gone: { code: 'service.gone', says: 'service.unavailable', status: 503, close: true },
  notFound: { code: 'route.not_found', says: 'route.not_found', status: 404 },
  methodNotAllowed: {
    code: 'route.method_not_allowed',
    says: 'route.method_not_allowed',
    status: 405,
  },
  bodyMissing: { code: 'content.missing_body', says: 'content.missing_body', status: 400 },
  bodyOff: { code: 'content.switched_off', says: 'service.faulted', status: 500 },
  malformed: { code: 'request.malformed', says: 'request.malformed', status: 400 },
  insecure: { code: 'transport.insecure', says: 'transport.insecure', status: 403 },
} as const
