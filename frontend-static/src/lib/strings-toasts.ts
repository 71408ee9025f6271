// Words of what was done, and how it ended: loaded with whatever does it.
import { photos } from './strings';

export const toastWords = {
  toast: {
    trashed: (number: number) => `${photos(number)} moved to trash`, restored: (number: number) => `${photos(number)} restored`, undo: 'Undo', retry: 'Retry', show: 'Show',
    notTrashed: (number: number) => `${photos(number)} could not be moved`, notRestored: (number: number) => `${photos(number)} could not be restored`,
    downloadFailed: 'The original could not be fetched.',
  },
} as const;
