// Words of what is seen first; each other screen brings its own (strings-*.ts). English; numbers and dates follow the browser.
import { count } from './format';

const plural = new Intl.PluralRules('en');
export const n = (number: number, one: string, many: string): string => `${count(number)} ${plural.select(number) === 'one' ? one : many}`;

export const photos = (number: number): string => n(number, 'photo', 'photos');
export const files = (number: number): string => n(number, 'file', 'files');

export const words = {
  product: 'Tintype',
  tagline: 'Your photos, in your own AWS account.', taglineHere: 'Your photos, on this machine.',
  nav: { main: 'Main', photos: 'Photos', trash: 'Trash', status: 'Status', more: 'More', upload: 'Upload', select: 'Select photos', shortcuts: 'Keyboard shortcuts', signOut: 'Sign out', skipTo: 'Skip to photos', uploadPhotos: 'Photos…', uploadFolder: 'Folder…' },
  titles: { photos: 'Photos – Tintype', trash: 'Trash – Tintype', signIn: 'Sign in – Tintype', of: (name: string) => `${name} – Tintype` },
  signIn: {
    button: 'Sign in', keep: 'Keep me signed in on this device', keepHelp: 'Leave off on a shared computer.', again: 'Sign in again', tryAgain: 'Try again',
    ended: 'You are signed out.', unreachable: 'The sign-in page cannot be reached.', notStartedHere: 'This sign-in link was not started here.',
    notFinished: (code: string) => `Sign-in was not finished (${code}).`, version: (version: string) => `version ${version}`, going: 'Going to the sign-in page…',
  },
  drop: 'Drop to back up', started: (number: number) => `Backing up ${photos(number)}`,
  timeline: {
    feed: 'Photos',
    end: (number: number, first: string) => `That is everything: ${photos(number)}, the first from ${first}.`,
    failed: 'These photos could not be loaded.', newPhotos: (number: number) => n(number, 'new photo', 'new photos'),
  },
  tile: {
    photo: 'Photo', noPreview: (type: string) => `no preview, ${type} file`, pending: 'Preview in a moment', cannotShow: 'cannot be shown now', doubted: 'original not found by the last check', unchecked: 'original not checked yet', selected: 'selected',
  },
  selection: {
    count: (number: number) => `${count(number)} selected`, cleared: 'Selection cleared', download: 'Download', trash: 'Move to trash', restore: 'Restore',
    day: (label: string, number: number | false) => `Select ${label}${number ? `, ${photos(number)}` : ''}`,
  },
  errors: {
    offline: 'You are offline. Uploads wait and go on by themselves.', api: 'Tintype cannot reach its API.', config: 'Tintype cannot read its configuration.', tryAgain: 'Try again', part: 'A part of the page could not be loaded.', blocked: 'This browser keeps nothing for Tintype. Allow cookies and site data for this address, then try again.',
  },
} as const;
