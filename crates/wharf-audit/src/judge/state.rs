//! One session: what of it is remembered until it ends.

use std::sync::Arc;

use wharf_codec::Escaped;

use super::{Finding, JudgeOptions, Kind, Order, Place};
use crate::{field::decoded, parse::Entry, row::CLEAR_BEHIND_AUTH, weak::weakness};

/// Verbs that move a file or a listing; the last three are those of IIS 6.
const TRANSFERS: [&[u8]; 10] =
    [b"RETR", b"STOR", b"STOU", b"APPE", b"LIST", b"NLST", b"MLSD", b"SENT", b"CREATED", b"APPENDED"];

/// The first line that shows something, and how many do.
#[derive(Debug, Clone)]
struct Seen {
    place: Place,
    count: u64,
    time: String,
    /// The name that the client had given by then.
    user: Arc<str>,
    detail: String,
}

/// A data connection that carried something. Its transfer has a row of its own, unless the session ended before.
#[derive(Debug, Clone)]
struct Closed {
    seen: Seen,
    clear: bool,
}

/// What is known of the control connection when a row comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Control {
    Clear,
    Secured,
    /// That depends on what is not in the log.
    Unknown,
}

#[derive(Debug, Clone, Default)]
pub(super) struct State {
    client: String,
    user: Arc<str>,
    ignore_anonymous: bool,
    /// The row of its beginning is in the log; else what has no row yet may have one in an earlier file.
    begun: bool,
    /// What there is of AUTH may be another session's.
    shared: bool,
    /// It is told from others by its client's port.
    by_port: bool,
    implicit: bool,
    /// AUTH was accepted, and neither REIN nor CCC has undone it.
    auth: bool,
    /// CCC or REIN was accepted, and no AUTH since.
    cleared: bool,
    /// It was at some time, or a row says that TLS was up.
    ever_tls: bool,
    /// A row came behind AUTH.
    used_tls: bool,
    /// The row of AUTH, for a handshake that nothing followed.
    auth_at: Option<Seen>,
    /// PROT P, or PROT C; nothing when there was none.
    private: Option<bool>,
    /// There was AUTH or REIN, behind which PROT counts anew.
    anew: bool,
    /// A data connection was opened, and no row of a transfer came since.
    opened: bool,
    /// One that was closed, and no row of its transfer came yet.
    closed: Option<Closed>,
    /// A row of a transfer came before its data connection was closed.
    told: bool,
    secured_login: bool,
    name: Option<Seen>,
    password: Option<Seen>,
    data: Option<Seen>,
    weak: Option<Seen>,
    handshake: Option<Seen>,
    injected: Option<Seen>,
}

impl State {
    pub(super) fn new(options: &JudgeOptions, entry: &Entry<'_>) -> Self {
        let method = entry.method.unwrap_or_default();
        // A session of IIS 6 has no other beginning.
        let begins: &[u8] = if entry.is_numbered() { b"USER" } else { b"ControlChannelOpened" };
        Self {
            begun: method.eq_ignore_ascii_case(begins),
            shared: entry.session.is_none() && entry.client_port.is_none(),
            by_port: entry.session.is_none() && entry.client_port.is_some(),
            ignore_anonymous: options.ignore_anonymous,
            client: text(entry.client),
            ..Self::default()
        }
    }

    /// Whether its beginning is in the log.
    pub(super) const fn is_begun(&self) -> bool {
        self.begun
    }

    /// Whether it is told from others by its client's port.
    pub(super) const fn is_by_port(&self) -> bool {
        self.by_port
    }

    /// Whether a row is about the same client.
    pub(super) fn is_of(&self, entry: &Entry<'_>) -> bool {
        self.client == text(entry.client)
    }

    /// Takes a row; says of how many transfers it became known that bytes may have moved.
    pub(super) fn row(&mut self, options: &JudgeOptions, place: Place, entry: &Entry<'_>) -> u64 {
        let method = entry.method.unwrap_or_default().to_ascii_uppercase();
        let status = Entry::number(entry.status);
        let accepted = status.is_none_or(|status| status < 400);
        if method == b"USER" {
            self.user = text(entry.stem).into();
        }
        let user = Arc::clone(&self.user);
        let seen =
            |detail: String| Seen { place, count: 1, time: time(entry), user: Arc::clone(&user), detail };
        let about_control = !is_about_data(&method);
        if about_control {
            let port = Entry::number(entry.server_port);
            self.implicit |= options.implicit_ports.iter().any(|implicit| port == Some(u64::from(*implicit)));
        }
        let control = self.control(entry);
        let secured = control == Control::Secured;
        if about_control && secured && entry.tls_version.is_some() && method != b"CONTROLCHANNELCLOSED" {
            self.ever_tls = true;
            self.implicit |= !self.auth && self.auth_at.is_none();
        }
        if self.auth && about_control && method != b"CONTROLCHANNELCLOSED" {
            self.used_tls = true;
        }
        self.look_at_tls(entry, &seen);
        if Entry::number(entry.substatus) == Some(32) {
            note(
                &mut self.handshake,
                seen(format!("{} says so{}", shown(entry.method.unwrap_or_default()), reason(entry))),
            );
        }
        match &*method {
            b"AUTH" if accepted => {
                self.auth = true;
                self.cleared = false;
                self.ever_tls = true;
                self.used_tls = false;
                // PROT counts from here on (RFC 4217 §4.2).
                (self.private, self.anew) = (None, true);
                self.auth_at = Some(seen("nothing came behind AUTH".to_owned()));
            }
            b"REIN" | b"CCC" if accepted => {
                (self.auth, self.cleared) = (false, true);
                if method == b"REIN" {
                    // The session starts over; behind CCC data connections stay protected (RFC 4217 §6).
                    (self.private, self.anew) = (None, true);
                    self.user = Arc::default();
                }
            }
            b"PROT" if accepted => {
                self.private = Some(decoded(entry.stem.unwrap_or_default()).eq_ignore_ascii_case(b"P"))
            }
            b"USER" => {
                if secured {
                    self.secured_login = true;
                } else if control == Control::Clear && !self.is_ignored() {
                    note(&mut self.name, seen(format!("USER in clear, answered {}", answered(status))));
                }
            }
            b"PASS" | b"ACCT" => {
                if secured {
                    self.secured_login = true;
                } else if control == Control::Clear && !self.is_ignored() {
                    let verb = shown(entry.method.unwrap_or_default());
                    note(&mut self.password, seen(format!("{verb} in clear, answered {}", answered(status))));
                }
            }
            // A listing as a reply.
            b"MLST" | b"STAT"
                if control == Control::Clear
                    && status.is_some_and(is_positive)
                    && (method == b"MLST" || entry.stem.is_some()) =>
            {
                let verb = shown(entry.method.unwrap_or_default());
                let path = text(entry.path.or(entry.stem));
                note(&mut self.data, seen(format!("{verb} {path}: the control connection had no TLS")));
            }
            b"CONTROLCHANNELCLOSED" if is_injected(entry) => {
                note(
                    &mut self.injected,
                    seen("bytes in clear stood behind AUTH, and none of them was taken".to_owned()),
                );
            }
            b"CONTROLCHANNELCLOSED" => {
                if let Some(mut auth) = self.auth_at.take().filter(|_| {
                    let up = entry.tls_version.is_some_and(|version| version != b"clear");
                    !self.used_tls && !up && self.handshake.is_none()
                }) {
                    auth.detail.push_str(&reason(entry));
                    note(&mut self.handshake, auth);
                }
            }
            b"DATACHANNELOPENED" => {
                (self.opened, self.told) = (true, false);
                return self.settle();
            }
            b"DATACHANNELCLOSED" => return self.channel_closed(entry, &seen),
            transfer if TRANSFERS.contains(&transfer) => return self.transfer(entry, status, &seen),
            _ => {}
        }
        0
    }

    /// What a data connection carried whose transfer has no row; says how many there were.
    pub(super) fn settle(&mut self) -> u64 {
        let Some(closed) = self.closed.take() else { return 0 };
        if closed.clear {
            note(&mut self.data, closed.seen);
        }
        1
    }

    fn channel_closed(&mut self, entry: &Entry<'_>, seen: &dyn Fn(String) -> Seen) -> u64 {
        let Some(data) = entry.data else { return 0 };
        let before = self.settle();
        if !std::mem::take(&mut self.told) {
            let detail =
                format!("{}: the data connection had no TLS", shown(entry.method.unwrap_or_default()));
            self.closed = Some(Closed { seen: seen(detail), clear: data == b"clear" });
        }
        before
    }

    /// Whether the control connection was under TLS when that row came.
    fn control(&self, entry: &Entry<'_>) -> Control {
        match entry.tls_version {
            Some(b"clear") => Control::Clear,
            Some(_) => Control::Secured,
            None if self.auth && self.shared => Control::Unknown,
            None if self.auth || self.implicit && !self.cleared => Control::Secured,
            None if self.begun || self.cleared => Control::Clear,
            None => Control::Unknown,
        }
    }

    fn is_ignored(&self) -> bool {
        self.ignore_anonymous && ["anonymous", "ftp"].iter().any(|name| self.user.eq_ignore_ascii_case(name))
    }

    fn look_at_tls(&mut self, entry: &Entry<'_>, seen: &dyn Fn(String) -> Seen) {
        let Some(version) = entry.tls_version.filter(|version| *version != b"clear") else { return };
        let (version, cipher) = (text(Some(version)), text(entry.tls_cipher));
        if let Some(why) = weakness(&version, &cipher) {
            note(&mut self.weak, seen(format!("{why}: {version} {cipher}")));
        }
    }

    fn transfer(&mut self, entry: &Entry<'_>, status: Option<u64>, seen: &dyn Fn(String) -> Seen) -> u64 {
        let had_tls = self.ever_tls || self.implicit;
        let opened = std::mem::take(&mut self.opened);
        let moved = match entry.data {
            // Whatever the answer was, and whether there was one.
            Some(_) => true,
            // It would say so.
            None if entry.tells_data => false,
            None => status.is_none_or(may_have_moved) || opened && !is_refused(entry),
        };
        let in_clear = match entry.data {
            Some(data) => data == b"clear",
            None => match self.private {
                Some(true) => self.begun && !had_tls,
                Some(false) => true,
                // There may have been PROT, where it is not seen.
                None => self.begun || self.anew,
            },
        };
        if entry.data.is_some() {
            if self.closed.as_ref().is_some_and(|closed| closed.clear == in_clear) {
                self.closed = None;
            } else {
                self.told = true;
            }
        }
        if moved && in_clear {
            let why = match (entry.data, self.private) {
                (Some(_), _) => "the data connection had no TLS",
                (None, Some(false)) => "PROT C was said",
                (None, _) if had_tls => "PROT P was not said",
                (None, _) => "there was no AUTH",
            };
            let verb = shown(entry.method.unwrap_or_default());
            note(&mut self.data, seen(format!("{verb} {}: {why}", text(entry.path.or(entry.stem)))));
        }
        u64::from(moved)
    }

    pub(super) fn order(&self) -> Order {
        if self.name.is_some() || self.password.is_some() {
            if self.ever_tls { Order::AuthAfterLogin } else { Order::Clear }
        } else if !self.secured_login {
            Order::NoLogin
        } else if self.implicit {
            Order::Implicit
        } else {
            Order::AuthFirst
        }
    }

    pub(super) fn findings(self, name: &[u8]) -> impl Iterator<Item = Finding> {
        let order = self.order();
        // Where the password came so too, the name adds nothing.
        let user_only = if self.password.is_some() { None } else { self.name };
        let found = [
            (Kind::PasswordInClear, self.password),
            (Kind::UserInClear, user_only),
            (Kind::DataInClear, self.data),
            (Kind::WeakTls, self.weak),
            (Kind::HandshakeFailed, self.handshake),
            (Kind::ClearBehindAuth, self.injected),
        ];
        let (session, client) = (text(Some(name)), self.client);
        found.into_iter().filter_map(move |(kind, seen)| {
            let Seen { place, count, time, user, detail } = seen?;
            let (session, client, user) = (session.clone(), client.clone(), user.to_string());
            Some(Finding { kind, place, count, time, session, client, user, order, detail })
        })
    }
}

/// Whether a row is about a data connection, with its ports.
pub(super) fn is_about_data(method: &[u8]) -> bool {
    [&b"DataChannelOpened"[..], b"DataChannelClosed"].iter().any(|name| method.eq_ignore_ascii_case(name))
}

/// Whether bytes may have moved before that answer; with the others they did not, unless there was a data connection.
const fn may_have_moved(status: u64) -> bool {
    matches!(status, 100..=299 | 426 | 451 | 452 | 551 | 552)
}

const fn is_positive(status: u64) -> bool {
    matches!(status, 200..=299)
}

/// Whether the file system said no: not found, no such path, denied. That is before a byte moves.
fn is_refused(entry: &Entry<'_>) -> bool {
    matches!(Entry::number(entry.win32), Some(2 | 3 | 5))
}

/// Whether the session ended since bytes in clear stood behind AUTH.
fn is_injected(entry: &Entry<'_>) -> bool {
    decoded(entry.reason.unwrap_or_default()).ends_with(CLEAR_BEHIND_AUTH.as_bytes())
}

fn note(seen: &mut Option<Seen>, new: Seen) {
    match seen {
        Some(seen) => seen.count += 1,
        None => *seen = Some(new),
    }
}

/// A value as a report shows it: as it stands in the log, and not more than fits.
fn text(value: Option<&[u8]>) -> String {
    let value = value.unwrap_or_default();
    Escaped(value.get(..200).unwrap_or(value)).to_string()
}

fn shown(method: &[u8]) -> String {
    text(Some(method))
}

fn time(entry: &Entry<'_>) -> String {
    match (entry.date, entry.time) {
        (Some(date), Some(time)) => format!("{} {}", text(Some(date)), text(Some(time))),
        (date, time) => text(date.or(time)),
    }
}

fn answered(status: Option<u64>) -> String {
    status.map_or_else(|| "nothing".to_owned(), |status| status.to_string())
}

fn reason(entry: &Entry<'_>) -> String {
    // It must not look as if it had ended before it has.
    let shown = |reason: &[u8]| text(Some(&decoded(reason))).replace(['(', ')'], "_");
    entry.reason.map_or_else(String::new, |reason| format!(" ({})", shown(reason)))
}
