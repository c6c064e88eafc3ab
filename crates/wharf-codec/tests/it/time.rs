//! Points in time.

use proptest::prelude::*;
use wharf_codec::{Civil, TimeVal, civil_from_unix, unix_from_civil};

// XFR-17
#[test]
fn known_times() {
    for (text, secs, nanos) in [
        (&b"19700101000000"[..], 0, 0),
        (b"20240229235959", 1_709_251_199, 0),
        (b"20240229235959.5", 1_709_251_199, 500_000_000),
        (b"20240229235959.123456789123", 1_709_251_199, 123_456_789),
        (b"19691231235959", -1, 0),
        // A leap second is the first second of the next minute.
        (b"20161231235960", 1_483_228_800, 0),
        (b"00000101000000", -62_167_219_200, 0),
        (b"99991231235959", 253_402_300_799, 0),
        // XFR-18
        (b"191000101000000", 946_684_800, 0),
        (b"191240229235959", 1_709_251_199, 0),
    ] {
        assert_eq!(TimeVal::parse(text), Some(TimeVal::new(secs, nanos)), "{}", wharf_codec::Escaped(text));
    }
    for text in [
        "",
        "2024",
        "20240230000000",
        "20230229000000",
        "19000229000000",
        "20241301000000",
        "20240001000000",
        "20240100000000",
        "20240101240000",
        "20240101006000",
        "20240101000061",
        "20240101000000.",
        "20240101000000.x",
        "2024010100000x",
        "+0240101000000",
        "190990101000000",
        "201000101000000",
        "20240101000000 ",
        "20240101000000Z",
    ] {
        assert_eq!(TimeVal::parse(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn a_fraction_is_written_only_if_real() {
    let shown = |nanos| TimeVal::new(1_709_251_199, nanos).to_string();
    assert_eq!(shown(0), "20240229235959");
    assert_eq!(shown(500_000_000), "20240229235959.5");
    assert_eq!(shown(1_000_000), "20240229235959.001");
    assert_eq!(shown(1), "20240229235959.000000001");
}

#[test]
fn impossible_dates_are_none() {
    let civil = Civil { year: 2024, month: 2, day: 29, hour: 0, minute: 0, second: 0 };
    assert_eq!(unix_from_civil(civil), Some(1_709_164_800));
    assert_eq!(unix_from_civil(Civil { year: 2023, ..civil }), None);
    assert_eq!(unix_from_civil(Civil { year: 2100, ..civil }), None);
    assert!(unix_from_civil(Civil { year: 2000, ..civil }).is_some());
    assert_eq!(unix_from_civil(Civil { year: i64::MAX, ..civil }), None);
    assert_eq!(unix_from_civil(Civil { year: i64::MIN, ..civil }), None);
    assert_eq!(unix_from_civil(Civil { day: 0, ..civil }), None);
}

proptest! {
    #[test]
    fn every_time_comes_back(secs in any::<i64>(), nanos in any::<u32>()) {
        let time = TimeVal::new(secs, nanos);
        prop_assert_eq!(TimeVal::parse(time.to_string().as_bytes()), Some(time));
    }

    #[test]
    fn every_second_comes_back(secs in -62_167_219_200_i64..253_402_300_799, nanos in 0_u32..1_000_000_000) {
        let time = TimeVal::new(secs, nanos);
        prop_assert_eq!((time.secs(), time.nanos()), (secs, nanos));
        prop_assert_eq!(TimeVal::parse(time.to_string().as_bytes()), Some(time));
        prop_assert_eq!(unix_from_civil(civil_from_unix(secs)), Some(secs));
    }

    #[test]
    fn no_number_is_too_large(secs in any::<i64>()) {
        let _ = civil_from_unix(secs);
    }
}
