import { attacked, type Evidences, rowed, shown } from './shown.ts'

const SAMPLES = 'library/src/shield/uploads/judge/judge.test.ts'

/** V5 file handling. */
export const files: Evidences = {
  '5.2.1': attacked('uploads', 'upload.size-limit', {
    how: 'Bytes are counted as they come (10 MiB a file, 20 MiB a request, 10 files); at the first one too many the answer is given and reading ends.',
  }),
  '5.2.2': attacked('uploads', 'upload.type-mismatch', {
    how: 'Extension, declared type and content must agree with the list; the content is walked to its last byte.',
  }),
  '5.2.3': shown('uploads.archive', SAMPLES, '… sample …, from memory and from disk', {
    check: 'uploads.wide-archives',
    how: 'Archives are read before anybody unpacks them: 1,000 entries, 100 MiB, 100 to 1, two deep; what is packed is counted while it is inflated.',
  }),
  '5.2.4': shown(
    'uploads.quota',
    'library/src/shield/uploads/receive/reception.test.ts',
    'of a hundred uploads at once none takes more than the quota, to the byte',
    {
      check: 'uploads.no-quota',
      how: 'Places in the quota are reserved as bytes arrive, also between processes.',
    },
  ),
  '5.2.5': rowed(
    'uploads.archive',
    'library/src/shield/uploads/judge/documents.test.ts',
    'a link',
    { how: 'Links, devices and pipes in archives are refused unless the options let links in.' },
  ),
  '5.2.6': attacked('uploads.image', 'upload.pixel-flood', {
    check: 'uploads.large-pictures',
    how: 'The size is read from the header before anybody decodes; over 40 megapixels it is refused.',
  }),
  '5.3.1': shown(
    'uploads',
    'library/src/shield/uploads/uploads.test.ts',
    'names on the disk are nobody’s, folders and files are for us alone',
    {
      how: 'Files have random names in a folder for the service alone, and go out as attachments in a sandbox.',
    },
  ),
  '5.3.2': shown(
    'uploads',
    'library/src/shield/uploads/names/file-name.test.ts',
    'no decoding of a segment that passes ever leads out of its folder',
    {
      how: 'Names on the disk are random; the sender’s name is kept beside the file. Paths are opened folder by folder through descriptors.',
    },
  ),
  '5.3.3': attacked('uploads.archive', 'upload.zip-slip', {
    how: 'No archive is unpacked; one whose entries climb, or have two names, is refused whole.',
  }),
  '5.4.1': attacked('uploads.download', 'upload.served-headers'),
  '5.4.2': shown(
    'uploads.download',
    'library/src/shield/uploads/give/give.test.ts',
    'any name makes one disposition with one or two parameters, whose longer form is the name',
  ),
  '5.4.3': shown(
    'uploads.scan',
    'library/src/shield/uploads/receive/scan.test.ts',
    'nobody can read a file before its scanner has answered',
    {
      check: 'uploads.unscanned',
      how: 'A scanner looks at each file before anybody can read it; without its plain yes nobody gets in.',
    },
  ),
}
