//! Both machines together.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wharf_codec::{Command, Pathname, ReplyCode, Secret, UserName};
use wharf_session::{
    client::{ClientConfig, OpError, Operation, Outcome, TransferSpec, TransferVerb},
    policy::{ControlPolicy, DataPolicy, Policy},
    server::ServerConfig,
};
use wharf_testkit::Pair;
use wharf_types::VirtualPath;

#[derive(Debug, Clone)]
enum Step {
    MakeDirectory(u8),
    Remove(u8),
    Rename(u8, u8),
    Store(u8, usize),
    StoreAndStop(u8, usize, usize),
    Fetch(u8),
    FetchAndStop(u8, usize),
    List,
}

fn step() -> impl Strategy<Value = Step> {
    let name = || 0..4_u8;
    let size = || prop_oneof![0..40_usize, 0..20_000_usize];
    prop_oneof![
        name().prop_map(Step::MakeDirectory),
        name().prop_map(Step::Remove),
        (name(), name()).prop_map(|(from, to)| Step::Rename(from, to)),
        (name(), size()).prop_map(|(name, size)| Step::Store(name, size)),
        (name(), size(), 0..60_usize).prop_map(|(name, size, steps)| Step::StoreAndStop(name, size, steps)),
        name().prop_map(Step::Fetch),
        (name(), 0..60_usize).prop_map(|(name, steps)| Step::FetchAndStop(name, steps)),
        Just(Step::List),
    ]
}

fn path(name: u8) -> Pathname {
    Pathname::new(format!("n{name}").into_bytes()).unwrap()
}

fn at(name: u8) -> VirtualPath {
    VirtualPath::root().resolve(path(name).as_bytes()).unwrap()
}

fn transfer(verb: TransferVerb, name: u8) -> Operation {
    Operation::Transfer(TransferSpec::new(verb, Some(path(name))))
}

fn connected(seed: u64, tls: bool, active: bool, use_epsv: bool) -> Pair {
    let mut server = ServerConfig::default();
    if !tls {
        server.policy =
            Policy { control: ControlPolicy::Allow, data: DataPolicy::Allow, ..Policy::default() };
    }
    // XFR-22: which mode holds changes nothing of what the machines have to agree on.
    let compress = seed.is_multiple_of(2);
    let client = ClientConfig { clear_login: !tls, active, use_epsv, compress, ..ClientConfig::default() };
    let mut pair = Pair::new(seed, client, server);
    if tls {
        pair.run(Operation::Secure { host: "ftp.example.org".to_owned() }).unwrap();
    }
    let login = Operation::Login {
        user: UserName::try_from("alice").unwrap(),
        password: Some(Secret::new("secret").unwrap()),
        account: None,
    };
    pair.run(login).unwrap();
    pair
}

/// `None` is a directory.
type Tree = BTreeMap<u8, Option<Vec<u8>>>;

fn run(pair: &mut Pair, tree: &mut Tree, step: &Step, nth: usize) {
    let content = |size: usize| (0..size).map(|at| (at * 7 + nth) as u8).collect::<Vec<u8>>();
    match step {
        Step::MakeDirectory(name) => {
            let made = pair.run(Operation::Command(Command::Mkd(path(*name)))).is_ok();
            assert_eq!(made, !tree.contains_key(name));
            tree.entry(*name).or_insert(None);
        }
        Step::Remove(name) => {
            let removed = pair.run(Operation::Command(Command::Dele(path(*name)))).is_ok();
            assert_eq!(removed, matches!(tree.get(name), Some(Some(_))));
            if removed {
                tree.remove(name);
            }
        }
        Step::Rename(from, to) => {
            let from_ok = pair.run(Operation::Command(Command::Rnfr(path(*from)))).is_ok();
            assert_eq!(from_ok, tree.contains_key(from));
            if from_ok {
                let renamed = pair.run(Operation::Command(Command::Rnto(path(*to)))).is_ok();
                assert_eq!(renamed, tree.get(to) != Some(&None), "{from} to {to}");
                if renamed && let Some(node) = tree.remove(from) {
                    tree.insert(*to, node);
                }
            }
        }
        Step::Store(name, size) => {
            pair.set_upload(content(*size));
            let stored = pair.run(transfer(TransferVerb::Stor, *name));
            assert_eq!(stored.is_ok(), tree.get(name) != Some(&None), "{stored:?}");
            if stored.is_ok() {
                tree.insert(*name, Some(content(*size)));
            }
        }
        Step::StoreAndStop(name, size, steps) => {
            pair.set_upload(content(*size));
            let before = pair.records().len();
            let stored = pair.run_for(transfer(TransferVerb::Stor, *name), *steps);
            let there = pair.model.content(&at(*name)).map(|content| content.to_vec());
            let new = pair.records()[before..]
                .last()
                .is_some_and(|record| record.code.is_some_and(ReplyCode::is_completion));
            // The server has its say; the client may not know of a success, but never of one that was none.
            assert!(new || stored.is_err(), "the client says {stored:?}");
            if new {
                tree.insert(*name, Some(content(*size)));
            }
            assert_eq!(there, tree.get(name).cloned().flatten(), "torn, {stored:?}");
        }
        Step::Fetch(name) => match (pair.run(transfer(TransferVerb::Retr, *name)), tree.get(name)) {
            (Ok(Outcome::Transferred { bytes, .. }), Some(Some(content))) => {
                assert_eq!((bytes, pair.download()), (content.len() as u64, &content[..]));
            }
            (Err(OpError::Refused(_)), None | Some(None)) => {}
            (result, node) => panic!("{result:?} for {node:?}"),
        },
        Step::FetchAndStop(name, steps) => {
            if pair.run_for(transfer(TransferVerb::Retr, *name), *steps).is_ok() {
                assert_eq!(tree.get(name).cloned().flatten().as_deref(), Some(pair.download()));
            }
        }
        Step::List => {
            pair.run(Operation::Transfer(TransferSpec::new(TransferVerb::Nlst, None))).unwrap();
            let names: String = tree.keys().map(|name| format!("n{name}\n")).collect();
            let shown: Vec<u8> = pair.download().iter().copied().filter(|byte| *byte != b'\r').collect();
            assert_eq!(shown, names.into_bytes());
        }
    }
    assert!(!pair.client().is_closed(), "the session is lost");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    // DAT-15, DAT-16, DAT-18, XFR-16: both ends agree on what is there, and no file is torn.
    #[test]
    fn both_ends_agree(
        seed in any::<u64>(), tls in any::<bool>(), active in any::<bool>(), epsv in any::<bool>(),
        steps in prop::collection::vec(step(), 1..12),
    ) {
        let mut pair = connected(seed, tls, active, epsv);
        let mut tree = Tree::new();
        for (nth, step) in steps.iter().enumerate() {
            run(&mut pair, &mut tree, step, nth);
        }
        let there: Tree = pair
            .model
            .tree()
            .filter_map(|(path, content)| {
                let name = path.file_name()?;
                Some((name[1] - b'0', content.map(|content| content.to_vec())))
            })
            .collect();
        prop_assert_eq!(there, tree);
        pair.run(Operation::Quit).unwrap();
        prop_assert_eq!(pair.model.open_jobs(), 0);
    }
}

#[test]
fn a_seed_repeats_a_run() {
    let run = || {
        let mut pair = connected(7, true, false, true);
        let began = pair.now();
        pair.set_upload(vec![1; 100_000]);
        pair.run(transfer(TransferVerb::Stor, 1)).unwrap();
        pair.now() - began
    };
    assert_eq!(run(), run());
}

// DAT-18, XFR-16: wherever a stop meets an upload, what is there is the old file or the new one.
#[test]
fn a_stopped_upload_leaves_a_whole_file() {
    let (old, new) = (vec![1; 50_000], vec![2; 60_000]);
    let (mut stopped, mut stored) = (0, 0);
    for steps in 0..120 {
        let mut pair = connected(steps as u64, steps % 2 == 0, steps % 3 == 0, true);
        pair.set_upload(old.clone());
        pair.run(transfer(TransferVerb::Stor, 1)).unwrap();
        pair.set_upload(new.clone());
        match pair.run_for(transfer(TransferVerb::Stor, 1), steps) {
            Ok(_) => {
                stored += 1;
                assert_eq!(pair.model.content(&at(1)).unwrap(), &new);
            }
            Err(error) => {
                stopped += 1;
                assert_eq!(error, OpError::Aborted);
                let whole = pair.model.content(&at(1)).unwrap();
                assert!(*whole == old || *whole == new, "torn after {steps} steps");
            }
        }
        // The session goes on.
        pair.run(transfer(TransferVerb::Retr, 1)).unwrap();
        assert_eq!(pair.download(), &pair.model.content(&at(1)).unwrap()[..]);
    }
    assert!(stopped > 20 && stored > 20, "{stopped} were stopped, {stored} were stored");
}

// IMP-01, IMP-03: TLS from the first byte.
#[test]
fn implicit_sessions_work() {
    let mut server = ServerConfig::default();
    server.implicit = true;
    let mut pair = Pair::new(3, ClientConfig::default(), server);
    let login = Operation::Login {
        user: UserName::try_from("alice").unwrap(),
        password: Some(Secret::new("secret").unwrap()),
        account: None,
    };
    pair.run(login).unwrap();
    pair.set_upload("x");
    pair.run(transfer(TransferVerb::Stor, 0)).unwrap();
    assert!(pair.records()[0].secured);
}

/// A thousand files over a way of 50 ms there and back, and how often the client had to wait for an answer.
fn thousand(pipeline: bool) -> [f64; 2] {
    const FILES: usize = 1_000;
    let client = ClientConfig { pipeline, ..ClientConfig::default() };
    let mut pair = Pair::new(7, client, ServerConfig::default());
    pair.set_latency(std::time::Duration::from_millis(25));
    pair.run(Operation::Secure { host: "ftp.example.org".to_owned() }).unwrap();
    pair.run(Operation::Login {
        user: UserName::try_from("alice").unwrap(),
        password: Some(Secret::new("secret").unwrap()),
        account: None,
    })
    .unwrap();
    let path = |number: usize| Pathname::new(format!("f{number}").into_bytes()).unwrap();
    let spec = |verb, number| TransferSpec { ask_size: true, ..TransferSpec::new(verb, Some(path(number))) };
    let before = pair.round_trips();
    for number in 0..FILES {
        pair.set_upload(vec![number as u8; 1024]);
        pair.run(Operation::Transfer(spec(TransferVerb::Stor, number))).unwrap();
        let time = wharf_codec::TimeVal::new(1_000_000_000, 0);
        let command = Command::Mfmt { time, path: path(number) };
        if pair.post(command.clone()).is_err() {
            pair.run(Operation::Command(command)).unwrap();
        }
    }
    pair.run(Operation::Flush).unwrap();
    let up = pair.round_trips();
    for number in 0..FILES {
        pair.run(Operation::Transfer(spec(TransferVerb::Retr, number))).unwrap();
        assert_eq!(pair.download(), vec![number as u8; 1024]);
    }
    let down = pair.round_trips();
    [(up - before) as f64 / FILES as f64, (down - up) as f64 / FILES as f64]
}

#[test]
fn a_thousand_small_files_take_a_round_trip_each() {
    let [up, down] = thousand(true);
    assert!(up <= 1.2 && down <= 1.2, "{up} round trips for an upload, {down} for a download");
    let [up, down] = thousand(false);
    assert!(up >= 3.0 && down >= 3.0, "{up} round trips for an upload, {down} for a download");
}
