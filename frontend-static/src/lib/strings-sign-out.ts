// Words of the question at sign-out: loaded with it.
import { n } from './strings';

export const signOutWords = {
  title: 'Uploads are not finished', stay: 'Stay', out: 'Sign out',
  text: (left: number) => `${n(left, 'file is', 'files are')} still to be sent. They go on when you sign in here again; those that this browser could not remember you choose once more.`,
} as const;
