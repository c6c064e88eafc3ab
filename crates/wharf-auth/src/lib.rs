#![doc = include_str!("../README.md")]

mod anonymous;
mod authenticator;
mod by_host;
mod certificates;
mod chain;
mod fixed;
mod hashing;
mod users_file;

pub use anonymous::Anonymous;
pub use authenticator::{AuthError, Authenticator, Credentials};
pub use by_host::ByHost;
pub use certificates::{ByCertificate, CertificateLogin, CertificateMap};
pub use chain::Chain;
pub use fixed::{FixedUserError, FixedUsers};
pub use users_file::{UsersFile, UsersFileError, users_file_line};
