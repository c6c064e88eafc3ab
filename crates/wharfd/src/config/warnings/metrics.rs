//! A file of figures that cannot be written, or that nobody will read.

use std::path::Path;

use super::{super::model::Model, Warnings};
use crate::failure::shown;

pub(super) fn find(model: &Model, warnings: &mut Warnings) {
    let Some(file) = model.metrics.as_ref().and_then(|metrics| metrics.file.as_ref()) else { return };
    if file.value.extension().is_none_or(|extension| extension != "prom") {
        let text = format!(
            "the metrics file {} does not end in .prom: node_exporter reads no other",
            shown(&file.value)
        );
        warnings.add(file.line, text);
    }
    let folder =
        file.value.parent().filter(|folder| *folder != Path::new("")).unwrap_or_else(|| Path::new("."));
    if !folder.is_dir() {
        let text = format!(
            "the folder of the metrics, {}, is not there: none are written until it is",
            shown(folder)
        );
        warnings.add(file.line, text);
    }
}
