// The one line in the bar: exactly one thing, the most pressing.
import { count, eta } from './format';
import { files } from './strings';

export interface ChipInput {
  offline: boolean;
  failed: number;
  left: number;
  secondsLeft: number | null;
  received: number;
  safe: number | null;
  /** What /me says instead, if it does not call them safe. */
  unsafe: string | null;
  /** What audits and drills found. */
  found: number;
}

export type ChipKind = 'attention' | 'uploading' | 'received' | 'safe' | 'offline' | 'found';

export interface Chip {
  kind: ChipKind;
  icon: string;
  number: string;
  text: string;
  sentence: string;
}

export function chip(input: ChipInput): Chip | null {
  const { failed, left, received, safe } = input;
  if (failed > 0)
    return {
      kind: 'attention', icon: 'triangle-alert', number: count(failed),
      text: `${count(failed)} need${failed === 1 ? 's' : ''} attention`,
      sentence: `${files(failed)} could not be backed up. Show the uploads.`,
    };
  if (left > 0 && !input.offline) {
    const time = eta(input.secondsLeft);
    return {
      kind: 'uploading', icon: 'cloud-upload', number: count(left),
      text: time ? `${count(left)} left · ${time}` : `${count(left)} left`,
      sentence: `${files(left)} left to send${time ? `, about ${time}` : ''}. Show the uploads.`,
    };
  }
  if (received > 0 && !input.offline)
    return {
      kind: 'received', icon: 'received', number: count(received),
      text: `${count(received)} received, not safe yet`,
      sentence: `${files(received)} received, not safe yet. Show the uploads.`,
    };
  if (input.offline)
    return { kind: 'offline', icon: 'wifi-off', number: '', text: 'Offline', sentence: 'You are offline.' };
  if (input.found > 0)
    return {
      kind: 'found', icon: 'triangle-alert', number: count(input.found),
      text: `${count(input.found)} need${input.found === 1 ? 's' : ''} attention`,
      sentence: `The last check found ${count(input.found)} that need${input.found === 1 ? 's' : ''} attention. Show the status.`,
    };
  if (safe && input.unsafe)
    return { kind: 'found', icon: 'triangle-alert', number: count(safe), text: 'Not all checked', sentence: `${input.unsafe}. Show the status.` };
  if (safe)
    return {
      kind: 'safe', icon: 'shield-check', number: count(safe), text: `${count(safe)} safe`,
      sentence: `${count(safe)} ${safe === 1 ? 'photo is' : 'photos are'} safe. Show the status.`,
    };
  return null;
}
