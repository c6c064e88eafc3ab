//! One order: from an account to a certificate (RFC 8555 §7.4).

use std::time::{Duration, SystemTime};

use instant_acme::{
    Account, AuthorizationStatus, CertificateIdentifier, ChallengeType, ExternalAccountKey, Identifier,
    NewAccount, NewOrder, Order, OrderStatus, RetryPolicy,
};

use tokio::time::{Instant, timeout, timeout_at};

use crate::certificate::Leaf;
use crate::error::{AcmeError, one_line};
use crate::hook::{self, Record};
use crate::options::{AcmeOptions, Challenge};
use crate::responder::Responder;
use crate::store::Store;

/// How long one order may take, hooks aside.
const ORDER: Duration = Duration::from_secs(30 * 60);
/// How long the authority may take to look for the proofs, and then to sign.
const PATIENCE: RetryPolicy = RetryPolicy::new().timeout(Duration::from_secs(5 * 60));

/// Chain and key in PEM. The key is not shown.
pub(crate) struct Issued {
    pub(crate) chain: String,
    pub(crate) key: String,
}

/// The account that is kept, or a new one.
pub(crate) async fn account(options: &AcmeOptions, store: &Store) -> Result<Account, AcmeError> {
    // The library's own error names no file, and repeats what stands in it.
    options.check_root()?;
    let builder = match &options.ca_file {
        Some(file) => Account::builder_with_root(file)?,
        None => Account::builder()?,
    };
    if let Some(known) = store.account()? {
        return Ok(builder.from_credentials(known).await?);
    }
    let contact: Vec<&str> = options.contact.iter().map(String::as_str).collect();
    let wanted = NewAccount {
        contact: &contact,
        terms_of_service_agreed: options.accept_terms,
        only_return_existing: false,
    };
    let external =
        options.external_account.as_ref().map(|known| ExternalAccountKey::new(known.id.clone(), &known.key));
    let (account, credentials) =
        builder.create(&wanted, options.directory.clone(), external.as_ref()).await?;
    store.keep_account(&credentials)?;
    tracing::info!(directory = options.directory, account = account.id(), "ACME: a new account");
    Ok(account)
}

/// A window for renewal, and how long until it is worth asking again.
pub(crate) type Suggestion = ((SystemTime, SystemTime), Duration);

/// The window for renewal that the authority suggests; `None` where it knows of none, or not of such a certificate, and
/// never will (RFC 9773).
pub(crate) async fn suggested(account: &Account, leaf: &Leaf) -> Result<Option<Suggestion>, AcmeError> {
    let Ok(id) = CertificateIdentifier::try_from(&leaf.der) else { return Ok(None) };
    match account.renewal_info(&id).await {
        Ok((info, again)) => {
            let window = info.suggested_window;
            Ok(Some(((window.start.into(), window.end.into()), again)))
        }
        Err(instant_acme::Error::Unsupported(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// How long one order may take. The parts have bounds of their own, but a connection may hang; and one hook after the other
/// may wait until its record is seen everywhere.
pub(crate) fn allowance(options: &AcmeOptions) -> Duration {
    match options.challenge {
        Challenge::Http01 { .. } => ORDER,
        Challenge::Dns01 { .. } => {
            let names = u32::try_from(options.names.len()).unwrap_or(u32::MAX);
            ORDER.saturating_add(hook::PATIENCE.saturating_mul(names))
        }
    }
}

/// Gets a certificate for all names, within this time. What was set as proof is removed whatever comes of it, also when the
/// time is over.
pub(crate) async fn issue(
    account: &Account,
    options: &AcmeOptions,
    replaced: Option<CertificateIdentifier<'_>>,
    allowance: Duration,
) -> Result<Issued, AcmeError> {
    let end = Instant::now() + allowance;
    let slow = |_| AcmeError::Slow(allowance.as_secs().div_ceil(60));
    let names: Vec<Identifier> = options.names.iter().cloned().map(Identifier::Dns).collect();
    let mut wanted = NewOrder::new(&names);
    if let Some(replaced) = replaced {
        wanted = wanted.replaces(replaced);
    }
    // Before anything is asked for: an order that nothing can prove stays open at the authority, which counts them.
    let mut proofs = Proofs::open(&options.challenge).await?;
    let mut order = timeout_at(end, account.new_order(&wanted)).await.map_err(slow)??;
    let proved = timeout_at(end, prove(&mut order, &mut proofs)).await.map_err(slow);
    proofs.close().await;
    proved??;
    let finish = async {
        let key = order.finalize().await?;
        let chain = order.poll_certificate(&PATIENCE).await?;
        Ok(Issued { chain, key })
    };
    // A removal that took long takes nothing of it.
    timeout(ORDER, finish).await.map_err(slow)?
}

async fn prove(order: &mut Order, proofs: &mut Proofs) -> Result<(), AcmeError> {
    let kind = proofs.kind();
    // All proofs are there before the first one is looked for: two names may share a record, and its old state would be
    // remembered on the way.
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let name = authorization.identifier().identifier.clone();
        let Identifier::Dns(name) = name else { continue };
        let Some(challenge) = authorization.challenge(kind.clone()) else {
            return Err(AcmeError::NotOffered { name, challenge: proofs.word() });
        };
        let value = challenge.key_authorization();
        proofs.set(&name, &challenge.token, &value).await?;
    }
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        if let Some(mut challenge) = authorization.challenge(kind.clone()) {
            challenge.set_ready().await?;
        }
    }
    match order.poll_ready(&PATIENCE).await {
        Ok(OrderStatus::Ready) => Ok(()),
        Ok(_) => Err(unproved(order, None).await),
        Err(error) => Err(unproved(order, Some(error)).await),
    }
}

/// Which name was not proved, and what the authority says of it.
async fn unproved(order: &mut Order, error: Option<instant_acme::Error>) -> AcmeError {
    let mut authorizations = order.authorizations();
    while let Some(Ok(authorization)) = authorizations.next().await {
        let said = authorization.challenges.iter().find_map(|challenge| challenge.error.as_ref());
        if let Some(said) = said {
            let said = one_line(said.detail.as_deref().unwrap_or("no reason"));
            return AcmeError::Unproved(format!("{}: {said}", authorization.identifier()));
        }
    }
    error.map_or_else(|| AcmeError::Unproved("a name, without saying which".to_owned()), AcmeError::from)
}

/// What proves the names, as long as it has to be there.
enum Proofs {
    Http(Responder),
    Dns { hook: std::path::PathBuf, set: Vec<Record> },
}

impl Proofs {
    async fn open(challenge: &Challenge) -> Result<Self, AcmeError> {
        Ok(match challenge {
            Challenge::Http01 { listen } => Self::Http(Responder::open(*listen).await?),
            Challenge::Dns01 { hook } => Self::Dns { hook: hook.clone(), set: Vec::new() },
        })
    }

    fn kind(&self) -> ChallengeType {
        match self {
            Self::Http(_) => ChallengeType::Http01,
            Self::Dns { .. } => ChallengeType::Dns01,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Http(_) => "http-01",
            Self::Dns { .. } => "dns-01",
        }
    }

    async fn set(
        &mut self,
        name: &str,
        token: &str,
        value: &instant_acme::KeyAuthorization,
    ) -> Result<(), AcmeError> {
        match self {
            Self::Http(responder) => responder.answer(token, value.as_str()),
            Self::Dns { hook, set } => {
                let record = Record::of(name, value.dns_value());
                // Removed also when it could not be set: half of it may be there.
                set.push(record.clone());
                hook::run(hook, "add", &record).await?;
            }
        }
        Ok(())
    }

    async fn close(self) {
        match self {
            Self::Http(_) => {}
            Self::Dns { hook, set } => {
                for record in set {
                    if let Err(error) = hook::run(&hook, "remove", &record).await {
                        tracing::warn!(%error, name = record.name, "ACME: a record is left in the DNS");
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::fake::{Fake, script};

    #[tokio::test]
    async fn records_are_removed_when_the_time_is_over() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let hook = script(dir.path(), &format!("echo \"$1 $2\" >> {}", out.display()));
        let mut options = AcmeOptions::new(dir.path(), vec!["a.example".to_owned()]);
        options.challenge = Challenge::Dns01 { hook };
        // This authority takes the word that the proof is there, and says nothing.
        let account = Fake::new(&[]).account().await;
        let issued = issue(&account, &options, None, Duration::from_millis(500)).await;
        assert!(matches!(issued, Err(AcmeError::Slow(_))), "{:?}", issued.err());
        let calls = fs::read_to_string(out).unwrap();
        assert_eq!(calls.lines().last(), Some("remove _acme-challenge.a.example"), "{calls}");
    }

    #[tokio::test]
    async fn nothing_is_ordered_where_the_port_is_taken() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut options = AcmeOptions::new("/", vec!["a.example".to_owned()]);
        options.challenge = Challenge::Http01 { listen: listener.local_addr().unwrap() };
        let fake = Fake::new(&[]);
        let account = fake.account().await;
        let issued = issue(&account, &options, None, ORDER).await;
        assert!(matches!(issued, Err(AcmeError::Listen { .. })), "{:?}", issued.err());
        assert_eq!(fake.count("/order"), 0);
    }

    #[test]
    fn each_name_has_time_for_its_hook() {
        let names: Vec<String> = (0..100).map(|number| format!("{number}.example")).collect();
        let mut options = AcmeOptions::new("/", names);
        assert_eq!(allowance(&options), ORDER);
        options.challenge = Challenge::Dns01 { hook: "/hook".into() };
        assert_eq!(allowance(&options), ORDER + 100 * hook::PATIENCE);
    }
}
