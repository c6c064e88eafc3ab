//! What is written can be read, whatever it is.

use arbitrary::{Arbitrary, Unstructured};
use bytes::BytesMut;
use proptest::prelude::*;
use wharf_codec::{Command, Leniency, Limits, LineFramer, Reply, ReplyFramer, Verb};

/// A value out of random bytes, as a fuzzer would make it.
fn made<T: for<'a> Arbitrary<'a> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    prop::collection::vec(any::<u8>(), 0..400)
        .prop_filter_map("not canonical", |bytes| T::arbitrary(&mut Unstructured::new(&bytes)).ok())
}

fn encoded(command: &Command) -> Vec<u8> {
    let mut dst = BytesMut::new();
    command.encode(&mut dst);
    dst.to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    // CTL-28, CTL-15: one command is one line, and reads back as itself.
    #[test]
    fn commands_come_back(command in made::<Command>()) {
        let wire = encoded(&command);
        let ends = wire.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count();
        prop_assert!(wire.ends_with(b"\r\n") && ends == 2 && !wire.contains(&0));
        let mut src = BytesMut::from(&wire[..]);
        let mut framer = LineFramer::new(&Limits::default());
        let line = framer.next_line(&mut src).unwrap().unwrap();
        prop_assert!(src.is_empty() && framer.is_idle());
        prop_assert_eq!(Command::parse(&line, &Leniency::default()), Ok(command.clone()));
        let shown = command.to_string();
        prop_assert!(!shown.chars().any(char::is_control));
    }

    // Parsing what is encoded from what was parsed gives the same again.
    #[test]
    fn lines_settle(verb in prop::sample::select(Verb::ALL), argument in prop::collection::vec(any::<u8>(), 0..40)) {
        let mut line = verb.name().as_bytes().to_vec();
        line.push(b' ');
        line.extend(argument);
        if let Ok(command) = super::parse(&line) {
            let mut src = BytesMut::from(&encoded(&command)[..]);
            let line = LineFramer::new(&Limits::default()).next_line(&mut src).unwrap().unwrap();
            prop_assert_eq!(Command::parse(&line, &Leniency::strict()), Ok(command));
        }
    }

    #[test]
    fn grammar_never_panics(line in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = super::parse(&line);
    }

    #[test]
    fn arguments_never_panic(verb in prop::sample::select(Verb::ALL), argument in "[ 0-9|,.:;=AIELSBCNTa-f]{0,30}") {
        let _ = super::parse(format!("{verb} {argument}").as_bytes());
    }
}

proptest! {
    // CTL-07, CTL-09: a reply reads back as itself at every split, and never ends early.
    #[test]
    fn replies_come_back_at_every_split(reply in made::<Reply>()) {
        let wire = reply.to_bytes();
        for at in 0..=wire.len() {
            let (mut framer, mut src) = (ReplyFramer::new(&Limits::default()), BytesMut::from(&wire[..at]));
            let first = framer.next_reply(&mut src).unwrap();
            prop_assert_eq!(first.is_some(), at == wire.len());
            src.extend_from_slice(&wire[at..]);
            src.extend_from_slice(b"200 next\r\n");
            let whole = match first {
                Some(reply) => reply,
                None => framer.next_reply(&mut src).unwrap().unwrap(),
            };
            prop_assert_eq!(&whole, &reply);
            prop_assert!(framer.is_idle());
            prop_assert_eq!(&src[..], b"200 next\r\n");
        }
    }
}

// 60 kinds of command out of a generator: none may be forgotten.
#[test]
fn the_generator_makes_every_verb() {
    let mut missing: Vec<Verb> = Verb::ALL.to_vec();
    for seed in 0..=255_u8 {
        let bytes: Vec<u8> =
            [5, seed].into_iter().chain((0..200).map(|at| seed.wrapping_mul(31) ^ at)).collect();
        if let Ok(command) = Command::arbitrary(&mut Unstructured::new(&bytes)) {
            missing.retain(|&verb| Some(verb) != command.verb());
        }
    }
    assert_eq!(missing, []);
}
