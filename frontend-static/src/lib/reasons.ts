// Codes of the API in words. A code that is not listed is shown as it is, so that nothing is hidden.

const PREVIEW: Record<string, string> = {
  not_an_image: 'Not a picture that we can read',
  unsupported: 'We cannot show {TYPE} yet',
  broken: 'The file is damaged; we kept it as it is',
  too_large: 'Too large to make a preview',
  out_of_memory: 'Too large to make a preview',
};

const REFUSED: Record<string, string> = {
  too_large: 'larger than this Tintype takes',
  malformed_checksum: 'its checksum could not be read',
};

const SOURCE: Record<string, string> = {
  exif: 'from the camera',
  exif_created: 'from the camera (create date)',
  xmp: 'from XMP',
  file_name: 'read from the file name',
  modified: 'from the file’s modification time',
  uploaded: 'time of upload; the photo carries no date',
};

const FILMS = new Set('MOV MP4 M4V AVI MKV WEBM MTS M2TS 3GP MPG MPEG QUICKTIME X-MSVIDEO'.split(' '));

export function previewReason(code: string | null | undefined, type: string): string {
  if (!code) return 'No preview';
  // Nothing is wrong with a film: there are no pictures of films yet.
  if (FILMS.has(type) && code !== 'too_large' && code !== 'out_of_memory') return `${type} is a film; we keep it and cannot show it yet`;
  return PREVIEW[code]?.replace('{TYPE}', type) ?? `No preview (${code})`;
}

export const refusedReason = (code: string): string => REFUSED[code] ?? code;
export const takenSource = (code: string): string => SOURCE[code] ?? code;

/** A date that we had to guess deserves a sign. */
export const isGuessed = (code: string): boolean => code === 'modified' || code === 'uploaded';

export const knownPreviewReasons = (): string[] => Object.keys(PREVIEW);
export const knownSources = (): string[] => Object.keys(SOURCE);
