//! A column of whole numbers in few bytes: one number where all are the same, else by `pco`, or as differences where they are so few that
//! those are shorter.

use pco::{
    ChunkConfig,
    data_types::Number,
    standalone::{simple_compress, simple_decompress_into},
};

use super::varint;

/// All are the same one.
const SAME: u8 = 0;
/// Differences, each from the one before.
const DIFFERENCES: u8 = 1;
/// By `pco`, as what they are above the least one, in numbers of 16, 32 or 64 bits: its tables are as wide as those.
const SHORT: u8 = 2;
const MIDDLE: u8 = 3;
const LONG: u8 = 4;

/// Writes a column. How long it is must be known to whoever reads it; an empty one takes no room.
pub(super) fn write(out: &mut Vec<u8>, values: &[i64]) {
    let (Some(&least), Some(&greatest)) = (values.iter().min(), values.iter().max()) else {
        return;
    };
    if least == greatest {
        out.push(SAME);
        return varint::put_signed(out, least);
    }
    let differences = differences(values);
    let packed = packed(values, least, greatest.wrapping_sub(least).cast_unsigned());
    match packed.filter(|(_, packed)| packed.len() < differences.len()) {
        Some((kind, packed)) => {
            out.push(kind);
            varint::put_signed(out, least);
            varint::put_length(out, packed.len());
            out.extend(packed);
        }
        None => {
            out.push(DIFFERENCES);
            out.extend(differences);
        }
    }
}

/// Takes a column of that length off the front; none where it is no sound one.
pub(super) fn read(bytes: &mut &[u8], length: usize) -> Option<Vec<i64>> {
    if length == 0 {
        return Some(Vec::new());
    }
    let (kind, rest) = bytes.split_first()?;
    *bytes = rest;
    if *kind == DIFFERENCES {
        let mut last = 0i64;
        let next = |_| {
            last = last.wrapping_add(varint::take_signed(bytes)?);
            Some(last)
        };
        return (0..length).map(next).collect();
    }
    let least = varint::take_signed(bytes)?;
    if *kind == SAME {
        return Some(vec![least; length]);
    }
    let packed = varint::take_bytes(bytes)?;
    match *kind {
        SHORT => unpacked::<u16>(packed, length, least),
        MIDDLE => unpacked::<u32>(packed, length, least),
        LONG => unpacked::<u64>(packed, length, least),
        _ => None,
    }
}

fn differences(values: &[i64]) -> Vec<u8> {
    let (mut out, mut last) = (Vec::with_capacity(values.len() * 2), 0i64);
    for value in values {
        varint::put_signed(&mut out, value.wrapping_sub(last));
        last = *value;
    }
    out
}

fn packed(values: &[i64], least: i64, widest: u64) -> Option<(u8, Vec<u8>)> {
    let above = values.iter().map(|value| value.wrapping_sub(least).cast_unsigned());
    if widest <= u16::MAX.into() {
        return Some((SHORT, pack::<u16>(above)?));
    }
    if widest <= u32::MAX.into() {
        return Some((MIDDLE, pack::<u32>(above)?));
    }
    Some((LONG, pack::<u64>(above)?))
}

fn pack<T: Number + TryFrom<u64>>(numbers: impl Iterator<Item = u64>) -> Option<Vec<u8>> {
    let numbers: Vec<T> = numbers.map(|number| T::try_from(number).ok()).collect::<Option<_>>()?;
    simple_compress(&numbers, &ChunkConfig::default()).ok()
}

fn unpacked<T: Number + Default + Clone + Into<u64>>(
    packed: &[u8],
    length: usize,
    least: i64,
) -> Option<Vec<i64>> {
    // Into a place that is there already: how much a damaged one says that it holds is never believed.
    let mut numbers = vec![T::default(); length];
    let progress = simple_decompress_into(packed, &mut numbers).ok()?;
    let is_whole = progress.finished && progress.n_processed == length;
    let value = |number: T| least.wrapping_add(Into::<u64>::into(number).cast_signed());
    is_whole.then(|| numbers.into_iter().map(value).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn columns() -> impl Strategy<Value = Vec<i64>> {
        let column = |values: BoxedStrategy<i64>| proptest::collection::vec(values, 0..800);
        prop_oneof![
            column(any::<i64>().boxed()),
            column((-300i64..300).boxed()),
            column((0i64..1 << 40).boxed()),
            column(prop_oneof![Just(0i64), Just(4096)].boxed()),
            column(Just(i64::MIN).boxed()),
        ]
    }

    proptest! {
        #[test]
        fn columns_come_back(first in columns(), second in columns()) {
            let mut bytes = Vec::new();
            write(&mut bytes, &first);
            write(&mut bytes, &second);
            let mut rest = bytes.as_slice();
            prop_assert_eq!(read(&mut rest, first.len()), Some(first));
            prop_assert_eq!(read(&mut rest, second.len()), Some(second));
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn a_damaged_column_is_refused_or_read_and_no_fault(
            column in columns(), at in any::<prop::sample::Index>(), byte in any::<u8>(), length in 0usize..800,
        ) {
            let mut bytes = Vec::new();
            write(&mut bytes, &column);
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let found = read(&mut bytes.as_slice(), length);
            prop_assert!(found.is_none_or(|values| values.len() == length));
        }
    }

    #[test]
    fn what_stays_the_same_takes_a_few_bytes() {
        let mut bytes = Vec::new();
        write(&mut bytes, &[200 << 20; 360]);
        assert!(bytes.len() <= 6, "{}", bytes.len());
    }
}
