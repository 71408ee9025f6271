// All words of the page. English; numbers and dates follow the browser.
import { count } from './format';

const plural = new Intl.PluralRules('en');
const n = (number: number, one: string, many: string): string => `${count(number)} ${plural.select(number) === 'one' ? one : many}`;

export const photos = (number: number): string => n(number, 'photo', 'photos');
export const files = (number: number): string => n(number, 'file', 'files');

export const words = {
  product: 'Tintype',
  tagline: 'Your photos, in your own AWS account.',
  nav: { main: 'Main', photos: 'Photos', trash: 'Trash', status: 'Status', more: 'More', upload: 'Upload', select: 'Select photos', shortcuts: 'Keyboard shortcuts', signOut: 'Sign out', skipTo: 'Skip to photos', skip: 'Skip photos', uploadPhotos: 'Photos…', uploadFolder: 'Folder…' },
  titles: { photos: 'Photos – Tintype', trash: 'Trash – Tintype', status: 'Status – Tintype', signIn: 'Sign in – Tintype', notFound: 'Not found – Tintype', of: (name: string) => `${name} – Tintype` },
  signIn: {
    button: 'Sign in', keep: 'Keep me signed in on this device', keepHelp: 'Leave off on a shared computer.', again: 'Sign in again', tryAgain: 'Try again',
    ended: 'You are signed out.', unreachable: 'The sign-in page cannot be reached.', notStartedHere: 'This sign-in link was not started here.',
    notFinished: (code: string) => `Sign-in was not finished (${code}).`, version: (version: string) => `version ${version}`, going: 'Going to the sign-in page…',
  },
  empty: {
    drop: 'Drop photos or folders here', phone: 'Back up your photos', where: 'They go straight to your own S3 bucket, bit for bit.', choose: 'Choose photos', folder: 'Choose a folder',
    iphone: 'iPhone gives web pages a JPEG copy of HEIC photos. For the HEIC original choose it from Files.',
    onlyTrash: (number: number) => `No photos here. ${n(number, 'is', 'are')} in the trash.`, first: 'Your photos appear here as soon as the first one is safe.',
  },
  drop: 'Drop to back up',
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
    count: (number: number) => `${count(number)} selected`, clear: 'Clear selection', cleared: 'Selection cleared', download: 'Download', trash: 'Move to trash', restore: 'Restore',
    day: (label: string, number: number) => `Select ${label}, ${photos(number)}`, bar: 'Selection',
  },
  lightbox: {
    viewer: 'Photo viewer', back: 'Back to photos', backToTrash: 'Back to the trash', safe: 'Safe', zoom: 'Zoom', info: 'Info', closeInfo: 'Close info', download: 'Download original', trash: 'Move to trash', restore: 'Restore', more: 'More',
    newer: 'Newer photo', older: 'Older photo', notSafe: 'Not safe yet', inTrash: 'In the trash', failed: 'This picture cannot be shown now.', tryAgain: 'Try again',
    missing: 'This photo does not exist, or is not yours.', keptAsIs: 'Kept as it is.',
  },
  info: {
    title: 'Info', place: 'Open in OpenStreetMap', newTab: 'opens in a new tab', uploaded: (date: string) => `uploaded ${date}`, safeSince: (date: string) => `Safe since ${date}`, matched: 'Stored bytes matched size and SHA-256.',
    audited: (date: string) => `Checked again ${date}.`, sha: 'SHA-256', copy: 'Copy', copied: 'Copied', receipt: 'Download receipt', notSafe: 'Received, not safe yet', keep: 'Keep the file on your device until this says Safe.',
    inTrash: (days: number) => (days === 0 ? 'In the trash, to be removed any moment now.' : `In the trash, ${n(days, 'day', 'days')} left.`), loading: 'Loading', failed: 'The details could not be loaded.',
  },
  trash: {
    title: 'Trash', about: (number: number) => `${photos(number)}. ${number === 1 ? 'It stays' : 'They stay'} here for 30 days.`, aboutShort: (number: number) => `${photos(number)}, kept 30 days`, empty: 'The trash is empty.', emptyButton: 'Empty trash…', emptyShort: 'Empty…',
    dialogTitle: (number: number) => `Remove ${photos(number)} for good?`, dialogText: 'This cannot be undone from this page.', cancel: 'Cancel', remove: (number: number) => `Remove ${photos(number)}`,
    removing: 'They are being removed. The bucket keeps hidden versions for 30 days; only an AWS administrator can bring them back.',
  },
  toast: {
    trashed: (number: number) => `${photos(number)} moved to trash`, restored: (number: number) => `${photos(number)} restored`, undo: 'Undo', retry: 'Retry', show: 'Show',
    notTrashed: (number: number) => `${photos(number)} could not be moved`, notRestored: (number: number) => `${photos(number)} could not be restored`, dismiss: 'Dismiss',
    downloadFailed: 'The original could not be fetched.', tooMany: 'Select at most 20 photos at a time to download them.',
  },
  status: {
    health: (number: number) => (number === 0 ? 'No photos yet' : `${photos(number)}, all safe`), explain: 'Every original is in the vault at its right size and checksum.', photos: 'Photos',
    previews: (withPreview: number, without: number) => (without ? `${count(withPreview)} with preview, ${count(without)} kept as they are` : `${count(withPreview)} with preview`),
    pending: (number: number) => `${count(number)} wait for their preview.`, inTrash: (number: number) => `${count(number)} more in the trash.`, why: 'Why some have no preview', storage: 'Storage', originals: (size: string) => `${size} originals`, trashBytes: (size: string) => `${size} trash`,
    cost: 'Cost', about: (amount: string) => `About ${amount} a month`, free: 'Nothing', freeWhy: 'This Tintype keeps its photos on its own machine.', original: 'Originals', formula: (size: string, price: string) => `, ${size} × ${price}`, truth: 'An estimate of storage; your AWS bill is the truth.', audit: 'Last audit', noAudit: 'No audit has run yet.',
    checked: (number: number, differences: number) => `${count(number)} checked, ${differences ? n(differences, 'difference', 'differences') : 'no differences'}.`, old: (days: number) => `Last audit is ${n(days, 'day', 'days')} old`,
    foot: (version: string, name: string) => `Tintype ${version} · signed in as ${name}`, check: 'Check a folder', checkDrop: 'Choose a folder to see which files are safe', checkNothing: 'Nothing is sent; files are only compared.', checkButton: 'Choose a folder',
    checking: (done: number, all: number) => `Comparing ${count(done)} of ${files(all)}…`, allSafe: (number: number) => `All ${files(number)} are safe in your bucket. You can delete them from this device.`,
    someSafe: (safe: number, all: number) => `${count(safe)} of ${count(all)} are safe. ${count(all - safe)} ${all - safe === 1 ? 'is' : 'are'} not:`, checkFailed: 'The comparison was not finished. Try again.', uploadThese: (number: number) => `Upload these ${count(number)}`, noFiles: 'There are no photos in this folder.',
  },
  errors: {
    offline: 'You are offline. Uploads wait and go on by themselves.', api: 'Tintype cannot reach its API.', config: 'Tintype cannot read its configuration.', tryAgain: 'Try again', notFound: 'There is nothing at this address.', toPhotos: 'Go to your photos', stopped: 'Something in this page broke. Your photos are not touched by it.', reload: 'Reload',
  },
  uploads: {
    region: 'Uploads', backing: (number: number) => `Backing up ${photos(number)}`, looking: (number: number) => `Looking… ${count(number)} found`, allSafe: (number: number) => (number === 1 ? 'Your photo is safe.' : `All ${photos(number)} are safe.`),
    done: (safe: number, rest: string) => `${count(safe)} safe${rest ? `, ${rest}` : ''}`, paused: 'Paused', of: (done: string, all: string) => `${done} of ${all}`, about: (time: string) => `about ${time}`,
    safe: (number: number) => `${count(number)} safe`, received: (number: number) => `${count(number)} received`, already: (number: number) => `${count(number)} already safe`, failed: (number: number) => `${count(number)} failed`, skipped: (number: number) => `${count(number)} skipped`, left: (number: number) => `${count(number)} left`,
    pause: 'Pause', resume: 'Resume', retryFailed: 'Retry failed', retry: 'Retry', cancel: (name: string) => `Cancel ${name}`, retryOne: (name: string) => `Retry ${name}`, collapse: 'Collapse', expand: 'Show the files', close: 'Close', keepAnyway: 'Keep anyway', progress: (percent: number, done: number, all: number) => `${percent} percent, ${count(done)} of ${files(all)}`,
    started: (number: number) => `Backing up ${photos(number)}`, quarter: (percent: number) => `${percent} percent uploaded`, finished: (all: number, safe: number, already: number, failed: number) => `${photos(all)}: ${count(safe)} safe${already ? `, ${count(already)} already here` : ''}${failed ? `, ${count(failed)} failed` : ''}`, firstFailure: (name: string) => `${name} could not be backed up`,
    slow: 'S3 has it. Safe is taking longer than usual.', leave: 'Uploads are not finished.',
  },
  states: {
    queued: 'Waiting', hashing: 'Hashing', hashingPercent: (p: number, size: string) => `Hashing ${p} % of ${size}`, checking: 'Checking', uploading: (p: number, size: string) => `Uploading ${p} % of ${size}`, received: 'Received. Not safe yet', safe: 'Safe', already: 'Already safe', safeNoPreview: (reason: string) => `, no preview: ${reason}`,
    retrying: (seconds: number, reason: string) => `Trying again in ${seconds} s: ${reason}`, failed: 'Failed:', skipped: (reason: string) => `Skipped: ${reason}`, cancelled: 'Cancelled', needsFile: 'Choose the file again',
  },
  failures: {
    unreadable: 'the file was moved, changed or is not readable', forbidden: 'S3 refused the upload (403)', changed: 'the file changed while it was being sent', network: 'the network', busy: 'the server is busy', stalled: 'no progress', server: (status: number) => `the server answered ${status}`, deleted: 'it was deleted from Tintype', gaveUp: 'tried too often', refused: (why: string) => why,
  },
  skips: { empty: 'it is empty', hidden: 'a system file', sidecar: 'sidecar, not kept yet', notPhoto: 'not a photo or video', twice: 'twice in this drop' },
  shortcuts: { title: 'Keyboard shortcuts', grid: 'Photos', viewer: 'Viewer', close: 'Close' },
} as const;
