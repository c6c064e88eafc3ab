//! What is measured of the codec.

use std::hint::black_box;

use bytes::BytesMut;
use wharf_codec::{
    Command, FactSelection, Facts, Leniency, Limits, Line, LineFramer, ListItem, ListingHint, Reply,
    ReplyCode, ReplyFramer, TimeVal, encode_list_line, parse_listing,
};

use crate::Function;
use crate::text::{NOW, entries};

pub(crate) const FUNCTIONS: &[Function] = &[
    Function::new("codec/parse-user", 1000, 1, || parse(b"USER alice")),
    Function::new("codec/parse-retr", 1000, 1, || parse(b"RETR /pub/releases/2024/report-00042.tar.gz")),
    Function::new("codec/parse-mlst", 1000, 1, || parse(b"MLST /pub/releases/2024")),
    Function::new("codec/frame-lines-100", 200, 100, frame_lines),
    Function::new("codec/frame-reply-100", 200, 100, frame_reply),
    Function::new("codec/encode-reply-1", 1000, 35, || encode_reply(1)),
    Function::new("codec/encode-reply-100", 200, 3_108, || encode_reply(100)),
    Function::new("codec/parse-list-1000", 3, 1000, parse_list),
    Function::new("codec/parse-mlsd-1000", 10, 1000, parse_mlsd),
    Function::new("codec/encode-list-1000", 10, 1000, encode_list),
    Function::new("codec/encode-mlsd-1000", 10, 1000, encode_mlsd),
];

type Call = Box<dyn FnMut() -> usize>;

/// One command from its line.
fn parse(line: &'static [u8]) -> Call {
    let (line, how) = (Line::new(line), Leniency::default());
    Box::new(move || {
        let command = Command::parse(black_box(&line), &how);
        usize::from(black_box(command).is_ok())
    })
}

/// A hundred commands that came in one piece, as lines.
fn frame_lines() -> Call {
    let sent: String = (0..100).map(|index| format!("RETR /pub/report-{index:05}.tar.gz\r\n")).collect();
    let limits = Limits::default();
    Box::new(move || {
        let mut framer = LineFramer::new(&limits);
        let mut src = BytesMut::from(black_box(sent.as_bytes()));
        core::iter::from_fn(|| framer.next_line(&mut src).ok().flatten()).map(black_box).count()
    })
}

/// One reply of a hundred lines that came in one piece.
fn frame_reply() -> Call {
    let (sent, limits) = (reply(100).to_bytes(), Limits::default());
    Box::new(move || {
        let mut framer = ReplyFramer::new(&limits);
        let mut src = BytesMut::from(black_box(&sent[..]));
        let reply = black_box(framer.next_reply(&mut src)).ok().flatten();
        reply.map_or(0, |reply| reply.text_lines().count())
    })
}

fn encode_reply(lines: usize) -> Call {
    let reply = reply(lines);
    Box::new(move || black_box(black_box(&reply).to_bytes()).len())
}

fn reply(lines: usize) -> Reply {
    Reply::lines(ReplyCode::OKAY, (0..lines).map(|index| format!("Line {index:03} of a reply with text")))
}

/// A listing as most servers of Unix send it.
fn parse_list() -> Call {
    let mut text = BytesMut::new();
    for entry in entries() {
        encode_list_line(&entry.line(), TimeVal::new(NOW, 0), &mut text);
        text.extend_from_slice(b"\r\n");
    }
    Box::new(move || {
        let hint = ListingHint { syst: Some(b"UNIX Type: L8"), now: TimeVal::new(NOW, 0) };
        let items = black_box(parse_listing(black_box(&text), &hint));
        items.iter().filter(|item| matches!(item, ListItem::Entry(_))).count()
    })
}

/// Lines of MLSD, one by one as a client reads them.
fn parse_mlsd() -> Call {
    let lines: Vec<BytesMut> = entries()
        .iter()
        .map(|entry| {
            let mut line = BytesMut::new();
            entry.facts().encode(&FactSelection::default(), entry.name.as_bytes(), &mut line);
            line
        })
        .collect();
    Box::new(move || {
        black_box(&lines).iter().filter(|line| black_box(Facts::parse_line(line)).is_ok()).count()
    })
}

fn encode_list() -> Call {
    let (entries, mut text) = (entries(), BytesMut::new());
    Box::new(move || {
        text.clear();
        let mut encode = |entry: &crate::text::Entry| {
            let done = encode_list_line(&entry.line(), TimeVal::new(NOW, 0), &mut text);
            text.extend_from_slice(b"\r\n");
            done
        };
        let done = black_box(&entries).iter().filter(|entry| encode(entry)).count();
        black_box(&text);
        done
    })
}

fn encode_mlsd() -> Call {
    let rows: Vec<_> = entries().into_iter().map(|entry| (entry.facts(), entry.name)).collect();
    let (which, mut text) = (FactSelection::default(), BytesMut::new());
    Box::new(move || {
        text.clear();
        let mut encode = |facts: &Facts, name: &str| {
            let done = facts.encode(&which, name.as_bytes(), &mut text);
            text.extend_from_slice(b"\r\n");
            done
        };
        let done = black_box(&rows).iter().filter(|(facts, name)| encode(facts, name)).count();
        black_box(&text);
        done
    })
}
