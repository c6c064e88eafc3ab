//! The properties, over every committed seed and over generated input.

use std::{fs, path::Path};

use bytes::BytesMut;
use proptest::prelude::*;
use wharf_codec::{DeflateLevel, Deflater};
use wharf_testkit::properties;

/// Every seed of `fuzz/seeds/TARGET/`: what once found something keeps watch.
#[test]
fn seeds_replay() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
    for (name, property) in properties::ALL {
        let mut files: Vec<_> =
            fs::read_dir(seeds.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{name} has no seeds");
        for file in files {
            let data = fs::read(&file).unwrap();
            std::panic::catch_unwind(|| property(&data))
                .unwrap_or_else(|_| panic!("{name} fails for the seed {}", file.display()));
        }
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..300)
}

/// Commands with events between them.
fn ops() -> impl Strategy<Value = Vec<u8>> {
    let command = prop::sample::select(vec![
        &b"USER alice\r\n"[..],
        b"PASS x\r\n",
        b"AUTH TLS\r\n",
        b"PBSZ 0\r\n",
        b"PROT P\r\n",
        b"PROT C\r\n",
        b"CCC\r\n",
        b"REIN\r\n",
        b"PASV\r\n",
        b"EPSV\r\n",
        b"EPSV ALL\r\n",
        b"PORT 203,0,113,7,200,1\r\n",
        b"RETR a\r\n",
        b"RANG 1 3\r\n",
        b"HASH a\r\n",
        b"XCRC \"a\" 0 2\r\n",
        b"OPTS HASH MD5\r\n",
        b"MFF Modify=20260101000000;UNIX.mode=644; a\r\n",
        b"COMB a b c\r\n",
        b"AVBL\r\n",
        b"LPSV\r\n",
        b"LPRT 4,4,203,0,113,7,2,200,1\r\n",
        b"SITE COPY a b\r\n",
        b"SITE CPFR a\r\nSITE CPTO b\r\n",
        b"SITE MKDIR x/y/z\r\n",
        b"SITE RMDIR x\r\n",
        b"SITE WHO\r\n",
        b"SITE UMASK 022\r\n",
        b"STOR a\r\n",
        b"STOU\r\n",
        b"APPE a\r\n",
        b"LIST\r\n",
        b"NLST d\r\n",
        b"MLSD\r\n",
        b"ABOR\r\n",
        b"STAT\r\n",
        b"STAT d\r\n",
        b"NOOP\r\n",
        b"QUIT\r\n",
        b"REST 5\r\n",
        b"SIZE a\r\n",
        b"TYPE I\r\n",
        b"MODE Z\r\n",
        b"MODE S\r\n",
        b"OPTS MODE Z LEVEL 9\r\n",
        b"RNFR a\r\n",
        b"RNTO b\r\n",
        b"MDTM a\r\n",
        b"ALLO 99\r\n",
        b"CWD d\r\n",
        b"x\r\n",
    ])
    .prop_map(<[u8]>::to_vec);
    let event = (0x80_u8..0x90, any::<u8>()).prop_map(|(op, argument)| vec![op, argument]);
    let login = prop::bool::ANY.prop_map(|yes| if yes { b"USER a\r\nPASS x\r\n".to_vec() } else { vec![] });
    let steps = prop::collection::vec(prop_oneof![2 => command, 1 => event], 0..40);
    (any::<u8>(), login, steps)
        .prop_map(|(variant, login, steps)| [vec![0x9e, variant], login, steps.concat()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_bytes(data in bytes(), nth in 0..properties::ALL.len()) {
        properties::ALL[nth].1(&data);
    }

    // XFR-22: a stream with a few bytes changed is one that looks like a stream for long.
    #[test]
    fn streams(
        content in prop::collection::vec(0_u8..8, 0..2_000),
        sizes in any::<[u8; 2]>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let (mut deflater, mut stream) = (Deflater::new(DeflateLevel::default()), BytesMut::new());
        deflater.push(&content, &mut stream).unwrap();
        deflater.finish(&mut stream).unwrap();
        let mut data = [&sizes[..], &[0], &stream].concat();
        for (at, byte) in changes {
            let at = 3 + at.index(stream.len());
            data[at] = byte;
        }
        properties::inflate(&data);
    }

    #[test]
    fn addresses(data in "[(]?[0-9,|.: -]{0,30}[)]?") {
        properties::host_port(data.as_bytes());
    }

    #[test]
    fn listings(data in "([-d+0-9][-rwx]{0,9} [ 0-9a-zA-Z=;/,:<>\\t\\r-]{0,50}\\n){0,4}") {
        properties::listing(data.as_bytes());
    }

    #[test]
    fn replies(data in "([0-9]{3}[ -][ 0-9a-z]{0,6}\\r?\\n){0,8}") {
        properties::reply_stream(data.as_bytes());
        properties::chunking(format!("\u{1}\u{3}{data}").as_bytes());
    }

    // CTL-12, TLS-04
    #[test]
    fn sessions(data in ops()) {
        properties::server_ops(&data);
    }
}
