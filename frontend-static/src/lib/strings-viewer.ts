// Words of the viewer: loaded with it.
import { n } from './strings';

export const viewerWords = {
  lightbox: {
    back: 'Back to photos', backToTrash: 'Back to the trash', safe: 'Safe', zoom: 'Zoom', info: 'Info', closeInfo: 'Close info', download: 'Download original', trash: 'Move to trash', restore: 'Restore', more: 'More',
    newer: 'Newer photo', older: 'Older photo', notSafe: 'Not safe yet', inTrash: 'In the trash', failed: 'This picture cannot be shown now.', tryAgain: 'Try again', full: (size: string) => `Full size, ${size}`, fetching: 'Fetching the original…',
    keptAsIs: 'Kept as it is.', doubted: 'Not safe', unchecked: 'Not checked',
  },
  info: {
    title: 'Info', place: 'Open in OpenStreetMap', newTab: 'opens in a new tab', uploaded: (date: string) => `uploaded ${date}`, safeSince: (date: string) => `Safe since ${date}`, matched: 'Stored bytes matched size and',
    audited: (date: string) => `Checked again ${date}.`, sha: 'SHA-256', copy: 'Copy', copied: 'Copied', notCopied: 'This browser did not allow it to be copied.', receipt: 'Download receipt', notSafe: 'Received, not safe yet', keep: 'Keep the file on your device until this says Safe.',
    doubted: 'The last check did not find this photo’s original.', doubtedWhy: 'It is missing, or other bytes are in its place. If you still have the file, upload it again: it is kept until a repair puts it where it belongs.', whatToDo: 'What to do',
    unchecked: 'Nobody has checked this photo’s original yet.', uncheckedWhy: 'No audit has looked since the catalog, or what the last one noted in it, was made anew. The next one says whether the original is safe.',
    inTrash: (days: number) => (days === 0 ? 'In the trash, to be removed any moment now.' : days === 1 ? 'In the trash, to be removed today.' : `In the trash, ${n(days, 'day', 'days')} left.`), loading: 'Loading', failed: 'The details could not be loaded.',
  },
} as const;
