//! Months by name, in many languages and encodings.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cell::RefCell;

use crate::listing::date::MONTHS;
use crate::listing::languages::{LANGUAGES, Names};

/// A set of languages, one bit for each of [`LANGUAGES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Languages(u64);

impl Languages {
    pub(super) const ALL: Self = Self(u64::MAX);
    const ENGLISH: Self = Self(1);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    const fn has(self, language: usize) -> bool {
        self.0 >> language & 1 == 1
    }
}

/// A word that names a month in one language at least.
#[derive(Clone, Copy, Debug)]
pub(super) struct MonthName {
    /// The languages.
    pub(super) languages: Languages,
    /// A set of months for each.
    months: [u16; LANGUAGES.len()],
}

/// The names that a listing has. Looking one up takes long, and a listing has few of them.
#[derive(Debug, Default)]
pub(super) struct Months(RefCell<BTreeMap<Vec<u8>, Option<MonthName>>>);

/// Words that are looked up in one listing: more are no months.
const MAX_NAMES: usize = 2_048;

impl Months {
    /// Reads a word: a name or three letters of it at least, with or without a dot at its end.
    pub(super) fn find(&self, word: &[u8]) -> Option<MonthName> {
        let word = trimmed(word);
        if !may_be_month(word) {
            return None;
        }
        // Short and English means the same month everywhere.
        let english = MONTHS.iter().position(|name| name.as_bytes().eq_ignore_ascii_case(word));
        if let Some(at) = english {
            return Some(MonthName { languages: Languages::ALL, months: [1 << at; LANGUAGES.len()] });
        }
        let mut names = self.0.borrow_mut();
        if let Some(known) = names.get(word) {
            return *known;
        }
        if names.len() == MAX_NAMES {
            return None;
        }
        let name = MonthName::look_up(word);
        names.insert(word.to_vec(), name);
        name
    }
}

impl MonthName {
    fn look_up(word: &[u8]) -> Option<Self> {
        let spelled = spellings(word);
        let (mut languages, mut months) = (0, [0; LANGUAGES.len()]);
        for (at, ((names, initials), found)) in LANGUAGES.iter().zip(INITIALS).zip(&mut months).enumerate() {
            let likely = spelled.iter().filter(|spelling| {
                spelling.first().is_some_and(|&first| first == UNKNOWN || initials & initial(first) != 0)
            });
            *found = likely.fold(0, |set, spelling| set | months_of(names, spelling));
            languages |= u64::from(*found != 0) << at;
        }
        (languages != 0).then_some(Self { languages: Languages(languages), months })
    }

    /// The month, if the languages that the listing leaves open agree on it; English goes first.
    pub(super) fn resolve(&self, listing: Languages) -> Option<u8> {
        let open = self.languages.and(listing);
        let open = if open.0 == 0 { self.languages } else { open };
        let english = open.and(Languages::ENGLISH);
        let open = if english.0 == 0 { open } else { english };
        let sets = self.months.iter().enumerate().filter(|&(language, _)| open.has(language));
        let months = sets.fold(0, |all, (_, set)| all | set);
        (months.count_ones() == 1).then(|| u8::try_from(months.trailing_zeros() + 1).ok()).flatten()
    }
}

fn trimmed(word: &[u8]) -> &[u8] {
    let word = word.strip_suffix(b",").unwrap_or(word);
    word.strip_suffix(b".").unwrap_or(word)
}

/// A cheap look before the long one: letters alone, and not too many.
fn may_be_month(word: &[u8]) -> bool {
    (3..=40).contains(&word.len())
        && word.iter().all(|&byte| byte.is_ascii_alphabetic() || byte >= 0x80 || matches!(byte, b'\'' | b'.'))
}

/// The mark of a letter that is known not to be of ASCII, and no more.
const UNKNOWN: char = '\u{fffd}';

/// What a word may spell: UTF-8 if it can be, else each of the encodings with one byte for a letter.
fn spellings(word: &[u8]) -> Vec<Vec<char>> {
    if let Ok(text) = core::str::from_utf8(word) {
        return alloc::vec![text.chars().flat_map(char::to_lowercase).collect()];
    }
    let decoders: [fn(u8) -> Option<u32>; 7] =
        [latin1, koi8, windows1251, iso8859_5, dos866, iso8859_7, unknown];
    decoders.iter().filter_map(|decode| spelling(word, *decode)).collect()
}

fn spelling(word: &[u8], decode: fn(u8) -> Option<u32>) -> Option<Vec<char>> {
    let mut letters = Vec::with_capacity(word.len());
    for &byte in word {
        let letter = if byte.is_ascii() { char::from(byte) } else { char::from_u32(decode(byte)?)? };
        letters.extend(letter.to_lowercase());
    }
    Some(letters)
}

/// Western Europe (ISO 8859-1).
fn latin1(byte: u8) -> Option<u32> {
    (byte >= 0xa0).then(|| u32::from(byte))
}

/// Some letter: the rest of the word has to tell which.
#[expect(clippy::unnecessary_wraps, reason = "it stands in a row with others")]
const fn unknown(_: u8) -> Option<u32> {
    Some(UNKNOWN as u32)
}

/// Cyrillic (KOI8-R), whose letters are in the order of the Latin ones that sound alike.
fn koi8(byte: u8) -> Option<u32> {
    const LETTERS: &str = "юабцдефгхийклмнопярстужвьызшэщчъ";
    let at = usize::from(byte.checked_sub(0xc0)? % 32);
    LETTERS.chars().nth(at).map(u32::from)
}

/// Cyrillic (Windows-1251).
fn windows1251(byte: u8) -> Option<u32> {
    byte.checked_sub(0xc0).map(|at| 0x410 + u32::from(at))
}

/// Cyrillic (ISO 8859-5).
fn iso8859_5(byte: u8) -> Option<u32> {
    (byte > 0xa0).then(|| 0x400 + u32::from(byte - 0xa0))
}

/// Cyrillic (code page 866).
fn dos866(byte: u8) -> Option<u32> {
    match byte {
        0x80..=0xaf => Some(0x410 + u32::from(byte - 0x80)),
        0xe0..=0xef => Some(0x440 + u32::from(byte - 0xe0)),
        _ => None,
    }
}

/// Greek (ISO 8859-7).
fn iso8859_7(byte: u8) -> Option<u32> {
    (byte > 0xb0).then(|| 0x370 + u32::from(byte - 0xa0))
}

/// The first letters of the names of each language, so that most of them need no closer look.
#[expect(
    clippy::indexing_slicing,
    reason = "it runs when the crate is compiled, and a wrong index ends that"
)]
const INITIALS: [u64; LANGUAGES.len()] = {
    let (mut initials, mut language) = ([0; LANGUAGES.len()], 0);
    while language < LANGUAGES.len() {
        let names = LANGUAGES[language].as_bytes();
        let (mut at, mut begins) = (0, true);
        while at < names.len() {
            if begins {
                // The last byte of a letter holds the last six bits of its number.
                let last = match names[at] {
                    0..0x80 => at,
                    0x80..0xe0 => at + 1,
                    0xe0.. => at + 2,
                };
                initials[language] |= 1 << (names[last] % 64);
            }
            begins = names[at] == b' ' || names[at] == b'|';
            at += 1;
        }
        language += 1;
    }
    initials
};

/// The place of a letter among those.
fn initial(letter: char) -> u64 {
    1 << (u32::from(letter) % 64)
}

/// The months of a language that a spelling may mean.
fn months_of(names: Names, spelling: &[char]) -> u16 {
    if spelling.iter().all(|&letter| letter == UNKNOWN) {
        return 0;
    }
    let (mut whole, mut begun) = (0, 0);
    for (at, forms) in names.split(' ').enumerate() {
        for form in forms.split('|').filter(|form| begins(form, spelling)) {
            begun |= 1 << at;
            if form.chars().count() == spelling.len() {
                whole |= 1 << at;
            }
        }
    }
    // A name that is whole is not the beginning of a longer one.
    if whole == 0 { begun } else { whole }
}

/// Whether a name is the spelling, or begins with it and with three letters at least.
fn begins(name: &str, spelling: &[char]) -> bool {
    let mut letters = name.chars();
    let same = spelling.iter().all(|&letter| {
        letters.next().is_some_and(|other| other == letter || letter == UNKNOWN && !other.is_ascii())
    });
    same && (spelling.len() >= 3 || letters.next().is_none())
}
