import type { Refusal } from '../../kernel/refusal.ts'

/** Why a request to upload, a file, or a download may not pass. */
export const refusals = {
  // The request.
  notMultipart: { code: 'uploads.not_multipart', says: 'uploads.not_multipart', status: 415 },
  malformedBody: {
    code: 'uploads.malformed_body',
    says: 'uploads.malformed_body',
    status: 400,
    close: true,
  },
  ambiguousPart: {
    code: 'uploads.ambiguous_part',
    says: 'uploads.malformed_body',
    status: 400,
    close: true,
  },
  aborted: { code: 'uploads.aborted', says: 'uploads.aborted', status: 400, close: true },
  tooSlow: { code: 'uploads.too_slow', says: 'uploads.too_slow', status: 408, close: true },
  requestTooLarge: {
    code: 'uploads.request_too_large',
    says: 'uploads.request_too_large',
    status: 413,
    close: true,
  },
  partHeaderTooLarge: {
    code: 'uploads.part_header_too_large',
    says: 'uploads.malformed_body',
    status: 400,
    close: true,
  },
  tooManyParts: {
    code: 'uploads.too_many_parts',
    says: 'uploads.too_many_parts',
    status: 413,
    close: true,
  },
  tooManyFiles: {
    code: 'uploads.too_many_files',
    says: 'uploads.too_many_files',
    status: 413,
    close: true,
  },
  tooManyFields: {
    code: 'uploads.too_many_fields',
    says: 'uploads.too_many_fields',
    status: 413,
    close: true,
  },
  fieldTooLarge: {
    code: 'uploads.field_too_large',
    says: 'uploads.field_too_large',
    status: 413,
    close: true,
  },
  unexpectedField: {
    code: 'uploads.unexpected_field',
    says: 'uploads.unexpected_field',
    status: 422,
    close: true,
  },
  noFile: { code: 'uploads.no_file', says: 'uploads.no_file', status: 422 },
  quota: { code: 'uploads.quota', says: 'uploads.quota', status: 413, close: true },

  // One file.
  tooLarge: { code: 'uploads.too_large', says: 'uploads.too_large', status: 413, close: true },
  empty: { code: 'uploads.empty', says: 'uploads.empty', status: 422 },
  name: { code: 'uploads.name', says: 'uploads.name', status: 422 },
  typeNotAllowed: {
    code: 'uploads.type_not_allowed',
    says: 'uploads.type_not_allowed',
    status: 415,
  },
  extensionMismatch: {
    code: 'uploads.extension_mismatch',
    says: 'uploads.extension_mismatch',
    status: 415,
  },
  declaredMismatch: {
    code: 'uploads.declared_mismatch',
    says: 'uploads.declared_mismatch',
    status: 415,
  },
  contentMismatch: {
    code: 'uploads.content_mismatch',
    says: 'uploads.content_mismatch',
    status: 415,
  },
  malformed: { code: 'uploads.malformed', says: 'uploads.malformed', status: 422 },
  polyglot: { code: 'uploads.polyglot', says: 'uploads.polyglot', status: 422 },
  activeContent: { code: 'uploads.active_content', says: 'uploads.active_content', status: 422 },
  externalEntity: {
    code: 'uploads.external_entity',
    says: 'uploads.active_content',
    status: 422,
  },
  externalReference: {
    code: 'uploads.external_reference',
    says: 'uploads.external_reference',
    status: 422,
  },
  macro: { code: 'uploads.macro', says: 'uploads.macro', status: 422 },
  encrypted: { code: 'uploads.encrypted', says: 'uploads.encrypted', status: 422 },
  bomb: { code: 'uploads.bomb', says: 'uploads.bomb', status: 413 },
  pixelBomb: { code: 'uploads.pixel_bomb', says: 'uploads.pixel_bomb', status: 413 },
  metadataTooLarge: {
    code: 'uploads.metadata_too_large',
    says: 'uploads.metadata_too_large',
    status: 413,
  },
  archiveEntries: { code: 'uploads.archive_entries', says: 'uploads.bomb', status: 413 },
  archiveDepth: { code: 'uploads.archive_depth', says: 'uploads.archive_depth', status: 422 },
  archivePath: { code: 'uploads.archive_path', says: 'uploads.archive_path', status: 422 },
  archiveLink: { code: 'uploads.archive_link', says: 'uploads.archive_path', status: 422 },
  archiveEncrypted: {
    code: 'uploads.archive_encrypted',
    says: 'uploads.encrypted',
    status: 422,
  },
  malware: { code: 'uploads.malware', says: 'uploads.malware', status: 422 },
  scannerDown: {
    code: 'uploads.scanner_down',
    says: 'uploads.scanner_down',
    status: 503,
    retryAfterSeconds: 60,
  },

  // A path below a folder of ours.
  link: { code: 'uploads.link', says: 'uploads.absent', status: 404 },
  notAFile: { code: 'uploads.not_a_file', says: 'uploads.absent', status: 404 },
  absent: { code: 'uploads.absent', says: 'uploads.absent', status: 404 },
  exists: { code: 'uploads.exists', says: 'uploads.exists', status: 409 },

  // Giving back.
  badLink: { code: 'uploads.bad_link', says: 'uploads.bad_link', status: 403 },
  expiredLink: { code: 'uploads.expired_link', says: 'uploads.bad_link', status: 403 },
  range: { code: 'uploads.range', says: 'uploads.range', status: 416 },
} as const

/** `refusal` with what the operator wants to know: where in the file, which limit. */
export function because(refusal: Refusal, why: string): Refusal {
  return { ...refusal, why }
}

/** The commonest of them: the bytes are not what their format demands. */
export function malformed(why: string): Refusal {
  return { ...refusals.malformed, why }
}
