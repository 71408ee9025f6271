// Words of a library without photos: loaded with it.
import { n } from './strings';

export const emptyWords = {
  empty: {
    drop: 'Drop photos or folders here', phone: 'Back up your photos', where: 'They go straight to your own S3 bucket, bit for bit.', whereHere: 'They are kept on this machine, bit for bit.', choose: 'Choose photos', folder: 'Choose a folder',
    iphone: 'iPhone gives web pages a JPEG copy of HEIC photos. For the HEIC original choose it from Files.',
    onlyTrash: (number: number) => `No photos here. ${n(number, 'is', 'are')} in the trash.`, first: 'Your photos appear here as soon as the first one is safe.',
  },
} as const;
