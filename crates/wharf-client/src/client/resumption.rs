//! TLS sessions for data connections: that there is always one to resume where the server wants that.
//!
//! A TLS 1.3 ticket is used once, and some servers give few: ProFTPD none on uploads. What they refuse shows late, an
//! upload may be gone by then, so it is seen to before. A listing costs one ticket and may bring two; a connection
//! that is made anew with TLS 1.2 has a session that can be resumed without end.

use bytes::BytesMut;
use wharf_codec::{Features, Pathname};
use wharf_session::client::{Operation, TransferSpec, TransferVerb};
use wharf_transport::TlsVersion;

use super::Client;
use crate::session::{DataReport, Done, Failure, Pump, Session, lacks_resumption};
use crate::{Error, ErrorClass, TlsMode};

/// The most bytes of a listing that is fetched for its tickets alone.
const LISTING: usize = 256 * 1024;
/// So many listings for tickets cost more than one connection made anew.
const MOST_LISTINGS: u32 = 8;
/// The most directories between home and here that are gone through one by one.
const LONGEST_TRAIL: usize = 256;

/// What this session has seen of resumption.
#[derive(Debug, Default)]
pub(super) struct Resumption {
    /// A data connection has resumed the session of the control connection.
    seen: bool,
    /// The same, on the control connection that is there now.
    seen_here: bool,
    /// A data connection that did not resume was taken: the server does not demand it.
    optional: bool,
    /// The server refuses what does not resume, now or as far as is remembered.
    required: bool,
    /// How many tickets a download or listing brings; `None` until there was one.
    brings: Option<usize>,
    /// Listings that were made for tickets alone.
    listings: u32,
    /// TLS 1.2 does not come about.
    no_tls12: bool,
}

impl Resumption {
    pub(super) fn new(required: bool) -> Self {
        // Had listings brought enough, it would not have come to that.
        Self { required, brings: required.then_some(0), ..Self::default() }
    }

    /// Whether a data connection without a ticket is likely to be refused.
    fn matters(&self) -> bool {
        self.required || (self.seen && !self.optional)
    }

    /// Whether it is known how the server takes data connections.
    pub(super) fn is_known(&self) -> bool {
        self.seen || self.optional
    }
}

/// Where in the server's tree the session stands, as far as it is known from the commands that led there.
#[derive(Debug, Default, Clone)]
pub(super) struct Trail(Vec<Pathname>);

impl Trail {
    pub(super) fn step(&mut self, to: &Pathname) {
        if to.as_bytes().starts_with(b"/") {
            self.0.clear();
        }
        self.0.push(to.clone());
    }

    /// The directory is known by its whole name.
    fn replace(&mut self, by: Pathname) {
        self.0 = vec![by];
    }
}

impl Client {
    /// Runs one transfer and takes from it what it shows of resumption.
    pub(super) async fn transfer(&mut self, spec: &TransferSpec, pump: Pump<'_>) -> Done {
        let before = self.spendable_tickets();
        let done = self.session.run(Operation::Transfer(spec.clone()), pump).await;
        self.hear();
        let after = self.spendable_tickets();
        let Some(tls) = &done.data.tls else { return done };
        if tls.resumed {
            if let (Some(before), Some(after)) = (before, after)
                && done.result.is_ok()
                && !spec.verb.is_upload()
            {
                self.reuse.brings = Some((after + 1).saturating_sub(before));
            }
            self.reuse.seen = true;
            self.reuse.seen_here = true;
            self.memory.learn(|record| record.resumes = true);
        } else if done.result.is_ok() {
            if self.memory.record().resumes && !self.reuse.seen {
                self.memory.warn(
                    "data connections do not resume the TLS session of the control connection any more, as they \
                     always did here: the server was changed, or somebody is in the way"
                        .to_owned(),
                );
            }
            self.reuse.optional = true;
        }
        done
    }

    /// Sees to it that the next transfer has a session to resume.
    pub(super) async fn prepare_tickets(&mut self, upload: bool) -> Result<(), Error> {
        let Some(stock) = self.spendable_tickets() else { return Ok(()) };
        match stock {
            0 if self.reuse.matters() => self.renew().await,
            // Nothing is known yet, and what an upload has read from its source may not be there a second time.
            0 if upload && !self.reuse.is_known() => self.restock().await,
            1 if upload && self.may_restock() => self.restock().await,
            _ => Ok(()),
        }
    }

    /// Tickets in stock, where data connections spend them.
    fn spendable_tickets(&self) -> Option<usize> {
        let spends = self.session.control_version() == Some(TlsVersion::V1_3) && self.data_protected();
        if spends { self.session.tickets() } else { None }
    }

    fn may_restock(&self) -> bool {
        self.reuse.brings.is_none_or(|brings| brings > 1) && self.reuse.listings < MOST_LISTINGS
    }

    /// Fetches a listing for its tickets; where that does not help, makes the connection anew.
    async fn restock(&mut self) -> Result<(), Error> {
        let has_mlsd =
            self.session.machine().facts().mlsd.unwrap_or_else(|| self.features().is_none_or(Features::mlst));
        // MLSD leaves TYPE alone.
        let verb = if has_mlsd { TransferVerb::Mlsd } else { TransferVerb::Nlst };
        let mut text = BytesMut::new();
        let pump = Pump::Collect { into: &mut text, limit: LISTING };
        let done = self.transfer(&TransferSpec::new(verb, None), pump).await;
        self.reuse.listings += 1;
        let after = self.spendable_tickets().unwrap_or(0);
        if done.result.is_err() {
            self.reuse.brings = Some(0);
        }
        match &done.result {
            Err(failure) if lacks_resumption(failure, &done.data) => {
                self.reuse.required = true;
                self.renew().await
            }
            _ if after == 0 && self.reuse.matters() => self.renew().await,
            // Whatever else went wrong, the transfer itself will tell.
            _ => Ok(()),
        }
    }

    /// Whether a transfer failed for want of a session, and another connection may help. The caller makes sure that
    /// it can be done again.
    pub(super) fn may_retry(&mut self, failure: &Failure, data: &DataReport) -> bool {
        let lacks = lacks_resumption(failure, data);
        if lacks {
            self.reuse.required = true;
            self.reuse.optional = false;
        }
        lacks && self.next_version().is_some()
    }

    /// The highest version of TLS of a connection that would have sessions to resume, if there is one.
    fn next_version(&self) -> Option<TlsVersion> {
        if self.session.control_version() != Some(TlsVersion::V1_3) {
            return None;
        }
        let tls12 = self.options.min_version == TlsVersion::V1_2 && !self.reuse.no_tls12;
        if tls12 {
            Some(TlsVersion::V1_2)
        } else {
            // New tickets help for a while, where this connection had some to begin with.
            self.reuse.seen_here.then_some(TlsVersion::V1_3)
        }
    }

    /// Makes the connection anew if that may help; otherwise nothing.
    pub(super) async fn renew(&mut self) -> Result<(), Error> {
        let Some(version) = self.next_version() else { return Ok(()) };
        self.memory.learn(|record| record.reuse_required = true);
        match self.reconnect_from_here(version).await {
            Err(error)
                if version == TlsVersion::V1_2
                    && error.class() == ErrorClass::Tls
                    && self.session.control_version() == Some(TlsVersion::V1_3) =>
            {
                self.reuse.no_tls12 = true;
                match self.next_version() {
                    Some(version) => self.reconnect_from_here(version).await,
                    None => Ok(()),
                }
            }
            done => done,
        }
    }

    async fn reconnect_from_here(&mut self, highest: TlsVersion) -> Result<(), Error> {
        self.flush().await?;
        self.session.say(&format!(
            "the server wants TLS sessions resumed and there is none left: connecting anew with {highest}"
        ));
        if let Ok(directory) = self.pwd().await
            && let Ok(directory) = super::arguments::path(directory)
        {
            self.trail.replace(directory);
        }
        self.reconnect(highest).await
    }

    /// Makes the connection anew and comes back to where this one stood.
    pub(super) async fn reconnect(&mut self, highest: TlsVersion) -> Result<(), Error> {
        let representation = self.session.machine().representation();
        let mut options = self.options.clone();
        if options.tls == TlsMode::ExplicitIfOffered {
            // It was offered.
            options.tls = TlsMode::Explicit;
        }
        // The old connection ends first: some servers allow one at a time, by address or by user.
        self.session.close().await;
        self.session = Session::start(&options, highest, &mut self.memory).await?;
        self.reuse.seen_here = false;
        self.hash_algorithm = None;
        let restored = self.restore(representation).await;
        if restored.is_err() {
            // Half restored, relative names would mean other files.
            self.session.close().await;
        }
        restored
    }

    pub(super) async fn restore(
        &mut self,
        representation: Option<wharf_codec::Representation>,
    ) -> Result<(), Error> {
        if let Some(credentials) = self.credentials.take() {
            let done = self.log_in(&credentials).await;
            self.credentials = Some(credentials);
            done?;
        }
        let trail = core::mem::take(&mut self.trail);
        for step in trail.0.iter().take(LONGEST_TRAIL) {
            self.done(wharf_codec::Command::Cwd(step.clone())).await?;
        }
        self.trail = trail;
        if let Some(representation) = representation {
            self.done(wharf_codec::Command::Type(representation)).await?;
        }
        if self.control_cleared {
            self.clear_control().await?;
        }
        Ok(())
    }
}
