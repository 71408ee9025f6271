// Words of downloads of many: loaded with them.
import { count } from './format';
import { photos } from './strings';

const some = (names: readonly string[]): string => `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${count(names.length - 3)} more` : ''}`;

export const downloadWords = {
  progress: (done: number, total: number) => `Downloading ${count(done)} of ${count(total)}`,
  done: (number: number) => `${photos(number)} saved, all checked`,
  stopped: (number: number) => `Stopped. ${photos(number)} saved.`,
  ended: (done: number, missing: readonly string[], wrong: readonly string[], failed: readonly string[]) =>
    [`${photos(done)} saved.`, missing.length > 0 ? `Missing in the vault: ${some(missing)}.` : '', wrong.length > 0 ? `Not saved, other bytes than were stored: ${some(wrong)}.` : '', failed.length > 0 ? `Not fetched: ${some(failed)}.` : ''].filter(Boolean).join(' '),
  tooMuch: 'This is too much for a download by this browser. Select less, or use the tintype command.',
  retry: 'Retry',
  fetching: (name: string) => `Fetching ${name}…`,
  missing: (names: readonly string[]) => `The original of ${some(names)} is missing in the vault.`,
  wrong: (names: readonly string[]) => `${some(names)} came back with other bytes than were stored.`,
  saveAnyway: 'Save all the same', whatToDo: 'What to do',
} as const;
