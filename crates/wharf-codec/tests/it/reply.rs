//! Replies, and the answer to FEAT.

use wharf_codec::{Class, Features, Reply, ReplyCode, parse_257, quote_pathname};

// CTL-07
#[test]
fn no_inner_line_can_pass_for_the_end() {
    let reply = Reply::lines(ReplyCode::SYSTEM_STATUS, ["Status", "211 End", "300", " a", "b", "211 End"]);
    assert_eq!(reply.to_bytes(), "211-Status\r\n 211 End\r\n 300\r\n a\r\nb\r\n211 211 End\r\n");
    let reply = Reply::new(ReplyCode::OKAY, "Command okay.");
    assert_eq!(reply.to_bytes(), "200 Command okay.\r\n");
    assert_eq!(Reply::lines(ReplyCode::OKAY, Vec::<String>::new()).to_bytes(), "200 \r\n");
}

// I18-01
#[test]
fn the_shape_of_feat_is_kept() {
    let reply = Reply::lines(ReplyCode::SYSTEM_STATUS, ["Extensions:", " SIZE", " MDTM", "End"]);
    assert_eq!(reply.to_bytes(), "211-Extensions:\r\n SIZE\r\n MDTM\r\n211 End\r\n");
}

// CTL-28: a name inside a reply cannot end its line.
#[test]
fn line_ends_inside_a_text_are_made_harmless() {
    let reply = Reply::new(ReplyCode::FILE_UNAVAILABLE, String::from("a\r\n226 done\0"));
    assert_eq!(reply.to_bytes(), "550 a\\r\\n226 done\\0\r\n");
    // CTL-15
    assert_eq!(Reply::new(ReplyCode::OKAY, vec![b'a', 0xff]).to_bytes(), &b"200 a\xff\xff\r\n"[..]);
}

// CTL-10
#[test]
fn the_first_digit_tells_the_class() {
    let class = |code| ReplyCode::new(code).unwrap().class();
    assert_eq!(
        [150, 226, 331, 421, 550, 631].map(class),
        [
            Class::Preliminary,
            Class::Completion,
            Class::Intermediate,
            Class::Transient,
            Class::Permanent,
            Class::Protected
        ]
    );
    assert_eq!([0, 99, 700, 1000].map(ReplyCode::new), [None; 4]);
    assert_eq!(ReplyCode::new(226), Some(ReplyCode::CLOSING_DATA));
}

#[test]
fn display_is_one_line() {
    let reply = Reply::lines(ReplyCode::LOGGED_IN, ["Welcome\x1b", "friend"]);
    assert_eq!(reply.to_string(), "230 Welcome\\x1b / friend");
}

// I18-12
#[test]
fn quoted_names_come_back() {
    assert_eq!(quote_pathname(b"/a\"b"), b"\"/a\"\"b\"");
    for (text, path) in [
        (&b"\"/a\"\"b\" is the current directory"[..], &b"/a\"b"[..]),
        (b"\"/\"", b"/"),
        (b"created \"x y\" for \"you\"", b"x y"),
        (b"\"/no end", b"/no end"),
        (b"/bare is current", b"/bare"),
        (b"\"\"\"\"", b"\""),
    ] {
        assert_eq!(parse_257(text).as_deref(), Some(path));
    }
    for text in [&b""[..], b"\"\"", b"Current directory", b" "] {
        assert_eq!(parse_257(text), None);
    }
}

// I18-03
#[test]
fn feat_is_read_in_every_shape() {
    let plain = Reply::lines(
        ReplyCode::SYSTEM_STATUS,
        [
            "Features:",
            " MDTM",
            "\trest  stream",
            " Mlst type*;size*;",
            "211-SIZE",
            " AUTH SSL",
            " AUTH TLS;TLS-C",
            " UTF8",
            "",
            "End",
        ],
    );
    let features = Features::parse(&plain);
    assert!(
        features.mdtm() && features.rest_stream() && features.mlst() && features.size() && features.utf8()
    );
    assert!(features.tls() && features.has("auth") && !features.has("End") && !features.has("Features:"));
    assert_eq!(features.param("MLST"), Some(&b"type*;size*;"[..]));
    assert_eq!(features.params("AUTH").count(), 2);
    assert!(Features::parse(&Reply::new(ReplyCode::SYSTEM_STATUS, "No features")).is_empty());
    assert!(Features::parse(&Reply::lines(ReplyCode::SYSTEM_STATUS, ["a", "b"])).is_empty());
}
