// Words of the ways through time: loaded with them.
import { photos } from './strings';

export const timelineWords = {
  jump: 'Jump to date', go: 'Go', jumpTo: 'Show photos from',
  scrubber: 'Date', monthOf: (month: string, number: number) => `${month}, ${photos(number)}`,
} as const;
