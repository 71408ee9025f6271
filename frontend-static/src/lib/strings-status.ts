// Words of the status screen: loaded with it.
import type { components } from '../api/schema';
import { count } from './format';
import { files, n, photos } from './strings';

type Kind = components['schemas']['Kind'];

/** What an audit names, a number of it. */
const kinds: Record<Kind, (number: string, one: boolean) => string> = {
  lost: (number, one) => `${number} ${one ? 'original is' : 'originals are'} missing`,
  wrong_size: (number, one) => `${number} ${one ? 'original has' : 'originals have'} another size`,
  wrong_checksum: (number, one) => `${number} ${one ? 'original has' : 'originals have'} other bytes`,
  replaced: (number, one) => `${number} ${one ? 'original was' : 'originals were'} written again, with the right bytes`,
  orphaned_original: (number, one) => `${number} ${one ? 'original' : 'originals'} without a record`,
  without_variants: (number, one) => `${number} ${one ? 'photo' : 'photos'} without thumb or preview`,
  orphaned_variant: (number, one) => `${number} ${one ? 'thumb or preview' : 'thumbs or previews'} without a record`,
  strange_key: (number, one) => `${number} ${one ? 'object' : 'objects'} that Tintype did not write`,
  unreadable_record: (number, one) => `${number} ${one ? 'record' : 'records'} that cannot be read`,
  unlisted: (number, one) => `${number} ${one ? 'record lacks' : 'records lack'} what ${one ? 'it is' : 'they are'} found by`,
  strange_item: (number, one) => `${number} ${one ? 'item' : 'items'} of the catalog that Tintype did not write`,
  leftover: (number, one) => `${number} ${one ? 'object' : 'objects'} left over beside photos that are whole: nothing to do`,
};

export const statusWords = {
  kind: (kind: Kind, number: number) => kinds[kind](count(number), number === 1),
  status: {
    title: 'Status – Tintype', health: (number: number) => (number === 0 ? 'No photos yet' : `${photos(number)}, all safe`), explain: 'Every original is in the vault at its right size and checksum.', photos: 'Photos',
    previews: (withPreview: number, without: number) => (without ? `${count(withPreview)} with preview, ${count(without)} kept as ${without === 1 ? 'it is' : 'they are'}` : `${count(withPreview)} with preview`),
    pending: (number: number) => `${count(number)} wait for their preview.`, inTrash: (number: number) => `${count(number)} more in the trash.`, why: 'Why some have no preview', storage: 'Storage', originals: (size: string) => `${size} originals`, trashBytes: (size: string) => `${size} trash`,
    cost: 'Cost', about: (amount: string) => `About ${amount} a month`, free: 'Nothing', freeWhy: 'This Tintype keeps its photos on its own machine.', original: 'Originals', formula: (size: string, price: string) => `, ${size} × ${price}`, truth: 'An estimate of storage; your AWS bill is the truth.', audit: 'Last audit', noAudit: 'No audit has run yet.',
    checked: (number: number, differences: number) => `${count(number)} checked, ${differences ? n(differences, 'difference', 'differences') : 'no differences'}.`, old: (days: number) => `Last audit is ${n(days, 'day', 'days')} old`,
    attention: 'Not everything is as it should be.', whatToDo: 'What to do', newTab: 'opens in a new tab', inTheTrash: 'in the trash', more: (number: number) => `and ${count(number)} more`,
    drill: (date: string, number: number, wrong: number) => `Read back ${date}: ${photos(number)} byte for byte${wrong ? `, ${count(wrong)} not` : ''}.`,
    stuck: (number: number, since: string) => `${n(number, 'file is', 'files are')} received or waiting for a preview for longer than usual${since ? `, since ${since}` : ''}`,
    keeperLate: (since: string) => `The keeper, which finishes what was interrupted, last ran ${since}`,
    foot: (version: string, name: string) => `Tintype ${version} · signed in as ${name}`, check: 'Check a folder', checkDrop: 'Drop a folder here, or choose one, to see which files are safe', checkChoose: 'Choose photos to see which of them are safe', checkPhotos: 'Choose photos', checkNothing: 'Nothing is sent; files are only compared.', checkButton: 'Choose a folder',
    copyList: 'Copy list', copied: 'Copied', notCopied: 'This browser did not allow it to be copied.', checkLooking: (number: number) => `Looking… ${count(number)} found`, others: (number: number) => `${n(number, 'other file is', 'other files are')} no photo or video and ${number === 1 ? 'was' : 'were'} not compared.`,
    checking: (done: number, all: number) => `Comparing ${count(done)} of ${files(all)}…`, allSafe: (number: number) => `${number === 1 ? 'The file is' : `All ${files(number)} are`} safe in your bucket. You can delete ${number === 1 ? 'it' : 'them'} from this device.`, allSafeHere: (number: number) => `${number === 1 ? 'The file is' : `All ${files(number)} are`} safe in the Tintype of this machine.`,
    someSafe: (safe: number, all: number) => `${count(safe)} of ${count(all)} are safe. ${count(all - safe)} ${all - safe === 1 ? 'is' : 'are'} not:`, checkFailed: 'The comparison was not finished. Try again.', uploadThese: (number: number) => `Upload these ${count(number)}`, noFiles: 'There are no photos in this folder.',
  },
} as const;
