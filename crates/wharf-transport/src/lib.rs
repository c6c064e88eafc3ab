#![doc = include_str!("../README.md")]

mod clock;
mod control;
mod control_event;
mod control_tls;
mod data;
mod data_stream;
mod failure;
mod fingerprint;
mod handshake;
mod hosts;
mod identity;
mod ip;
mod kernel_pipe;
mod known_hosts;
mod known_hosts_file;
mod ledger;
mod net;
mod options;
mod passive;
mod peer_tls;
mod private_file;
mod race;
mod record;
mod send_file;
mod stock;
mod ticket;
mod tls_client;
mod tls_io;
mod tls_server;
mod tokio_net;
mod trust;
mod verifier;

pub use crate::clock::Clock;
pub use crate::control::ControlStream;
pub use crate::control_event::{ControlEvent, UpgradeError};
pub use crate::data::{
    DataChannel, DataFailure, DataRole, DataTlsInfo, PeerRule, SharedTicketPlan, TicketPlan,
};
pub use crate::data_stream::{DataError, DataStream, EndMark};
pub use crate::failure::{TlsError, TlsFailure};
pub use crate::fingerprint::{Fingerprint, FingerprintError};
pub use crate::hosts::HostIdentity;
pub use crate::identity::{Identity, IdentityError, Origin};
pub use crate::kernel_pipe::KernelPipe;
pub use crate::known_hosts::{HostMemory, HostRecord, KnownHosts};
pub use crate::known_hosts_file::KnownHostsFile;
pub use crate::net::{BoxFuture, Net, NetIo, NetListener, NetStream};
pub use crate::options::{CipherOrder, DataSession, Strength, TlsInfo, TlsVersion};
pub use crate::passive::{PassiveError, PassiveListener, PassivePool};
pub use crate::peer_tls::PeerTls;
pub use crate::send_file::has_no_disk;
pub use crate::tls_client::{ClientControlTls, ClientTlsOptions};
pub use crate::tls_server::{ServerControlTls, ServerTls, ServerTlsOptions};
pub use crate::tokio_net::TokioNet;
pub use crate::trust::Trust;
