//! `[audit]`: the audit log.

use std::path::{Path, PathBuf};

use wharf_server::{AuditOptions, OnAuditFailure};

use super::{
    document::{Section, integer},
    model::At,
    problem::Problem,
};
use crate::{failure::shown, size};

const ON_FAILURE: [(&str, OnAuditFailure); 2] =
    [("continue", OnAuditFailure::Continue), ("refuse", OnAuditFailure::Refuse)];

/// `[audit]`.
#[derive(Debug)]
pub(super) struct Audit {
    pub(super) file: At<PathBuf>,
    max_size: Option<At<u64>>,
    daily: Option<At<bool>>,
    keep: Option<At<usize>>,
    on_failure: Option<At<OnAuditFailure>>,
}

impl Audit {
    pub(super) fn read(section: &Section<'_, '_>, folder: &Path) -> Option<Self> {
        const FILE: &str = "\"/var/log/wharfd/audit.log\" (a file)";
        let file = section.parsed("file", FILE, |text| (!text.is_empty()).then(|| folder.join(text)));
        let max_size = section.take("max_size", "\"100M\"", |value| match integer(value) {
            Some(bytes) => size::parse(&bytes.to_string()).ok(),
            None => size::parse(value.as_str()?).ok(),
        });
        let keep = section.take("keep", "30", |value| usize::try_from(integer(value)?).ok());
        let (daily, on_failure) = (section.flag("daily"), section.word("on_failure", &ON_FAILURE));
        if file.is_none() {
            section.missing("file", FILE);
        }
        Some(Self { file: file?, max_size, daily, keep, on_failure })
    }

    /// In the library's words.
    ///
    /// # Errors
    /// When there is no place for the file.
    pub(super) fn options(&self) -> Result<AuditOptions, Problem> {
        let file = self.file.value.clone();
        let dir = file.parent().is_some_and(Path::is_dir);
        if !dir || file.is_dir() {
            return Err(Problem::at(
                self.file.line,
                format!("the audit log {} cannot be a file there", shown(&file)),
                "make its directory first, or write another path",
            ));
        }
        let mut options = AuditOptions::new(file);
        options.max_size = self.max_size.map_or(options.max_size, |at| Some(at.value));
        options.daily = self.daily.map_or(options.daily, |at| at.value);
        options.keep = self.keep.map_or(options.keep, |at| at.value);
        options.on_failure = self.on_failure.map_or(options.on_failure, |at| at.value);
        Ok(options)
    }
}
