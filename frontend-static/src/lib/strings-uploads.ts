// Words of the upload tray: loaded with it.
import { count } from './format';
import { files, n, photos } from './strings';

export const uploadsWords = {
  uploads: {
    region: 'Uploads', backing: (number: number) => `Backing up ${photos(number)}`, soFar: (done: string) => `${done} sent so far`, looking: (number: number) => `Looking… ${count(number)} found`, allSafe: (number: number) => (number === 1 ? 'Your photo is safe.' : `All ${photos(number)} are safe.`),
    done: (safe: number, rest: string) => `${count(safe)} safe${rest ? `, ${rest}` : ''}`, paused: 'Paused', of: (done: string, all: string) => `${done} of ${all}`, about: (time: string) => `about ${time}`,
    safe: (number: number) => `${count(number)} safe`, received: (number: number) => `${count(number)} received`, already: (number: number) => `${count(number)} already safe`, failed: (number: number) => `${count(number)} failed`, skipped: (number: number) => `${count(number)} skipped`, left: (number: number) => `${count(number)} left`,
    pause: 'Pause', resume: 'Resume', retryFailed: 'Retry failed', retry: 'Retry', cancel: (name: string) => `Cancel ${name}`, retryOne: (name: string) => `Retry ${name}`, dismiss: (name: string) => `Dismiss ${name}`, dismissFailed: 'Dismiss failed', none: 'No uploads', nothing: 'There is nothing in it to back up.', collapse: 'Collapse', expand: 'Show the files', close: 'Close', keepAnyway: 'Keep anyway', progress: (percent: number, done: number, all: number) => `${percent} percent, ${count(done)} of ${files(all)}`,
    quarter: (percent: number) => `${percent} percent uploaded`, finished: (all: number, safe: number, already: number, failed: number) => `${photos(all)}: ${count(safe)} safe${already ? `, ${count(already)} already here` : ''}${failed ? `, ${count(failed)} failed` : ''}`, firstFailure: (name: string) => `${name} could not be backed up`,
    elsewhere: 'Uploading in another tab.', forgetful: 'This browser will not remember the queue.', waiting: (number: number) => `${n(number, 'upload is', 'uploads are')} waiting.`, goOn: 'Continue',
    chooseAgain: (number: number, drop: boolean) => `${n(number, 'file was', 'files were')} not finished. ${drop ? 'Drop the same folder again' : 'Choose the same files again'}; finished ones are skipped.`, choose: 'Choose again',
    slow: 'S3 has it. Safe is taking longer than usual.', leave: 'Uploads are not finished.',
  },
  states: {
    queued: 'Waiting', hashing: 'Hashing', hashingPercent: (p: number, size: string) => `Hashing ${p} % of ${size}`, checking: 'Checking', uploading: (p: number, size: string) => `Uploading ${p} % of ${size}`, received: 'Received. Not safe yet', waits: 'Received. Waits for a repair', safe: 'Safe', already: 'Already safe', safeNoPreview: (reason: string) => `, no preview: ${reason}`,
    retrying: (seconds: number, reason: string) => `Trying again in ${seconds} s: ${reason}`, failed: 'Failed:', skipped: (reason: string) => `Skipped: ${reason}`, cancelled: 'Cancelled', needsFile: 'Choose the file again',
  },
  failures: {
    unreadable: 'the file was moved, changed or is not readable', forbidden: 'S3 refused the upload (403)', changed: 'the file changed while it was being sent', network: 'the network', busy: 'the server is busy', full: 'the disk that photos are kept on is full. Free some space on it', stalled: 'no progress', server: (status: number) => `the server answered ${status}`, deleted: 'it was deleted from Tintype', refused: (why: string) => why,
  },
  skips: { empty: 'it is empty', hidden: 'a system file', sidecar: 'sidecar, not kept yet', notPhoto: 'not a photo or video', twice: 'twice in this drop' },
} as const;
