// Words of downloads of many: loaded with them.
import { count } from './format';
import { photos } from './strings';

export const downloadWords = {
  progress: (done: number, total: number) => `Downloading ${count(done)} of ${count(total)}`,
  done: (number: number) => `${photos(number)} saved, all checked`,
  stopped: (number: number) => `Stopped. ${photos(number)} saved.`,
  failed: (done: number, names: readonly string[]) => `${photos(done)} saved. Not saved: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${count(names.length - 3)} more` : ''}.`,
  tooMuch: 'This is too much for a download by this browser. Select less, or use the tintype command.',
  retry: 'Retry',
} as const;
