//! What holds for a listener: its own words, else those of `[tls]`, else the defaults.

use std::{net::SocketAddr, path::PathBuf};

use wharf_server::{
    ClientCertificateRule, ControlPolicy, DataPolicy, DataSession, Dialect, Policy, Strength, TlsRule,
    TlsVersion,
};

use super::model::{At, Listener, Model, Pair};

/// The port that is implicit FTPS by its assignment.
pub(crate) const IMPLICIT_PORT: u16 = 990;

/// A value, and the line that says so; `None` where it is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said<T> {
    pub(super) value: T,
    pub(super) line: Option<usize>,
}

impl<T: Copy> Said<T> {
    fn of(own: Option<At<T>>, shared: Option<At<T>>, default: T) -> Self {
        match own.or(shared) {
            Some(At { line, value }) => Self { value, line: Some(line) },
            None => Self { value: default, line: None },
        }
    }
}

/// All that holds for a listener.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) address: At<SocketAddr>,
    pub(super) implicit: Said<bool>,
    pub(super) control: Said<ControlPolicy>,
    pub(super) data: Said<DataPolicy>,
    pub(super) min_version: Said<TlsVersion>,
    pub(super) max_version: Said<TlsVersion>,
    pub(super) min_strength: Strength,
    pub(super) data_session: DataSession,
    pub(super) dialect: Dialect,
    pub(super) report_only: Said<bool>,
    pub(super) strict_close: bool,
    /// What is asked of clients here; hosts may ask for more.
    pub(super) client_certificates: Said<ClientCertificateRule>,
    /// Certificate and key, with the line of the certificate; `None` for one that is made and kept.
    pub(super) files: Option<(usize, PathBuf, PathBuf)>,
}

impl Settings {
    fn of(listener: &Listener, model: &Model) -> Self {
        let (own, shared) = (&listener.tls, &model.tls);
        let port = listener.address.value.port();
        let control = Said::of(own.rule.control, shared.rule.control, ControlPolicy::Require);
        // Without TLS nothing but clear data connections is possible.
        let data = if control.value == ControlPolicy::Deny { DataPolicy::Deny } else { DataPolicy::Require };
        let pair = |pair: &Pair| {
            let (line, certificate, key) = pair.files()?;
            Some((line, certificate.clone(), key.clone()))
        };
        Self {
            address: listener.address,
            implicit: Said::of(listener.implicit, None, port == IMPLICIT_PORT),
            control,
            data: Said::of(own.rule.data, shared.rule.data, data),
            min_version: Said::of(own.min_version, shared.min_version, TlsVersion::V1_2),
            max_version: Said::of(own.max_version, shared.max_version, TlsVersion::V1_3),
            min_strength: Said::of(own.min_strength, shared.min_strength, Strength::Bits128).value,
            data_session: Said::of(own.data_session, shared.data_session, DataSession::Prefer).value,
            dialect: Said::of(own.dialect, shared.dialect, Dialect::default()).value,
            report_only: Said::of(own.report_only, shared.report_only, false),
            strict_close: Said::of(own.strict_close, shared.strict_close, true).value,
            client_certificates: Said::of(
                listener.client_certificates,
                model.client_certificates.ask,
                ClientCertificateRule::Off,
            ),
            files: pair(&own.pair).or_else(|| pair(&shared.pair)),
        }
    }

    /// Every listener's, in the order of the file.
    pub(super) fn all(model: &Model) -> Vec<Self> {
        model.listeners.iter().map(|listener| Self::of(listener, model)).collect()
    }

    pub(super) fn has_tls(&self) -> bool {
        self.control.value != ControlPolicy::Deny
    }

    pub(super) fn rule(&self) -> TlsRule {
        TlsRule { control: Some(self.control.value), data: Some(self.data.value) }
    }

    pub(super) fn policy(&self) -> Policy {
        Policy {
            control: self.control.value,
            data: self.data.value,
            dialect: self.dialect,
            report_only: self.report_only.value,
        }
    }
}
