//! A line of a listing, cut into words.

use alloc::vec::Vec;

use bytes::Bytes;

/// Words that are looked at: the columns of every format fit in these, however many spaces names have.
const MAX_WORDS: usize = 24;

/// A word of a line, and where it stands.
#[derive(Clone, Copy, Debug)]
struct Word<'a> {
    text: &'a [u8],
    start: usize,
    end: usize,
}

/// A line and its first words. An entry that its server wrote on two lines is one line here.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    raw: &'a Bytes,
    words: Vec<Word<'a>>,
}

impl<'a> Line<'a> {
    pub(super) fn new(raw: &'a Bytes) -> Self {
        let (mut words, mut at) = (Vec::new(), 0);
        for text in raw.split(|&byte| is_blank(byte)) {
            let end = at + text.len();
            if !text.is_empty() {
                words.push(Word { text, start: at, end });
                if words.len() == MAX_WORDS {
                    break;
                }
            }
            at = end + 1;
        }
        Self { raw, words }
    }

    pub(super) const fn raw(&self) -> &'a Bytes {
        self.raw
    }

    /// How many words there are; more than [`MAX_WORDS`] are not counted.
    pub(super) const fn len(&self) -> usize {
        self.words.len()
    }

    /// A word; an empty one where there is none.
    pub(super) fn word(&self, at: usize) -> &'a [u8] {
        self.words.get(at).map_or(&[], |word| word.text)
    }

    /// The last word.
    pub(super) fn last(&self) -> &'a [u8] {
        self.words.last().map_or(&[], |word| word.text)
    }

    /// Some words, those that are not there being left out.
    pub(super) fn words(&self, range: core::ops::Range<usize>) -> Vec<&'a [u8]> {
        self.words
            .get(range.start..range.end.min(self.len()))
            .unwrap_or_default()
            .iter()
            .map(|word| word.text)
            .collect()
    }

    /// The line from the beginning of a word to the end of another.
    pub(super) fn span(&self, first: usize, last: usize) -> &'a [u8] {
        let ends = self.words.get(first).zip(self.words.get(last));
        ends.and_then(|(first, last)| self.raw.get(first.start..last.end)).unwrap_or_default()
    }

    /// What follows a word, with the blanks between.
    pub(super) fn behind(&self, at: usize) -> &'a [u8] {
        self.words.get(at).and_then(|word| self.raw.get(word.end..)).unwrap_or_default()
    }

    /// How many blanks stand in front of a word.
    pub(super) fn blanks_before(&self, at: usize) -> usize {
        let end = at.checked_sub(1).and_then(|before| self.words.get(before)).map_or(0, |word| word.end);
        self.words.get(at).map_or(0, |word| word.start - end)
    }

    /// The line from a word on.
    pub(super) fn from(&self, at: usize) -> &'a [u8] {
        self.words.get(at).and_then(|word| self.raw.get(word.start..)).unwrap_or_default()
    }

    /// A part of the line as bytes of their own.
    pub(super) fn bytes(&self, part: &[u8]) -> Bytes {
        self.raw.slice_ref(part)
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
