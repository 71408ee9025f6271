// Words of a selection: loaded with its bar.
import { count } from './format';
import { n } from './strings';

export const selectionWords = {
  walking: (number: number) => `Selecting… ${count(number)}`, failed: 'Not all of it could be selected.', clear: 'Clear selection', bar: 'Selection',
  unchecked: (number: number) => `${n(number, 'original', 'originals')} not checked yet`,
  doubted: (number: number) => `${n(number, 'original', 'originals')} not found by the last check`,
} as const;
