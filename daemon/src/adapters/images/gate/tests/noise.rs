//! Bytes that nobody made on purpose.

use super::*;

/// A generator of numbers without end; the same seed gives the same ones.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).expect("it is below a usize")
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        std::iter::repeat_with(|| self.next().to_le_bytes()).flatten().take(length).collect()
    }
}

/// Heads that are known by their first bytes.
const MAGICS: [(usize, &[u8]); 9] = [
    (0, b""),
    (0, b"QFI\xfb\0\0\0\x02"),
    (0, b"QFI\xfb\0\0\0\x03"),
    (0, b"KDMV\x01\0\0\0"),
    (0x40, b"\x7f\x10\xda\xbe\x01\0\x01\0"),
    (510, b"\x55\xaa"),
    (512, b"EFI PART"),
    (0, b"# Disk DescriptorFile"),
    (0, b"\n\t <"),
];

/// What whoever attacks would write: bytes that mean something.
const WORDS: [&[u8]; 10] = [
    b"\0",
    b"\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\0\0\0\0\0\0\0\x01",
    b"DATA\0\0\0\x08",
    b"parentFileNameHint=\"/etc/passwd\"",
    b"\nRW 1 FLAT \"/etc/passwd\" 0\n",
    b"parentCID=00000000",
    b"createType=\"vmfs\"\n",
    b"\0\0\0\x10",
];

/// Flips one to eight bytes, most of them near the beginning, where the fields are.
fn mutate(head: &mut [u8], noise: &mut Noise) {
    for _ in 0..=noise.below(8) {
        let bound = if noise.below(4) == 0 { head.len() } else { head.len().min(768) };
        let at = noise.below(bound);
        let byte = u8::try_from(noise.below(256)).expect("it is a byte");
        match noise.below(3) {
            0 => head[at] ^= 1 << noise.below(8),
            1 => head[at] = byte,
            _ => {
                let word = WORDS[noise.below(WORDS.len())];
                let room = word.len().min(head.len() - at);
                head[at..at + room].copy_from_slice(&word[..room]);
            }
        }
    }
}

/// What is let through leads nowhere: each format's own reader would agree.
fn assert_harmless(head: &[u8], header: Header) {
    assert!((1..=LARGEST).contains(&header.virtual_bytes));
    match header.format {
        Format::Qcow2 => {
            assert_eq!(head[8..20], [0; 12], "a backing file");
            assert_eq!(head[32..36], [0; 4], "encryption");
            assert!(head[7] == 2 || head[79] & 0x04 == 0, "an external data file");
        }
        Format::Vmdk => {
            assert_ne!(head[12..20], [0; 8], "the description would be the whole");
            assert!(!String::from_utf8_lossy(head).contains("parentFileNameHint"), "a parent");
        }
        Format::Vdi => assert_eq!(head[0x1a8..0x1c8], [0; 32], "a parent"),
        Format::Raw => assert_eq!(head[510..512], [0x55, 0xaa], "not a disk"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_borne(seed in 1u64.., length in 0usize..70 * 1024, said in any::<u64>()) {
        let bytes = Noise(seed).bytes(length);
        for (at, magic) in MAGICS {
            let mut bytes = bytes.clone();
            if at + magic.len() <= length {
                bytes[at..at + magic.len()].copy_from_slice(magic);
            }
            for length in [said, length as u64, u64::MAX, 0] {
                let _ = examine(&bytes, length);
            }
            let _ = (packing(&bytes), firmware(&bytes), base_header(&bytes));
        }
    }

    #[test]
    fn any_few_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..600), said in any::<u64>()) {
        for (at, magic) in MAGICS {
            let mut bytes = bytes.clone();
            bytes.splice(at.min(bytes.len())..at.min(bytes.len()), magic.iter().copied());
            let _ = (examine(&bytes, said), firmware(&bytes), base_header(&bytes));
        }
    }
}

#[test]
fn twenty_thousand_damaged_headers_lead_nowhere() {
    let dir = tempfile::tempdir().expect("a directory");
    let real = ["qcow2", "vmdk", "vdi"].map(|word| {
        let (mut head, length) = created(dir.path(), "disk", &["-f", word, "disk", "64M"]);
        head.truncate(512 + 20 * 512);
        (head, length)
    });
    let made = [qcow2(), vdi(), gpt(&[ESP, LINUX])].map(|head| (head, LENGTH));
    let heads: Vec<_> = real.into_iter().chain(made).collect();
    let (mut noise, mut passed) = (Noise(2026), 0);
    for round in 0..20_000 {
        let (head, length) = &heads[round % heads.len()];
        let mut head = head.clone();
        mutate(&mut head, &mut noise);
        if let Ok(header) = examine(&head, *length) {
            passed += 1;
            assert_harmless(&head, header);
        }
    }
    assert!((2_000..18_000).contains(&passed), "{passed} passed: all, or none, would show nothing");
}
