//! The files that the configuration names.

use std::{fs, path::Path};

use wharf_acme::AcmeOptions;
use wharf_server::{ClientTrust, IdentityError, LocalDisk, LocalOptions};

use super::{
    accounts::Accounts,
    acme,
    model::{At, Model, Pair},
    problem::Problem,
    settings::Settings,
};
use crate::{
    certificate::{self, Certificate},
    failure::shown,
};

/// Whether the server will run, or is only asked whether it could.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Nothing is made on disk.
    Check,
    /// A certificate is made where none is given or kept.
    Run,
}

/// What was loaded.
#[derive(Debug)]
pub(super) struct Loaded {
    /// In the order of the listeners; `None` where there is no TLS.
    pub(super) certificates: Vec<Option<Shown>>,
    /// In the order of the hosts; `None` where the listener's is shown.
    pub(super) hosts: Vec<Option<Shown>>,
    pub(super) accounts: Accounts,
    pub(super) disk: LocalDisk,
    /// Whose client certificates are taken; `None` where nothing says so.
    pub(super) client_trust: Option<ClientTrust>,
    /// What renews the certificate of the listeners that name none.
    pub(super) acme: Option<AcmeOptions>,
}

/// A certificate, and the line that names it; `None` for one that is made and kept.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) certificate: Certificate,
    pub(super) line: Option<usize>,
}

impl Loaded {
    pub(super) fn load(
        model: &Model,
        listeners: &[Settings],
        purpose: Purpose,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let disk = disk(model, &mut problems);
        let accounts = Accounts::load(model, &mut problems);
        let hosts = model.hosts.iter().map(|host| of_pair(&host.pair, &mut problems)).collect();
        let client_trust = model.client_certificates.trust().unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        let mut acme = None;
        if let Some(section) = &model.acme {
            match acme::options(model, section) {
                Ok(options) => acme = Some(options),
                Err(problem) => problems.push(problem),
            }
        }
        let mut kept = None;
        let mut certificate = |settings: &Settings| {
            if !settings.has_tls() {
                return None;
            }
            let result = match &settings.files {
                Some((line, cert, key)) => given(*line, cert, key),
                None => kept.get_or_insert_with(|| renewed(model, listeners, purpose, acme.as_ref())).clone(),
            };
            result
                .map_err(|problem| {
                    if !problems.contains(&problem) {
                        problems.push(problem);
                    }
                })
                .ok()
        };
        let certificates = listeners.iter().map(&mut certificate).collect();
        match (disk, accounts) {
            (Some(disk), Some(accounts)) if problems.is_empty() => {
                Ok(Self { certificates, hosts, accounts, disk, client_trust, acme })
            }
            (_, _) => Err(problems),
        }
    }
}

fn disk(model: &Model, problems: &mut Vec<Problem>) -> Option<LocalDisk> {
    let At { line, value: root } = model.root.as_ref()?;
    let durability = model.durability.map_or_else(Default::default, |at| at.value);
    let options = LocalOptions { durability, ..LocalOptions::default() };
    let cure = "make it first, or write the path of another directory";
    let cause = match fs::metadata(root) {
        Ok(metadata) if metadata.is_dir() => match LocalDisk::open(root, options) {
            Ok(disk) => return Some(disk),
            Err(error) => format!("the root {} cannot be served: {error}", shown(root)),
        },
        Ok(_) => format!("the root {} is no directory", shown(root)),
        Err(error) => format!("the root {} cannot be served: {error}", shown(root)),
    };
    problems.push(Problem::at(*line, cause, cure));
    None
}

fn of_pair(pair: &Pair, problems: &mut Vec<Problem>) -> Option<Shown> {
    let (line, cert, key) = pair.files()?;
    given(line, cert, key).map_err(|problem| problems.push(problem)).ok()
}

fn given(line: usize, cert: &Path, key: &Path) -> Result<Shown, Problem> {
    match Certificate::given(cert, key) {
        Ok(certificate) => Ok(Shown { certificate, line: Some(line) }),
        Err(error) => Err(Problem::at(line, error.to_string(), "check the files of certificate and key")),
    }
}

/// The certificate of the listeners that name none: what ACME gave, or else one that is made and kept.
fn renewed(
    model: &Model,
    listeners: &[Settings],
    purpose: Purpose,
    acme: Option<&AcmeOptions>,
) -> Result<Shown, Problem> {
    let Some(acme) = acme else { return kept(model, listeners, purpose) };
    let file = acme.certificate_file();
    let line = model.acme.as_ref().map(|acme| acme.line);
    if let Ok(mut certificate) = Certificate::given(&file, &file) {
        certificate.renewed = true;
        certificate.origin = format!("from ACME, kept in {}", shown(&file));
        return Ok(Shown { certificate, line });
    }
    let mut shown = kept(model, listeners, purpose)?;
    shown.certificate.origin.push_str(", until ACME gives one");
    shown.certificate.renewed = true;
    shown.certificate.placeholder = true;
    shown.certificate.files = (file.clone(), file);
    Ok(shown)
}

/// The certificate that is made and kept: for the addresses listened on, and for the hosts that have none.
fn kept(model: &Model, listeners: &[Settings], purpose: Purpose) -> Result<Shown, Problem> {
    let line = model.state_dir.as_ref().map(|at| at.line);
    let Some(dir) = model.state_dir.as_ref().map(|at| at.value.clone()).or_else(certificate::state_dir)
    else {
        return Err(Problem::whole(
            "no certificate is given, and there is no home directory to keep one in",
            "write certificate and key in [tls], or state_dir",
        ));
    };
    let public = model.public_ip.map(|at| at.value.into());
    let addresses = listeners.iter().map(|settings| settings.address.value.ip()).chain(public);
    let mut names = certificate::names(addresses);
    let without = model.hosts.iter().filter(|host| host.pair.certificate.is_none());
    for name in without.flat_map(|host| host.names()) {
        if !names.contains(&name.value) {
            names.push(name.value.clone());
        }
    }
    let made = match purpose {
        Purpose::Check => Certificate::to_be_kept(&dir, &names),
        Purpose::Run => Certificate::kept(&dir, &names),
    };
    let failed = |error: IdentityError| Problem {
        line,
        cause: format!("the certificate in {} cannot be used: {error}", shown(&dir)),
        cure: "check that directory, or write certificate and key in [tls]".to_owned(),
    };
    Ok(Shown { certificate: made.map_err(failed)?, line: None })
}
