//! The file as tables and keys, each with its line.

use std::cell::RefCell;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    model::{At, SECTIONS},
    problem::{Problem, alternatives, quoted},
    suggest,
};

/// A file that is being read, and what was found wrong so far.
pub(super) struct Document {
    /// Where lines end.
    ends: Vec<usize>,
    problems: RefCell<Vec<Problem>>,
}

impl Document {
    pub(super) fn new(text: &str) -> Self {
        Self { ends: text.match_indices('\n').map(|(at, _)| at).collect(), problems: RefCell::default() }
    }

    pub(super) fn report(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// What is wrong.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }

    /// The line of a place in the text, counted from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        1 + self.ends.partition_point(|end| *end < offset)
    }
}

/// One table of the file: the whole file, `[name]` or one `[[name]]`.
pub(super) struct Section<'d, 'i> {
    pub(super) document: &'d Document,
    /// How it is written, such as `[tls]`; empty for the keys above every section.
    name: &'static str,
    /// The line of its head.
    pub(super) line: usize,
    table: &'d DeTable<'i>,
}

impl<'d, 'i> Section<'d, 'i> {
    /// A table of the file, whose unknown keys are reported here.
    pub(super) fn new(
        document: &'d Document,
        name: &'static str,
        line: usize,
        table: &'d DeTable<'i>,
    ) -> Self {
        let section = Self { document, name, line, table };
        for key in table.keys() {
            if !section.known().contains(&key.get_ref().as_ref()) {
                let line = document.line(key.span().start);
                document.report(unknown(name, section.known(), key.get_ref(), line));
            }
        }
        section
    }

    fn known(&self) -> &'static [&'static str] {
        SECTIONS.iter().find(|(name, _)| *name == self.name).map_or(&[], |(_, keys)| keys)
    }

    fn value(&self, key: &str) -> Option<(usize, &'d Spanned<DeValue<'i>>)> {
        debug_assert!(self.known().contains(&key), "{key} is in no table of keys");
        let (key, value) = self.table.get_key_value(key)?;
        Some((self.document.line(key.span().start), value))
    }

    /// The value of a key; `write` is an example of what may stand there.
    pub(super) fn take<T>(
        &self,
        key: &str,
        write: &str,
        read: impl FnOnce(&DeValue<'i>) -> Option<T>,
    ) -> Option<At<T>> {
        let (line, value) = self.value(key)?;
        let read = read(value.get_ref());
        if read.is_none() {
            let cause = format!("{key} cannot be {}", shown(value.get_ref()));
            self.document.report(Problem::at(line, cause, format!("write {key} = {write}")));
        }
        Some(At { line, value: read? })
    }

    pub(super) fn text(&self, key: &str, write: &str) -> Option<At<String>> {
        self.parsed(key, write, |text| Some(text.to_owned()))
    }

    /// A string that `parse` understands and that holds no control character.
    pub(super) fn parsed<T>(
        &self,
        key: &str,
        write: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<At<T>> {
        self.take(key, write, |value| parse(plain_text(value)?))
    }

    pub(super) fn flag(&self, key: &str) -> Option<At<bool>> {
        self.take(key, "true or false", DeValue::as_bool)
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<At<T>> {
        let (line, value) = self.value(key)?;
        let written = plain_text(value.get_ref());
        let found = written.and_then(|text| words.iter().find(|(word, _)| *word == text));
        if found.is_none() {
            let all = alternatives(words.iter().map(|(word, _)| format!("\"{word}\"")));
            let near = written.and_then(|text| suggest::nearest(text, words.iter().map(|(word, _)| *word)));
            let cure = match near {
                Some(near) => format!("did you mean \"{near}\"? It may be {all}"),
                None => format!("write {all}"),
            };
            let cause = format!("{key} cannot be {}", shown(value.get_ref()));
            self.document.report(Problem::at(line, cause, cure));
        }
        found.map(|(_, value)| At { line, value: *value })
    }

    /// A list of strings.
    pub(super) fn texts(&self, key: &str, write: &str) -> Vec<At<String>> {
        let Some((line, value)) = self.value(key) else { return Vec::new() };
        let wrong = |line, value: &DeValue<'_>| {
            let cause = format!("{key} cannot hold {}", shown(value));
            self.document.report(Problem::at(line, cause, format!("write {key} = {write}")));
        };
        let Some(items) = value.get_ref().as_array() else {
            wrong(line, value.get_ref());
            return Vec::new();
        };
        let text = |item: &Spanned<DeValue<'_>>| {
            let line = self.document.line(item.span().start);
            let text = plain_text(item.get_ref());
            if text.is_none() {
                wrong(line, item.get_ref());
            }
            Some(At { line, value: text?.to_owned() })
        };
        items.iter().filter_map(text).collect()
    }

    /// A string that `fits` and is never shown. A wrong one is reported and counts as empty, so that nothing misses it.
    pub(super) fn secret(
        &self,
        key: &str,
        write: &str,
        fits: impl FnOnce(&str) -> bool,
    ) -> Option<At<String>> {
        let (line, value) = self.value(key)?;
        let text = plain_text(value.get_ref()).filter(|text| fits(text));
        if text.is_none() {
            self.document.report(Problem::at(line, format!("{key} cannot be read"), write));
        }
        Some(At { line, value: text.unwrap_or_default().to_owned() })
    }

    /// The table `[key]`, if it is there.
    pub(super) fn table(&self, key: &str, name: &'static str) -> Option<Self> {
        let (line, value) = self.value(key)?;
        match value.get_ref().as_table() {
            Some(table) => Some(Self::new(self.document, name, line, table)),
            None => {
                let cause = format!("{key} is a section");
                self.document.report(Problem::at(line, cause, format!("write its keys below a line {name}")));
                None
            }
        }
    }

    /// Every `[[key]]`.
    pub(super) fn tables(&self, key: &str, name: &'static str) -> Vec<Self> {
        let Some((line, value)) = self.value(key) else { return Vec::new() };
        let wrong = |line| {
            let cause = format!("{key} is a section that may be there several times");
            self.document.report(Problem::at(line, cause, format!("write its keys below a line {name}")));
        };
        let Some(items) = value.get_ref().as_array() else {
            wrong(line);
            return Vec::new();
        };
        let section = |item: &'d Spanned<DeValue<'i>>| {
            let line = self.document.line(item.span().start);
            match item.get_ref().as_table() {
                Some(table) => Some(Self::new(self.document, name, line, table)),
                None => {
                    wrong(line);
                    None
                }
            }
        };
        items.iter().filter_map(section).collect()
    }

    /// Reports a key that has to be there.
    pub(super) fn missing(&self, key: &str, write: &str) {
        // A key that is there and wrong was reported already.
        if self.value(key).is_none() {
            let cause = match self.name {
                "" => format!("{key} is missing"),
                name => format!("{name} has no {key}"),
            };
            let cure = format!("write {key} = {write}");
            let problem = match self.name {
                "" => Problem::whole(cause, cure),
                _ => Problem::at(self.line, cause, cure),
            };
            self.document.report(problem);
        }
    }
}

/// Reports a file without a listener.
pub(super) fn missing_listener(whole: &Section<'_, '_>) {
    if whole.value("listener").is_none() {
        let cure = "write one, such as [[listener]] and address = \"0.0.0.0:21\" below it";
        whole.document.report(Problem::whole("there is no [[listener]]", cure));
    }
}

fn unknown(section: &str, known: &[&str], key: &str, line: usize) -> Problem {
    let place = if section.is_empty() { "above the sections".to_owned() } else { format!("in {section}") };
    let cause = format!("unknown key {} {place}", quoted(key));
    let elsewhere = || {
        let sections = SECTIONS.iter().filter(|(_, keys)| keys.contains(&key));
        let names: Vec<String> = sections
            .map(
                |(name, _)| {
                    if name.is_empty() { "the top of the file".to_owned() } else { (*name).to_owned() }
                },
            )
            .collect();
        (!names.is_empty()).then(|| format!("it belongs to {}", alternatives(names)))
    };
    let cure = if key == "password" {
        "passwords are kept as hashes: `wharfd passwd NAME` prints one, behind the first colon".to_owned()
    } else if let Some(near) = suggest::nearest(key, known.iter().copied()) {
        format!("did you mean {near}?")
    } else if let Some(elsewhere) = elsewhere() {
        elsewhere
    } else {
        let known = alternatives(known.iter().map(|key| (*key).to_owned()));
        format!("remove it; known here: {known}")
    };
    Problem::at(line, cause, cure)
}

/// A string without control characters.
fn plain_text<'a>(value: &'a DeValue<'_>) -> Option<&'a str> {
    value.as_str().filter(|text| !text.contains(char::is_control))
}

pub(super) fn integer(value: &DeValue<'_>) -> Option<u64> {
    let integer = value.as_integer()?;
    u64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// A value as an error shows it.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => quoted(text),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
