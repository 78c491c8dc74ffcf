export const refusals = {
  malformed: { code: 'refresh.malformed', says: 'refresh.invalid', status: 401 },
  unknown: { code: 'refresh.unknown', says: 'refresh.invalid', status: 401 },
  reused: { code: 'refresh.reused', says: 'refresh.invalid', status: 401 },
  /** Not ours, expired, for somebody else, or of a family that has ended. */
  badAccess: {
    code: 'refresh.bad_access',
    says: 'access.invalid_token',
    status: 401,
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  },
  badAudience: {
    code: 'refresh.bad_audience',
    says: 'access.invalid_token',
    status: 401,
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  },
  badAccessForm: {
    code: 'refresh.bad_access_form',
    says: 'access.invalid_token',
    status: 401,
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  },
} as const
