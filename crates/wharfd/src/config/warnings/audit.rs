//! An audit log where accounts can reach it, or where it cannot be rotated.

use std::path::Path;

use super::{super::model::Model, Warnings};
use crate::{audit_log::cannot_rotate, failure::shown};

/// Warns of a log below the root, for who may change files there may change what proves it; and of one that cannot be
/// rotated.
pub(super) fn find(model: &Model, warnings: &mut Warnings) {
    let Some(audit) = &model.audit else { return };
    if let Some(text) = audit.options().ok().as_ref().and_then(cannot_rotate) {
        warnings.add(audit.file.line, text);
    }
    let Some(root) = &model.root else { return };
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let file = &audit.file;
    if file.value.parent().is_some_and(|dir| whole(dir).starts_with(whole(&root.value))) {
        let text = format!("the audit log {} lies below the root: accounts can reach it", shown(&file.value));
        warnings.add(file.line, text);
    }
}
