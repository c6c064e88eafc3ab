//! The agent that keeps one certificate fresh.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use instant_acme::{Account, CertificateIdentifier};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use crate::certificate::Leaf;
use crate::clock::now;
use crate::error::AcmeError;
use crate::options::AcmeOptions;
use crate::order::{self, Suggestion};
use crate::schedule::{self, dice};
use crate::store::{Setback, Store};

/// The longest sleep: a machine may sleep too, and its clock may be set.
const LOOK: Duration = Duration::from_secs(60 * 60);
/// How often the authority is asked for its window at most, and at least.
const ASK: (Duration, Duration) = (Duration::from_secs(60 * 60), Duration::from_secs(24 * 60 * 60));
/// How long the authority may take to tell its window: a connection may hang, and the certificate's own dates are enough.
const ANSWER: Duration = Duration::from_secs(60);
/// What the bell leaves of a pause, counted from the last attempt: an attempt costs the authority something, and it counts.
const BREATH: Duration = Duration::from_secs(60);
/// How long the authority may take to open the account.
const ACCOUNT_MINUTES: u64 = 5;

/// Keeps one certificate fresh.
#[derive(Debug)]
pub struct Acme {
    options: AcmeOptions,
    store: Store,
    bell: AcmeBell,
}

/// Has an [`Acme`] that waits after a failure try again soon. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct AcmeBell(Arc<Notify>);

impl AcmeBell {
    /// The next attempt is now, if one is due but for a pause, or as soon as a minute has passed since the last one, or since
    /// the start.
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

impl Acme {
    /// Opens the state folder, or makes it; nobody is asked for anything yet.
    ///
    /// # Errors
    /// The folder cannot be made or others may enter it, no name is given, or the terms are not accepted.
    pub fn open(options: AcmeOptions) -> Result<Self, AcmeError> {
        if options.names.is_empty() {
            return Err(AcmeError::Unready("no name is given for the certificate"));
        }
        if !options.accept_terms {
            return Err(AcmeError::Unready("the terms of the authority are not accepted"));
        }
        let store = Store::open(&options.state, &options.directory)?;
        Ok(Self { options, store, bell: AcmeBell::default() })
    }

    /// Where the certificate is, once there is one: the private key, then the chain, the server's own first, in one file,
    /// which is only ever replaced as a whole.
    #[must_use]
    pub fn certificate_file(&self) -> PathBuf {
        self.store.certificate_file()
    }

    /// What has a pause cut short.
    #[must_use]
    pub fn bell(&self) -> AcmeBell {
        self.bell.clone()
    }

    /// Gets the certificate and renews it, as long as it is awaited. `issued` is called behind each new one.
    ///
    /// What fails is logged and tried again later; what there was stays.
    ///
    /// # Cancel safety
    /// An order that is under way when the future is dropped is left to the authority, which forgets it; DNS records that
    /// were set for it stay.
    pub async fn run(self, mut issued: impl FnMut() + Send) {
        let mut setback = self.setback();
        // No order comes before this moment, not even when the bell rings.
        let mut rest = None;
        if let Some(Setback { failures, next }) = setback
            && next > now()
        {
            let wait = minutes(next);
            tracing::warn!(failures, "ACME: the last attempt failed; the next one is in {wait} minutes");
        }
        let mut account = None;
        // Who starts the server again and again is not faster than who rings.
        let mut tried = Instant::now();
        loop {
            let leaf = self.store.certificate();
            self.wait_until_due(leaf.as_ref(), (setback, tried), rest.take(), &mut account).await;
            let attempt = self.attempt(leaf.as_ref().filter(|_| setback.is_none()), &mut account).await;
            tried = Instant::now();
            match attempt {
                Ok(leaf) => {
                    setback = None;
                    self.remember(setback);
                    // The new one may be due at once: the clock may be ahead.
                    rest = Some(now() + schedule::rest(leaf.lifetime()));
                    let left = leaf.not_after.duration_since(now()).unwrap_or_default().as_secs();
                    let names = self.options.names.join(",");
                    tracing::info!(names, seconds = left, "ACME: a new certificate");
                    issued();
                }
                Err(error) => {
                    let failures = setback.map_or(0, |setback| setback.failures).saturating_add(1);
                    let lifetime = leaf.as_ref().and_then(Leaf::lifetime);
                    let next = now() + schedule::pause(failures, lifetime, dice());
                    setback = Some(Setback { failures, next });
                    self.remember(setback);
                    let wait = minutes(next);
                    tracing::error!(
                        failures,
                        "ACME: no new certificate: {error}; the next attempt is in {wait} minutes"
                    );
                    // The account may be what is wrong.
                    account = None;
                }
            }
        }
    }

    /// What failed before this start. A pause that was set while the clock was ahead is cut, and kept so: otherwise a server
    /// that is started again and again would never come to its end.
    fn setback(&self) -> Option<Setback> {
        let Setback { failures, next } = self.store.setback()?;
        let setback = Some(Setback { failures, next: schedule::bounded(next, now()) });
        if setback.is_some_and(|setback| setback.next < next) {
            self.remember(setback);
        }
        setback
    }

    fn remember(&self, setback: Option<Setback>) {
        if let Err(error) = self.store.keep_setback(setback) {
            tracing::error!(%error, "ACME: the state folder cannot be written");
        }
    }

    /// Waits for the renewal of `leaf`, for the end of a pause after a failure, and for the end of `rest`; the bell shortens
    /// the pause to what has to be between two attempts, the last of which was at `tried`.
    async fn wait_until_due(
        &self,
        leaf: Option<&Leaf>,
        (setback, tried): (Option<Setback>, Instant),
        mut rest: Option<SystemTime>,
        account: &mut Option<Account>,
    ) {
        // A certificate for other names is of no use.
        let leaf = leaf.filter(|leaf| leaf.proves(&self.options.names));
        let mut due = leaf.map(|leaf| schedule::renewal(leaf.not_before, leaf.not_after, dice()));
        let mut ask = leaf.map(|_| now());
        let mut paused = setback.map(|setback| setback.next);
        loop {
            // The clock may have been set back since these were reckoned. What is cut stays cut, so that it comes to an end.
            [paused, rest] = [paused, rest].map(|until| until.map(|until| schedule::bounded(until, now())));
            ask = ask.map(|ask| ask.min(now() + ASK.1));
            if let Some(leaf) = leaf
                && ask.is_some_and(|ask| ask <= now())
                && due.is_some_and(|due| due > now())
                && leaf.not_after > now() + LOOK
            {
                ask = self.heed(leaf, &mut due, account).await;
            }
            let Some(until) = [due, paused, rest].into_iter().flatten().max().filter(|until| *until > now())
            else {
                return;
            };
            let nap = until.duration_since(now()).unwrap_or_default().min(LOOK);
            if timeout(nap, self.bell.0.notified()).await.is_ok() {
                let left = BREATH.saturating_sub(tried.elapsed());
                paused = paused.map(|until| until.min(now() + left)).filter(|until| *until > now());
                if let Some(paused) = paused {
                    let seconds = paused.duration_since(now()).unwrap_or_default().as_secs();
                    tracing::info!(seconds, "ACME: asked to try again, a while after the last attempt");
                }
            }
        }
    }

    /// Asks the authority when to renew, and moves `due` to an earlier moment if it says so; gives when to ask again, and
    /// `None` where the authority knows of no such windows.
    async fn heed(
        &self,
        leaf: &Leaf,
        due: &mut Option<SystemTime>,
        account: &mut Option<Account>,
    ) -> Option<SystemTime> {
        match timeout(ANSWER, self.window(leaf, account)).await.unwrap_or_else(|_| Err(silent())) {
            Ok(window) => {
                let ((start, end), again) = window?;
                let wished = schedule::within(start, end, dice());
                *due = due.map(|due| due.min(wished));
                Some(now() + again.clamp(ASK.0, ASK.1))
            }
            Err(error) => {
                tracing::debug!(%error, "ACME: the authority does not say when to renew");
                // Its connection may be what hangs, and would be used again.
                *account = None;
                Some(now() + ASK.0)
            }
        }
    }

    /// The window that the authority suggests, and when to ask again; opens the account if need be.
    async fn window(
        &self,
        leaf: &Leaf,
        account: &mut Option<Account>,
    ) -> Result<Option<Suggestion>, AcmeError> {
        let account = match account {
            Some(account) => account,
            None => account.insert(order::account(&self.options, &self.store).await?),
        };
        order::suggested(account, leaf).await
    }

    /// One order; `before` is what it replaces, told to the authority at the first attempt only, since it may know better.
    async fn attempt(&self, before: Option<&Leaf>, account: &mut Option<Account>) -> Result<Leaf, AcmeError> {
        // What cannot be kept is not asked for: each start would ask for it again, until the authority refuses.
        self.store.probe()?;
        let known = match account {
            Some(account) => account,
            None => account.insert(self.account().await?),
        };
        // Where the authority knows of windows for renewal, it wants to know what is renewed.
        let replaced = match before {
            Some(leaf) => match timeout(ANSWER, order::suggested(known, leaf)).await {
                Ok(Ok(Some(_))) => CertificateIdentifier::try_from(&leaf.der).ok(),
                Ok(Ok(None) | Err(_)) | Err(_) => None,
            },
            None => None,
        };
        let allowance = order::allowance(&self.options);
        let issued = match order::issue(known, &self.options, replaced, allowance).await {
            // It would say so for ever.
            Err(AcmeError::UnknownAccount(said)) => {
                let aside = self.store.set_account_aside()?;
                tracing::warn!(
                    ?aside,
                    "ACME: the authority does not know the account, and a new one is opened: {said}"
                );
                let new = account.insert(self.account().await?);
                order::issue(new, &self.options, None, allowance).await
            }
            issued => issued,
        }?;
        let leaf = Leaf::parse(issued.chain.as_bytes())?;
        if !leaf.proves(&self.options.names) {
            return Err(AcmeError::Certificate("it does not prove the names that were asked for".to_owned()));
        }
        self.store.keep_certificate(&issued.chain, &issued.key)?;
        Ok(leaf)
    }
}

impl Acme {
    /// The account that is kept, or a new one.
    async fn account(&self) -> Result<Account, AcmeError> {
        let opened = order::account(&self.options, &self.store);
        let opened = timeout(Duration::from_secs(ACCOUNT_MINUTES * 60), opened).await;
        opened.unwrap_or(Err(AcmeError::Slow(ACCOUNT_MINUTES)))
    }
}

fn silent() -> AcmeError {
    AcmeError::Authority(format!("no answer within {} seconds", ANSWER.as_secs()))
}

fn minutes(until: SystemTime) -> u64 {
    until.duration_since(now()).unwrap_or_default().as_secs().div_ceil(60)
}

#[cfg(test)]
mod tests;
