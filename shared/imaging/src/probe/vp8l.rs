//! The prefix codes of a lossless WebP stream (RFC 9649, 3), which decide what memory its decoder takes.
//!
//! A stream has as many groups of five codes as the largest number in its entropy image, up to 65,536, and a decoder
//! keeps a table for each: a megabyte of codes becomes hundreds of megabytes of tables. Nothing in the file's header
//! says how many there are, so this reads the stream up to where the pixels begin.

/// The most symbols of each code of a group: green with lengths, red, blue, alpha, distances.
const ALPHABETS: [usize; 5] = [256 + 24, 256, 256, 256, 40];

/// In which order the lengths of the code for lengths are stored.
const ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// What a decoder keeps for a code beside its table.
const CODE_BYTES: u64 = 256;
/// A decoder looks up so many bits at once, in a table of four bytes an entry; longer codes become a tree, of two nodes
/// of sixteen bytes a symbol.
const TABLE_BITS: usize = 10;
const SYMBOL_BYTES: u64 = 64;

/// Bytes that a decoder takes for the codes of a stream, as far as the stream can be read. `size` is that of the
/// picture where the stream has none of its own, as in an ALPH chunk.
pub(crate) fn code_bytes(stream: &[u8], size: Option<(u32, u32)>) -> u64 {
    let mut reader = Reader { stream, at: 0, code_bytes: 0 };
    // What was read before the end, or before what makes no sense, a decoder has taken as well.
    let _ = reader.stream(size);
    reader.code_bytes
}

struct Reader<'a> {
    stream: &'a [u8],
    /// In bits.
    at: usize,
    code_bytes: u64,
}

impl Reader<'_> {
    /// So many bits, at most 16, least first.
    fn bits(&mut self, count: usize) -> Option<usize> {
        let mut value = 0;
        for bit in 0..count {
            let byte = *self.stream.get((self.at + bit) / 8)?;
            value |= usize::from(byte >> ((self.at + bit) % 8) & 1) << bit;
        }
        self.at += count;
        Some(value)
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.bits(1)? == 1)
    }

    fn stream(&mut self, size: Option<(u32, u32)>) -> Option<()> {
        let (mut width, height) = if let Some((width, height)) = size {
            (width as usize, height as usize)
        } else {
            (self.bits(8)? == 0x2F).then_some(())?;
            let size = (self.bits(14)? + 1, self.bits(14)? + 1);
            self.bits(4)?;
            size
        };
        let mut transforms = [false; 4];
        while self.flag()? {
            let transform = self.bits(2)?;
            (!std::mem::replace(&mut transforms[transform], true)).then_some(())?;
            match transform {
                // Predictors, and differences of colours.
                0 | 1 => {
                    let bits = self.bits(3)? + 2;
                    self.picture(blocks(width, bits), blocks(height, bits))?;
                }
                // Green subtracted from the others.
                2 => {}
                // A palette, with which several pixels go into one.
                _ => {
                    let colours = self.bits(8)? + 1;
                    self.picture(colours, 1)?;
                    let packed = match colours {
                        0..=2 => 3,
                        3..=4 => 2,
                        5..=16 => 1,
                        _ => 0,
                    };
                    width = blocks(width, packed);
                }
            }
        }
        let cache = self.cache()?;
        let mut groups = 1;
        if self.flag()? {
            let bits = self.bits(3)? + 2;
            groups = 1 + self.picture(blocks(width, bits), blocks(height, bits))?;
        }
        for _ in 0..groups {
            self.group(cache)?;
        }
        Some(())
    }

    /// The number of colours in the cache.
    fn cache(&mut self) -> Option<usize> {
        if !self.flag()? {
            return Some(0);
        }
        let bits = self.bits(4)?;
        (1..=11).contains(&bits).then_some(1 << bits)
    }

    /// Reads a picture that is part of the stream, and gives the largest number that its red and green make.
    fn picture(&mut self, width: usize, height: usize) -> Option<usize> {
        let cache = self.cache()?;
        let before = self.code_bytes;
        let group = self.group(cache)?;
        // These codes are given back before the next are read.
        self.code_bytes = before;
        let (mut left, mut largest) = (width * height, 0);
        while left > 0 {
            let green = group[0].symbol(self)?;
            if green < 256 {
                let red = group[1].symbol(self)?;
                group[2].symbol(self)?;
                group[3].symbol(self)?;
                largest = largest.max(red << 8 | green);
                left -= 1;
            } else if green < 256 + 24 {
                // What is repeated, like what comes from the cache, was counted when it first came.
                let length = self.extra(green - 256)?;
                let distance = group[4].symbol(self)?;
                self.extra(distance)?;
                left = left.saturating_sub(length);
            } else {
                left -= 1;
            }
        }
        Some(largest)
    }

    /// A length or a distance, of which the symbol is the head.
    fn extra(&mut self, symbol: usize) -> Option<usize> {
        if symbol < 4 {
            return Some(symbol + 1);
        }
        let bits = (symbol - 2) / 2;
        let offset = (2 + symbol % 2) << bits;
        Some(offset + self.bits(bits)? + 1)
    }

    fn group(&mut self, cache: usize) -> Option<[Code; 5]> {
        let mut group = [const { Code::empty() }; 5];
        for (index, code) in group.iter_mut().enumerate() {
            *code = self.code(ALPHABETS[index] + if index == 0 { cache } else { 0 })?;
            self.code_bytes += code.bytes();
        }
        Some(group)
    }

    fn code(&mut self, alphabet: usize) -> Option<Code> {
        let mut lengths = vec![0; alphabet];
        if self.flag()? {
            let two = self.flag()?;
            let bits = if self.flag()? { 8 } else { 1 };
            *lengths.get_mut(self.bits(bits)?)? = 1;
            if two {
                *lengths.get_mut(self.bits(8)?)? = 1;
            }
            return Code::new(&lengths);
        }
        let mut of_lengths = [0; 19];
        let count = 4 + self.bits(4)?;
        for &index in &ORDER[..count] {
            of_lengths[index] = u8::try_from(self.bits(3)?).ok()?;
        }
        let of_lengths = Code::new(&of_lengths)?;
        let mut stored = if self.flag()? {
            let bits = 2 + 2 * self.bits(3)?;
            2 + self.bits(bits)?
        } else {
            alphabet
        };
        let (mut at, mut last) = (0, 8);
        while at < alphabet && stored > 0 {
            stored -= 1;
            let symbol = of_lengths.symbol(self)?;
            let (length, times) = match symbol {
                0..=15 => (u8::try_from(symbol).ok()?, 1),
                16 => (last, 3 + self.bits(2)?),
                17 => (0, 3 + self.bits(3)?),
                _ => (0, 11 + self.bits(7)?),
            };
            if (1..=15).contains(&symbol) {
                last = length;
            }
            lengths.get_mut(at..at + times)?.fill(length);
            at += times;
        }
        Code::new(&lengths)
    }
}

/// Edges of blocks of 2 to the power of `bits` pixels.
fn blocks(edge: usize, bits: usize) -> usize {
    edge.div_ceil(1 << bits)
}

/// A canonical prefix code (RFC 1951, 3.2.2).
struct Code {
    /// How many symbols have a code of each length.
    counts: [usize; 16],
    /// The symbols, by their codes.
    symbols: Vec<u16>,
}

impl Code {
    const fn empty() -> Self {
        Self { counts: [0; 16], symbols: Vec::new() }
    }

    /// Of the length of each symbol's code, where 0 is none. `None` if no symbol has a code.
    fn new(lengths: &[u8]) -> Option<Self> {
        let mut code = Self::empty();
        for length in 1..16_u8 {
            let of_length = (0_u16..).zip(lengths).filter(|&(_, &of)| of == length).map(|(symbol, _)| symbol);
            let before = code.symbols.len();
            code.symbols.extend(of_length);
            code.counts[usize::from(length)] = code.symbols.len() - before;
        }
        (!code.symbols.is_empty()).then_some(code)
    }

    fn symbol(&self, reader: &mut Reader<'_>) -> Option<usize> {
        // A code of one symbol takes no bits.
        if let [only] = self.symbols.as_slice() {
            return Some((*only).into());
        }
        let (mut code, mut first, mut index) = (0, 0, 0);
        for count in &self.counts[1..] {
            code = code << 1 | reader.bits(1)?;
            if code < first + count {
                return self.symbols.get(index + code.checked_sub(first)?).copied().map(usize::from);
            }
            index += count;
            first = (first + count) << 1;
        }
        None
    }

    /// What a decoder keeps of it.
    fn bytes(&self) -> u64 {
        let longest = self.counts.iter().rposition(|&count| count > 0).unwrap_or(0).min(TABLE_BITS);
        let in_tree: usize = self.counts[TABLE_BITS + 1..].iter().sum();
        CODE_BYTES + (4 << longest) + SYMBOL_BYTES * in_tree as u64
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Writes bits, least first.
    #[derive(Default)]
    struct Writer(Vec<bool>);

    impl Writer {
        fn bits(&mut self, value: usize, count: usize) {
            self.0.extend((0..count).map(|bit| value >> bit & 1 == 1));
        }

        /// A code of one symbol.
        fn one(&mut self, symbol: usize) {
            self.bits(0b101, 3);
            self.bits(symbol, 8);
        }

        fn bytes(&self) -> Vec<u8> {
            let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, &bit| byte << 1 | u8::from(bit));
            self.0.chunks(8).map(byte).collect()
        }
    }

    /// A stream of 16 x 16 pixels with so many groups of codes, each of which takes 60 bytes of it, and 20 kB decoded.
    fn stream(groups: usize) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.bits(0x2F, 8);
        writer.bits(15, 14);
        writer.bits(15, 14);
        // No alpha, version 0, no transform, no cache; an entropy image of blocks of 16, without a cache.
        writer.bits(0, 4 + 1 + 1);
        writer.bits(1, 1);
        writer.bits(2, 3);
        writer.bits(0, 1);
        for symbol in [(groups - 1) & 0xFF, (groups - 1) >> 8, 0, 0, 0] {
            writer.one(symbol);
        }
        for _ in 0..groups * 5 {
            // Lengths 1 to 6 have codes of three bits, 7 to 10 of four; each symbol's is one more than the last's, and
            // the last two have ten.
            writer.bits(0, 1);
            writer.bits(19 - 8, 4);
            for index in &ORDER[..15] {
                writer.bits(
                    match index {
                        1..=6 => 3,
                        7..=10 => 4,
                        _ => 0,
                    },
                    3,
                );
            }
            writer.bits(1, 1);
            writer.bits(1, 3);
            writer.bits(11 - 2, 4);
            for length in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10_usize] {
                // Codes are written from their highest bit on.
                let (code, count) = if length <= 6 { (length - 1, 3) } else { (12 + length - 7, 4) };
                for bit in (0..count).rev() {
                    writer.bits(code >> bit & 1, 1);
                }
            }
        }
        let mut bytes = writer.bytes();
        bytes.extend([0; 1024]);
        bytes
    }

    #[test]
    fn every_group_of_codes_is_counted() {
        let of_one = 5 * (CODE_BYTES + 4096);
        assert_eq!(code_bytes(&stream(1), None), of_one);
        assert_eq!(code_bytes(&stream(300), None), 300 * of_one);
        assert_eq!(code_bytes(&stream(16_000), None), 16_000 * of_one);
    }

    #[test]
    fn what_is_there_counts_where_the_stream_is_cut() {
        let whole = stream(300);
        for end in (0..whole.len()).step_by(97) {
            assert!(code_bytes(&whole[..end], None) <= code_bytes(&whole, None));
        }
        assert!(code_bytes(&whole[..whole.len() / 2], None) > 100 * 20_000);
        assert_eq!(code_bytes(b"", None), 0);
        assert_eq!(code_bytes(&[0xFF; 64], Some((16, 16))), 0);
    }

    #[test]
    fn whatever_the_bits_are_the_count_ends_soon() {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state >> 33).unwrap()
        };
        let whole = stream(20);
        for round in 0..2000 {
            let mut bytes = whole.clone();
            for _ in 0..=random() % 8 {
                // Most of what decides is in the first bytes.
                let end = if round % 2 == 0 { 24 } else { bytes.len() };
                let at = random() % end;
                bytes[at] = random().to_le_bytes()[0];
            }
            bytes[0] = 0x2F;
            code_bytes(&bytes, None);
            let noise: Vec<u8> = (0..200).map(|_| random().to_le_bytes()[0]).collect();
            code_bytes(&noise, Some((4000, 3000)));
        }
    }
}
