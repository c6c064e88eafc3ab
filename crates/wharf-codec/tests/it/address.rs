//! 227 and 229.

use wharf_codec::{encode_epsv, encode_pasv, parse_epsv, parse_pasv};

// DAT-03
#[test]
fn six_numbers_anywhere() {
    let addr = "192.0.2.1:1025".parse().unwrap();
    assert_eq!(encode_pasv(addr), "Entering Passive Mode (192,0,2,1,4,1).");
    for text in [
        "Entering Passive Mode (192,0,2,1,4,1).",
        "Entering Passive Mode 192,0,2,1,4,1",
        "=192,0,2,1,4,1",
        "Mode (192, 0, 2, 1, 4, 1)",
        "On 1 of 3,4 (192,0,2,1,4,1)",
        "(300,1,1,1,1,1) 192,0,2,1,4,1",
    ] {
        assert_eq!(parse_pasv(text.as_bytes()), Some(addr), "{text}");
    }
    for text in [
        "",
        "(192,0,2,1,4)",
        "(192,0,2,1,4,1,7)",
        "(256,0,2,1,4,1)",
        "(-1,0,2,1,4,1)",
        "(192,0,2,1,4,256)",
        "(192,0,2,1,0,0)",
        "(192.0.2.1,4,1)",
        "99999999999999999999,0,2,1,4,1",
    ] {
        assert_eq!(parse_pasv(text.as_bytes()), None, "{text}");
    }
}

// DAT-04
#[test]
fn the_port_of_229_comes_between_its_own_marks() {
    assert_eq!(encode_epsv(6446), "Entering Extended Passive Mode (|||6446|)");
    for text in
        ["Entering Extended Passive Mode (|||6446|)", "(x) ok (!!!6446!)", "(|||6446|).", "((((6446()"]
    {
        assert_eq!(parse_epsv(text.as_bytes()), Some(6446), "{text}");
    }
    for text in [
        "",
        "(|||0|)",
        "(|||65536|)",
        "(||6446|)",
        "(|1|192.0.2.1|6446|)",
        "(|||6446)",
        "(|||-1|)",
        "|||6446|",
    ] {
        assert_eq!(parse_epsv(text.as_bytes()), None, "{text}");
    }
}
