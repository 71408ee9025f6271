// Words of what is not there: loaded with the screen.
export const notFoundWords = {
  title: 'Not found – Tintype', missing: 'This photo does not exist, or is not yours.', nothing: 'There is nothing at this address.', toPhotos: 'Go to your photos',
} as const;
