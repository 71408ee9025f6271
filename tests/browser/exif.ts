// EXIF for photos of our own making: as much of it as the tests speak of.
// Exif 2.32, TIFF 6.0: https://www.cipa.jp/std/documents/download_e.html?DC-008-Translation-2019-E

export interface Exif {
  /** 1 to 8. */
  orientation?: number;
  make?: string;
  model?: string;
  /** `2024:05:14 15:42:07` */
  original?: string;
  created?: string;
  /** `+02:00` */
  offset?: string;
  exposure?: [number, number];
  aperture?: [number, number];
  focal?: [number, number];
  iso?: number;
  /** Degrees. */
  place?: { latitude: number; longitude: number };
}

interface Tag {
  id: number;
  type: 2 | 3 | 4 | 5;
  count: number;
  data: Buffer;
}

const text = (id: number, value: string): Tag => ({ id, type: 2, count: Buffer.byteLength(value) + 1, data: Buffer.from(`${value}\0`) });
const short = (id: number, value: number): Tag => {
  const data = Buffer.alloc(2);
  data.writeUInt16BE(value);
  return { id, type: 3, count: 1, data };
};
const long = (id: number, value: number): Tag => {
  const data = Buffer.alloc(4);
  data.writeUInt32BE(value);
  return { id, type: 4, count: 1, data };
};
const rationals = (id: number, values: readonly (readonly [number, number])[]): Tag => {
  const data = Buffer.alloc(8 * values.length);
  values.forEach(([a, b], i) => {
    data.writeUInt32BE(a, 8 * i);
    data.writeUInt32BE(b, 8 * i + 4);
  });
  return { id, type: 5, count: values.length, data };
};

/** A directory as it stands at an offset of the TIFF, with what does not fit into its entries behind it. */
function directory(tags: readonly Tag[], at: number): Buffer {
  const head = Buffer.alloc(2 + 12 * tags.length + 4);
  head.writeUInt16BE(tags.length);
  const behind: Buffer[] = [];
  let next = at + head.length;
  [...tags].sort((a, b) => a.id - b.id).forEach(({ id, type, count, data }, i) => {
    const entry = 2 + 12 * i;
    head.writeUInt16BE(id, entry);
    head.writeUInt16BE(type, entry + 2);
    head.writeUInt32BE(count, entry + 4);
    if (data.length <= 4) return void data.copy(head, entry + 8);
    head.writeUInt32BE(next, entry + 8);
    const even = data.length % 2 ? Buffer.concat([data, Buffer.alloc(1)]) : data;
    behind.push(even);
    next += even.length;
  });
  return Buffer.concat([head, ...behind]);
}

const degrees = (value: number): [number, number][] => {
  const all = Math.round(Math.abs(value) * 3600 * 100);
  return [[Math.floor(all / 360_000), 1], [Math.floor((all % 360_000) / 6000), 1], [all % 6000, 100]];
};

/** The same JPEG with EXIF in it. */
export function withExif(jpeg: Buffer, exif: Exif): Buffer {
  const own: Tag[] = [];
  if (exif.original) own.push(text(0x9003, exif.original));
  if (exif.created) own.push(text(0x9004, exif.created));
  if (exif.offset) own.push(text(0x9011, exif.offset));
  if (exif.exposure) own.push(rationals(0x829a, [exif.exposure]));
  if (exif.aperture) own.push(rationals(0x829d, [exif.aperture]));
  if (exif.focal) own.push(rationals(0x920a, [exif.focal]));
  if (exif.iso) own.push(short(0x8827, exif.iso));
  const { place } = exif;
  const gps: Tag[] = place
    ? [text(1, place.latitude < 0 ? 'S' : 'N'), rationals(2, degrees(place.latitude)), text(3, place.longitude < 0 ? 'W' : 'E'), rationals(4, degrees(place.longitude))]
    : [];
  const main = (exifAt: number, gpsAt: number): Tag[] => [
    ...(exif.make ? [text(0x010f, exif.make)] : []),
    ...(exif.model ? [text(0x0110, exif.model)] : []),
    ...(exif.orientation ? [short(0x0112, exif.orientation)] : []),
    ...(own.length > 0 ? [long(0x8769, exifAt)] : []),
    ...(gps.length > 0 ? [long(0x8825, gpsAt)] : []),
  ];
  const exifAt = 8 + directory(main(0, 0), 8).length;
  const gpsAt = exifAt + directory(own, exifAt).length;
  const tiff = Buffer.concat([Buffer.from('MM\0*\0\0\0\x08', 'latin1'), directory(main(exifAt, gpsAt), 8), directory(own, exifAt), directory(gps, gpsAt)]);
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2)]);
}

/** The same JPEG with an XMP packet that says when it was taken (ISO 16684-1). */
export function withXmp(jpeg: Buffer, taken: string): Buffer {
  const packet = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:DateTimeOriginal="${taken}"/></rdf:RDF></x:xmpmeta>`;
  const body = Buffer.from(`http://ns.adobe.com/xap/1.0/\0${packet}`, 'latin1');
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2)]);
}
