//! What a line of a transcript says.

use std::time::Duration;

use wharf_types::FileErrorKind;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// `C:` and `C;` lines that follow each other.
    Client(Vec<u8>),
    /// `S:` a line of the server.
    Server(String),
    /// `S: ...`: any number of lines.
    AnyLines,
    /// `>` something that the machine asks for or tells.
    Note(String),
    /// `>!` something that it does not.
    NoNote(String),
    /// `T:` what TLS of the control connection did.
    Tls(TlsStep),
    /// `D:` what happens on the data connection.
    Data(DataStep),
    /// `!` an answer that was held back.
    Answer(AnswerStep),
    /// `hold`: what is not answered at once any more; empty for nothing.
    Hold(Vec<String>),
    /// `@ +`: time passes.
    Time(Duration),
    /// `E:` the client closes.
    Eof,
    /// `X:` the server stops; whether the grace is over.
    Shutdown(bool),
    /// `= closed`, `= open`.
    Closed(bool),
    /// `= file PATH TEXT`: a file has this content; `None`: there is no such file.
    File(String, Option<Vec<u8>>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TlsStep {
    Up { server_name: Option<String> },
    Cleared,
    Failed,
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DataStep {
    Connect,
    Secured,
    Progress(u64),
    /// The client sends.
    Send(Vec<u8>),
    /// The client ends: with the end mark or without.
    End {
        clean: bool,
    },
    /// The client reads everything and closes; it was this.
    Take(String),
    Fail(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AnswerStep {
    /// As the model would have answered at once.
    Well,
    Error(FileErrorKind),
    /// A withdrawn question is answered all the same.
    Late,
}
