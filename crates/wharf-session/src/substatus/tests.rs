use std::{collections::BTreeSet, fmt::Write as _};

use super::SubStatus;

#[test]
fn numbers_and_names_are_told_apart_and_in_order() {
    let numbers: Vec<u16> = SubStatus::ALL.iter().map(|status| status.number()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    // 0 is what a log shows for a reply that is not negative; numbers below 1000 are those of IIS, which end at 55.
    assert!(numbers.iter().all(|number| matches!(number, 1..=55 | 1000..)), "{numbers:?}");
    let names: BTreeSet<&str> = SubStatus::ALL.iter().map(|status| status.name()).collect();
    assert_eq!(names.len(), numbers.len());
    for status in SubStatus::ALL {
        assert_eq!(SubStatus::from_number(status.number()), Some(*status));
        assert!(status.name().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{status}");
        assert!(
            !status.codes().is_empty() && status.codes().iter().all(|code| code.is_refusal()),
            "{status}"
        );
        assert!(status.codes().is_sorted_by(|a, b| a != b), "{status}");
        assert!(status.meaning().ends_with('.') && status.cure().ends_with('.'), "{status}");
    }
    assert_eq!(SubStatus::from_number(0), None);
}

fn page() -> String {
    let mut page = String::from(
        "# Sub-status\n\n\
         Every negative reply (4yz and 5yz) of the server has one sub-status, which tells the reason more finely than the\n\
         code. It goes to the logs (`substatus` in the text and JSON log, `sc-substatus` in the audit log) and never to\n\
         the client: where a refusal must not tell who is known, the log still tells the administrator. 0 stands beside\n\
         replies that are not negative.\n\n\
         Numbers are stable: one that was given is never given to another meaning, and none is used again when its\n\
         meaning goes. Numbers up to 55 are those of the FTP service of Windows (IIS 7 and later) and mean what they mean\n\
         there; numbers from 1000 up are our own: 10.. commands, 11.. logins, 12.. TLS, 13.. data connections,\n\
         14.. names and files, 15.. transfers. Where a reply may have several codes, the first is the usual one; the\n\
         others come from other commands or from another dialect of refusals (`docs/configuration.md`). Win32 is what\n\
         `sc-win32-status` shows.\n\n\
         This page is made from the table in the source, and a test compares.\n\n\
         | Number | Name | Replies | Win32 | Meaning | What to do |\n|---|---|---|---|---|---|\n",
    );
    for status in SubStatus::ALL {
        let codes: Vec<String> = status.codes().iter().map(ToString::to_string).collect();
        let (number, name, win32) = (status.number(), status.name(), status.win32());
        let (meaning, cure) = (status.meaning(), status.cure());
        writeln!(page, "| {number} | `{name}` | {} | {win32} | {meaning} | {cure} |", codes.join(", "))
            .unwrap();
    }
    page
}

#[test]
fn the_page_of_sub_statuses_is_current() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/substatus.md");
    let page = page();
    if std::env::var_os("WHARF_WRITE_DOCS").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(there == page, "docs/substatus.md is old: run the test with WHARF_WRITE_DOCS=1");
}
