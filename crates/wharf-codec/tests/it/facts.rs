//! MLSx facts.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use wharf_codec::{
    Fact, FactSelection, FactType, Facts, FactsError, PermFact, Reply, ReplyCode, TimeVal, Token,
};

fn line(facts: &Facts, which: &FactSelection, name: &[u8]) -> Option<Vec<u8>> {
    let mut dst = BytesMut::new();
    facts.encode(which, name, &mut dst).then(|| dst.to_vec())
}

// LST-20
#[test]
fn facts_come_in_any_order_and_case() {
    let text =
        b"SIZE=42;x.y=a=b;MODIFY=20240229235959.5;Type=File;perm=RWx;unix.MODE=0644;UNIX.owner=root; a; b=c ";
    let (facts, name) = Facts::parse_line(text).unwrap();
    assert_eq!(name, "a; b=c ");
    assert_eq!((facts.kind.clone(), facts.size, facts.unix_mode), (FactType::File, Some(42), Some(0o644)));
    assert_eq!(facts.modify, TimeVal::parse(b"20240229235959.5"));
    assert_eq!(facts.perm, Some(PermFact::from_letters(b"rw")));
    assert_eq!(facts.unix_owner, Some(Bytes::from("root")));
    assert_eq!(facts.other, [(Token::new("x.y").unwrap(), Bytes::from("a=b"))]);
}

// LST-20, LST-15
#[test]
fn a_value_that_cannot_be_read_is_kept_aside() {
    let (facts, _) = Facts::parse_line(b"size=-1;modify=yesterday;sizd=4096;junk;UNIX.mode=9; x").unwrap();
    assert_eq!((facts.size, facts.modify, facts.unix_mode), (None, None, None));
    assert_eq!(facts.other.len(), 4);
}

// LST-13
#[test]
fn kinds() {
    let kind = |text: &str| Facts::parse_line(text.as_bytes()).unwrap().0.kind;
    assert_eq!(kind("type=DIR; x"), FactType::Dir);
    assert_eq!(kind("type=cdir; x"), FactType::Cdir);
    assert_eq!(kind("type=pdir; x"), FactType::Pdir);
    assert_eq!(kind("type=OS.unix=slink:/a b; x"), FactType::Os(Bytes::from("OS.unix=slink:/a b")));
    assert_eq!(kind(" x"), FactType::Unspecified);
}

// LST-19, LST-20
#[test]
fn shapes_of_lines() {
    let name = |text: &[u8]| Facts::parse_line(text).map(|(_, name)| name.to_vec());
    assert_eq!(name(b" x"), Ok(b"x".to_vec()));
    assert_eq!(name(b"  x"), Ok(b" x".to_vec()));
    assert_eq!(name(b"type=file;  x"), Ok(b" x".to_vec()));
    assert_eq!(name(b"type=file x y"), Ok(b"x y".to_vec()));
    assert_eq!(name(b""), Err(FactsError::NoName));
    assert_eq!(name(b"type=file;"), Err(FactsError::NoName));
    assert_eq!(name(b"type=file; "), Err(FactsError::BadName));
    assert_eq!(name(b"type=file; a\0"), Err(FactsError::BadName));
    let long = [&b"x=".repeat(50_000)[..], b"; n"].concat();
    assert_eq!(name(&long), Ok(b"n".to_vec()));
}

// LST-08
#[test]
fn mlst_stands_on_the_second_line() {
    let mlst = |lines: &[&'static str]| {
        Facts::parse_mlst(&Reply::lines(ReplyCode::ACTION_COMPLETED, lines.iter().copied()))
            .map(|(_, name)| name)
    };
    assert_eq!(mlst(&["Listing", " type=file; /x", "End"]), Ok(Bytes::from("/x")));
    assert_eq!(mlst(&["Listing", "type=file; /x", "End"]), Ok(Bytes::from("/x")));
    assert_eq!(mlst(&["Listing", "  /x", "End"]), Ok(Bytes::from("/x")));
    assert_eq!(mlst(&["Listing"]), Err(FactsError::NotMlst));
    assert_eq!(mlst(&["Listing", "End"]), Err(FactsError::NotMlst));
}

// LST-14: the empty set is legal.
#[test]
fn perm_is_a_set_of_letters() {
    let mut perm = PermFact::from_letters(b"wrZ");
    assert_eq!(perm.to_string(), "rw");
    perm.insert('a');
    assert!(perm.contains('a') && perm.contains('W') && !perm.contains('d') && !perm.contains('z'));
    assert_eq!(perm.to_string(), "arw");
    let facts = Facts { perm: Some(PermFact::NONE), ..Facts::default() };
    assert_eq!(line(&facts, &FactSelection::default(), b"x").unwrap(), b"perm=; x");
}

#[test]
fn letters_are_taken_out_of_perm() {
    let perm = PermFact::from_letters(b"adfrw");
    assert_eq!(perm.without('w').to_string(), "adfr");
    assert_eq!(perm.without('W'), perm.without('w'));
    // One that is not in the set, and one that is none.
    assert_eq!((perm.without('l'), perm.without('z')), (perm, perm));
    assert_eq!(perm.without('a').without('d').without('f').to_string(), "rw");
    let all = PermFact::from_letters(b"acdeflmprw");
    for letter in all.to_string().chars() {
        assert!(all.contains(letter) && !all.without(letter).contains(letter));
        assert_eq!(all.without(letter).to_string().len(), 9);
    }
    let none = all.to_string().chars().fold(all, PermFact::without);
    assert_eq!(none, PermFact::NONE);
}

// LST-17, LST-18
#[test]
fn the_selection_answers_feat_and_opts() {
    let facts = FactSelection::default();
    assert_eq!(facts.feat_line(), "MLST type*;size*;modify*;perm*;unique*;UNIX.mode;");
    assert_eq!(facts.opts_reply(), "MLST OPTS type;size;modify;perm;unique;");
    let wanted = ["SIZE", "unix.mode", "nonsense", "UNIX.owner"].map(|name| Token::new(name).unwrap());
    let facts = FactSelection::from_opts(&wanted);
    assert_eq!(facts.feat_line(), "MLST type;size*;modify;perm;unique;UNIX.mode*;");
    assert_eq!(facts.opts_reply(), "MLST OPTS size;UNIX.mode;");
    assert_eq!(FactSelection::from_opts(&[]).opts_reply(), "MLST OPTS");
    assert!(Fact::ALL.iter().all(|&fact| FactSelection::all().contains(fact)));
}

// LST-19, LST-23
#[test]
fn lines_that_are_written() {
    let facts = Facts { kind: FactType::Os(Bytes::from("a;b")), size: Some(1), ..Facts::default() };
    assert_eq!(line(&facts, &FactSelection::none(), b"x").unwrap(), b" x");
    assert_eq!(line(&facts, &FactSelection::all(), b" x;").unwrap(), b"size=1;  x;");
    for name in [&b"a\nb"[..], b"a\r", b"", b"\0"] {
        assert_eq!(line(&facts, &FactSelection::all(), name), None);
    }
}

fn value() -> impl Strategy<Value = Option<Bytes>> {
    prop::option::of("[!-:<-~]{0,8}".prop_map(Bytes::from))
}

fn facts() -> impl Strategy<Value = Facts> {
    let kind = prop_oneof![
        Just(FactType::Unspecified),
        Just(FactType::File),
        Just(FactType::Dir),
        Just(FactType::Cdir),
        Just(FactType::Pdir),
        Just(FactType::Os(Bytes::from("OS.unix=slink:/x"))),
    ];
    let time =
        || prop::option::of((any::<i64>(), any::<u32>()).prop_map(|(secs, nanos)| TimeVal::new(secs, nanos)));
    let perm = prop::option::of(any::<[u8; 4]>().prop_map(|letters| PermFact::from_letters(&letters)));
    let numbers = (any::<Option<u64>>(), any::<Option<u32>>());
    (kind, numbers, time(), time(), perm, value(), value(), value()).prop_map(
        |(kind, (size, unix_mode), modify, create, perm, unique, unix_owner, unix_group)| Facts {
            kind,
            size,
            modify,
            create,
            perm,
            unique,
            unix_mode,
            unix_owner,
            unix_group,
            other: vec![],
        },
    )
}

proptest! {
    #[test]
    fn facts_come_back(facts in facts(), name in "[^\r\n\0]{1,20}") {
        let line = line(&facts, &FactSelection::all(), name.as_bytes()).unwrap();
        prop_assert_eq!(Facts::parse_line(&line), Ok((facts, Bytes::from(name))));
    }

    #[test]
    fn no_line_is_too_odd(line in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok((_, name)) = Facts::parse_line(&line) {
            prop_assert!(!name.is_empty() && !name.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
        }
    }
}
