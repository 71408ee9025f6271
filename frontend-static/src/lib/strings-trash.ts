// Words of the trash: loaded with it.
import { n, photos } from './strings';

export const trashWords = {
  trash: {
    title: 'Trash', about: (number: number) => `${photos(number)}. ${number === 1 ? 'It stays' : 'They stay'} here for 30 days.`, aboutShort: (number: number) => `${photos(number)}, kept 30 days`, empty: 'The trash is empty.', emptyButton: 'Empty trash…', emptyShort: 'Empty…',
    dialogTitle: (number: number) => `Remove ${photos(number)} for good?`, dialogText: 'This cannot be undone from this page.', cancel: 'Cancel', remove: (number: number) => `Remove ${photos(number)}`,
    daysLeft: (days: number) => (days === 0 ? 'any moment now' : days === 1 ? 'today' : n(days, 'day left', 'days left')), daysShort: (days: number) => (days === 0 ? 'soon' : days === 1 ? 'today' : n(days, 'day', 'days')),
    removingHere: 'They are being removed.',
    removing: 'They are being removed. The bucket keeps hidden versions for 30 days; only an AWS administrator can bring them back.',
  },
} as const;
