//! An audit log where accounts can reach it.

use std::path::Path;

use super::{super::model::Model, Warnings};
use crate::failure::shown;

/// Warns of a log below the root: who may change files there may change what proves it.
pub(super) fn find(model: &Model, warnings: &mut Warnings) {
    let (Some(audit), Some(root)) = (&model.audit, &model.root) else { return };
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let file = &audit.file;
    if file.value.parent().is_some_and(|dir| whole(dir).starts_with(whole(&root.value))) {
        let text = format!("the audit log {} lies below the root: accounts can reach it", shown(&file.value));
        warnings.add(file.line, text);
    }
}
