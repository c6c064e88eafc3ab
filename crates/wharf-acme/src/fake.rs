//! An authority for tests, in memory, and what else they need.

use std::future::{Future, pending};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Command;
use std::sync::{Arc, Mutex};

use hyper::body::Bytes;
use hyper::{Request, Response};
use instant_acme::{Account, BodyWrapper, BytesResponse, Error, HttpClient, NewAccount};

use crate::certificate::Leaf;
use crate::clock::now;

const BASE: &str = "https://ca.example";

/// What it does when it is asked for a path.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// A status and a body, in which `BASE` stands for the authority's own address.
    Say(u16, &'static str),
    Nothing,
}

/// What it does otherwise than usual, by path.
pub(crate) type Special = &'static [(&'static str, Answer)];

/// An authority that knows accounts, and orders of one name whose proof is never looked for.
#[derive(Clone)]
pub(crate) struct Fake {
    /// The paths that it was asked for.
    asked: Arc<Mutex<Vec<String>>>,
    special: Special,
}

impl Fake {
    pub(crate) fn new(special: Special) -> Self {
        Self { asked: Arc::default(), special }
    }

    /// A new account with it.
    pub(crate) async fn account(&self) -> Account {
        let wanted = NewAccount { contact: &[], terms_of_service_agreed: true, only_return_existing: false };
        let builder = Account::builder_with_http(Box::new(self.clone()));
        builder.create(&wanted, format!("{BASE}/dir"), None).await.unwrap().0
    }

    /// How often it was asked for this path.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }

    fn answer(&self, path: &str) -> Answer {
        let usual = match path {
            "/dir" => Answer::Say(
                200,
                r#"{"newNonce": "BASE/nonce", "newAccount": "BASE/account", "newOrder": "BASE/order", "renewalInfo": "BASE/window"}"#,
            ),
            "/nonce" => Answer::Say(200, ""),
            "/account" => Answer::Say(201, r#"{"status": "valid"}"#),
            "/order" => Answer::Say(
                201,
                r#"{"status": "pending", "identifiers": [{"type": "dns", "value": "a.example"}],
                "authorizations": ["BASE/authorization"], "finalize": "BASE/finalize"}"#,
            ),
            "/authorization" => Answer::Say(
                200,
                r#"{"status": "pending", "identifier": {"type": "dns", "value": "a.example"},
                "challenges": [{"type": "dns-01", "url": "BASE/challenge", "token": "abc", "status": "pending"}]}"#,
            ),
            _ => Answer::Nothing,
        };
        self.special.iter().find(|(special, _)| *special == path).map_or(usual, |(_, answer)| *answer)
    }
}

impl HttpClient for Fake {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        // The identifier of a certificate is behind the second slash.
        let path: String = request.uri().path().split('/').take(2).collect::<Vec<_>>().join("/");
        let answer = self.answer(&path);
        self.asked.lock().unwrap().push(path);
        Box::pin(async move {
            match answer {
                Answer::Say(status, body) => {
                    let response = Response::builder()
                        .status(status)
                        .header("replay-nonce", "0")
                        .header("retry-after", "7200")
                        .header("location", format!("{BASE}/mine"))
                        .body(body.replace("BASE", BASE))
                        .unwrap();
                    Ok(response.into())
                }
                Answer::Nothing => pending().await,
            }
        })
    }
}

/// A certificate of 90 days for `a.example` that was given yesterday, in PEM, and what is known of it.
pub(crate) fn certificate() -> (String, Leaf) {
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    let today = now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(1970, 1, 1) + (today - day);
    params.not_after = rcgen::date_time_ymd(1970, 1, 1) + (today + 89 * day);
    // Without it the certificate has no identifier (RFC 9773 §4.1).
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(rcgen::SerialNumber::from(7_u64));
    let pem = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem();
    let leaf = Leaf::parse(pem.as_bytes()).unwrap();
    (pem, leaf)
}

/// A hook in `dir`, for sh. Another process writes it: a child that another test starts would hold the file open for
/// writing for a moment, and such a file cannot be run.
pub(crate) fn script(dir: &Path, text: &str) -> PathBuf {
    let path = dir.join("hook");
    let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$2\" && chmod 700 \"$2\"";
    let status = Command::new("sh").args(["-c", write, "sh", text]).arg(&path).status().unwrap();
    assert!(status.success());
    path
}
