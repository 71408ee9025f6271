// Words of what is seen first; each other screen brings its own (strings-*.ts). English; numbers and dates follow the browser.
import { count } from './format';

const plural = new Intl.PluralRules('en');
export const n = (number: number, one: string, many: string): string => `${count(number)} ${plural.select(number) === 'one' ? one : many}`;

export const photos = (number: number): string => n(number, 'photo', 'photos');
export const files = (number: number): string => n(number, 'file', 'files');

export const words = {
  product: 'Tintype',
  tagline: 'Your photos, in your own AWS account.', taglineHere: 'Your photos, on this machine.',
  nav: { main: 'Main', photos: 'Photos', trash: 'Trash', status: 'Status', more: 'More', upload: 'Upload', select: 'Select photos', shortcuts: 'Keyboard shortcuts', signOut: 'Sign out', skipTo: 'Skip to photos', skip: 'Skip photos', uploadPhotos: 'Photos…', uploadFolder: 'Folder…' },
  titles: { photos: 'Photos – Tintype', trash: 'Trash – Tintype', status: 'Status – Tintype', signIn: 'Sign in – Tintype', notFound: 'Not found – Tintype', of: (name: string) => `${name} – Tintype` },
  signIn: {
    button: 'Sign in', keep: 'Keep me signed in on this device', keepHelp: 'Leave off on a shared computer.', again: 'Sign in again', tryAgain: 'Try again',
    ended: 'You are signed out.', unreachable: 'The sign-in page cannot be reached.', notStartedHere: 'This sign-in link was not started here.',
    notFinished: (code: string) => `Sign-in was not finished (${code}).`, version: (version: string) => `version ${version}`, going: 'Going to the sign-in page…',
  },
  empty: {
    drop: 'Drop photos or folders here', phone: 'Back up your photos', where: 'They go straight to your own S3 bucket, bit for bit.', whereHere: 'They are kept on this machine, bit for bit.', choose: 'Choose photos', folder: 'Choose a folder',
    iphone: 'iPhone gives web pages a JPEG copy of HEIC photos. For the HEIC original choose it from Files.',
    onlyTrash: (number: number) => `No photos here. ${n(number, 'is', 'are')} in the trash.`, first: 'Your photos appear here as soon as the first one is safe.',
  },
  drop: 'Drop to back up', started: (number: number) => `Backing up ${photos(number)}`,
  timeline: {
    feed: 'Photos', jump: 'Jump to date', go: 'Go', date: 'Date', jumpTo: 'Show photos from',
    end: (number: number, first: string) => `That is everything: ${photos(number)}, the first from ${first}.`,
    failed: 'These photos could not be loaded.', loading: 'Loading photos', newPhotos: (number: number) => n(number, 'new photo', 'new photos'),
    scrubber: 'Date', monthOf: (month: string, number: number) => `${month}, ${photos(number)}`,
  },
  tile: {
    photo: 'Photo', noPreview: (type: string) => `no preview, ${type} file`, pending: 'Preview in a moment', cannotShow: 'cannot be shown now', selected: 'selected',
    daysLeft: (days: number) => (days === 0 ? 'any moment now' : n(days, 'day left', 'days left')), daysShort: (days: number) => (days === 0 ? 'soon' : n(days, 'day', 'days')),
  },
  selection: {
    count: (number: number) => `${count(number)} selected`, walking: (number: number) => `Selecting… ${count(number)}`, failed: 'Not all of it could be selected.', clear: 'Clear selection', cleared: 'Selection cleared', download: 'Download', trash: 'Move to trash', restore: 'Restore',
    day: (label: string, number: number) => `Select ${label}, ${photos(number)}`, bar: 'Selection',
  },
  toast: {
    trashed: (number: number) => `${photos(number)} moved to trash`, restored: (number: number) => `${photos(number)} restored`, undo: 'Undo', retry: 'Retry', show: 'Show',
    notTrashed: (number: number) => `${photos(number)} could not be moved`, notRestored: (number: number) => `${photos(number)} could not be restored`, dismiss: 'Dismiss',
    downloadFailed: 'The original could not be fetched.',
  },
  errors: {
    offline: 'You are offline. Uploads wait and go on by themselves.', api: 'Tintype cannot reach its API.', config: 'Tintype cannot read its configuration.', tryAgain: 'Try again', missing: 'This photo does not exist, or is not yours.', notFound: 'There is nothing at this address.', toPhotos: 'Go to your photos', stopped: 'Something in this page broke. Your photos are not touched by it.', reload: 'Reload',
  },
} as const;
