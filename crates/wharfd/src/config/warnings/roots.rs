//! Accounts whose directory is not there.

use super::{
    super::model::{At, Model},
    Warnings,
};
use crate::failure::shown;

/// Warns of roots without which the logins of their accounts fail. They may still be made while the server runs.
pub(super) fn find(model: &Model, warnings: &mut Warnings) {
    let Some(whole) = &model.root else { return };
    let users = model.users.iter().map(|user| (user.name.value.as_str(), &user.root));
    let anonymous = model.anonymous.iter().map(|anonymous| ("anonymous", &anonymous.root));
    for host in &model.hosts {
        let Some(At { line, value }) = &host.root else { continue };
        let dir = whole.value.join(value);
        if !dir.is_dir() {
            let (root, name) = (shown(&dir), &host.name.value);
            warnings
                .add(*line, format!("the root {root} of the host {name} is no directory: logins there fail"));
        }
    }
    for (name, root) in users.chain(anonymous) {
        let Some(At { line, value }) = root else { continue };
        // An absolute one replaces the whole root.
        let dir = whole.value.join(value);
        if !dir.is_dir() {
            warnings
                .add(*line, format!("the root {} of {name:?} is no directory: its logins fail", shown(&dir)));
        }
    }
}
