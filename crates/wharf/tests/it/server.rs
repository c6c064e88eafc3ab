//! A small server in clear, with files in memory; it keeps what it heard.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

/// Directories have no content.
pub(crate) type Tree = BTreeMap<String, Option<Vec<u8>>>;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) tree: Tree,
    /// Listings that are given as they are.
    pub(crate) listings: BTreeMap<String, String>,
    /// Every directory lists this.
    pub(crate) everywhere: Option<String>,
    pub(crate) heard: Vec<String>,
    pub(crate) times: BTreeMap<String, String>,
    pub(crate) connections: usize,
    /// Digests that are told, by the command.
    pub(crate) digests: BTreeMap<String, String>,
    /// Names are ISO 8859-1 on the wire.
    pub(crate) latin1: bool,
    /// Downloads end after so many bytes.
    pub(crate) cut: Option<usize>,
    /// The answer to FEAT, where it is another one than usual.
    pub(crate) feat: Option<&'static str>,
    /// REST is taken and ignored.
    pub(crate) ignores_rest: bool,
    /// Downloads begin and bring nothing, until the client goes away.
    pub(crate) stalls: bool,
    /// Connections beyond this number are turned away.
    pub(crate) most: Option<usize>,
    /// Connections that go away in the middle of a file, by number; and with which of their files.
    pub(crate) dying: BTreeMap<usize, usize>,
    /// What is answered to RETR and STOR of these paths.
    pub(crate) refused: BTreeMap<String, String>,
    /// Paths of the files that moved, and over which connection.
    pub(crate) moved: Vec<(usize, String)>,
}

pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) state: Arc<Mutex<State>>,
}

impl Server {
    pub(crate) fn start(files: &[(&str, Option<&str>)]) -> Self {
        let tree =
            files.iter().map(|(name, text)| ((*name).into(), text.map(|t| t.as_bytes().to_vec()))).collect();
        let state = Arc::new(Mutex::new(State { tree, ..State::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                let mut state = shared.lock().unwrap();
                state.connections += 1;
                let (number, mut stream) = (state.connections, stream.unwrap());
                if state.most.is_some_and(|most| number > most) {
                    stream.write_all(b"421 enough\r\n").unwrap();
                    continue;
                }
                drop(state);
                // A client that went away ends its thread.
                thread::spawn(move || drop(serve(&stream, number, &shared)));
            }
        });
        Self { port, state }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("ftp://me@127.0.0.1:{}/{path}", self.port)
    }

    pub(crate) fn heard(&self) -> Vec<String> {
        self.state.lock().unwrap().heard.clone()
    }

    pub(crate) fn content(&self, path: &str) -> Option<Vec<u8>> {
        self.state.lock().unwrap().tree.get(path).cloned().flatten()
    }
}

/// The program, with a password and none of the user's own settings.
pub(crate) fn wharf(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wharf"));
    command.args(words).env("WHARF_PASSWORD", "canary-secret").env("NETRC", "/nonexistent/netrc");
    command.env("WHARF_KNOWN_HOSTS", "none");
    command.stdin(Stdio::null());
    command
}

pub(crate) fn run(words: &[&str]) -> Output {
    wharf(words).output().unwrap()
}

pub(crate) fn good(words: &[&str]) -> String {
    let output = run(words);
    assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "", "nothing but errors is printed into a pipe");
    text(&output.stdout)
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn serve(stream: &TcpStream, number: usize, state: &Mutex<State>) -> std::io::Result<()> {
    // Short replies must not wait for each other.
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut control = stream.try_clone()?;
    let latin1 = state.lock().unwrap().latin1;
    let mut say = |line: &str| control.write_all(&on_wire(&format!("{line}\r\n"), latin1));
    let (mut passive, mut offset, mut from, mut files) = (None::<TcpListener>, 0, String::new(), 0);
    say("220 hello")?;
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let line = if latin1 { line.into_iter().map(char::from).collect() } else { text(&line) };
        let line = line.trim_end().to_owned();
        state.lock().unwrap().heard.push(line.clone());
        let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
        let path = argument.trim_start_matches('/').trim_end_matches('/').to_owned();
        let shared = state;
        let mut state = state.lock().unwrap();
        if matches!(verb, "RETR" | "STOR") {
            files += 1;
            let dies = state.dying.get(&number) == Some(&files);
            if dies {
                drop(state);
                let (mut data, _) = passive.take().unwrap().accept()?;
                say("150 now")?;
                return data.write_all(b"?");
            }
            if let Some(reply) = state.refused.get(&path) {
                passive = None;
                say(reply)?;
                continue;
            }
            state.moved.push((number, path.clone()));
        }
        match verb {
            "USER" => say("331 and?")?,
            "PASS" => say("230 in")?,
            "FEAT" if state.feat.is_some() => say(state.feat.unwrap_or_default())?,
            "FEAT" if !state.digests.is_empty() => say(
                "211-Features:\r\n SIZE\r\n HASH SHA-256*;SHA-1;MD5\r\n XCRC\r\n MLST type*;size*;\r\n211 End",
            )?,
            "FEAT" => say(
                "211-Features:\r\n SIZE\r\n MDTM\r\n MFMT\r\n REST STREAM\r\n MLST type*;size*;modify*;\r\n211 End",
            )?,
            _ if state.digests.contains_key(verb) => say(&state.digests[verb].clone())?,
            "EPSV" => {
                let listener = TcpListener::bind("127.0.0.1:0")?;
                say(&format!("229 here (|||{}|)", listener.local_addr()?.port()))?;
                passive = Some(listener);
            }
            "REST" => {
                offset = if state.ignores_rest { 0 } else { argument.parse().unwrap_or(0) };
                say("350 go on")?;
            }
            "PWD" => say("257 \"/\" is it")?,
            "CWD" if path.is_empty() || state.tree.get(&path) == Some(&None) => say("250 there")?,
            "SIZE" => match state.tree.get(&path) {
                Some(Some(content)) => say(&format!("213 {}", content.len()))?,
                _ => say("550 no file")?,
            },
            "MDTM" if state.tree.contains_key(&path) => say("213 20010909014640")?,
            "MLST" => match state.tree.get(&path) {
                Some(entry) => say(&format!("250-it\r\n {}\r\n250 End", facts(&path, entry)))?,
                None if path.is_empty() => say("250-it\r\n type=dir; /\r\n250 End")?,
                None => say("550 nothing")?,
            },
            "MFMT" => {
                let (time, path) = argument.split_once(' ').unwrap();
                state.times.insert(path.trim_start_matches('/').into(), time.into());
                say(&format!("213 Modify={time}; {path}"))?;
            }
            "MLSD" | "LIST" => {
                let listing = listing(&state, &path);
                let (mut data, _) = passive.take().unwrap().accept()?;
                say("150 now")?;
                data.write_all(&on_wire(&listing, latin1))?;
                drop(data);
                say("226 done")?;
            }
            "RETR" => match state.tree.get(&path) {
                Some(Some(content)) => {
                    let rest = content[std::mem::take(&mut offset).min(content.len())..].to_vec();
                    let (cut, stalls) = (state.cut, state.stalls);
                    // Other connections go on meanwhile.
                    drop(state);
                    let (mut data, _) = passive.take().unwrap().accept()?;
                    say("150 now")?;
                    if stalls {
                        // The end of the control connection, whatever comes before it.
                        lines.read_to_end(&mut Vec::new())?;
                        return Ok(());
                    }
                    data.write_all(&rest[..cut.unwrap_or(rest.len()).min(rest.len())])?;
                    drop(data);
                    say(if cut.is_some() { "426 cut" } else { "226 done" })?;
                }
                _ => say("550 no such file")?,
            },
            "STOR" => {
                let mut content = state.tree.get(&path).cloned().flatten().unwrap_or_default();
                drop(state);
                let (mut data, _) = passive.take().unwrap().accept()?;
                say("150 now")?;
                content.truncate(std::mem::take(&mut offset));
                data.read_to_end(&mut content)?;
                shared.lock().unwrap().tree.insert(path, Some(content));
                say("226 done")?;
            }
            "MKD" if state.tree.contains_key(&path) || !parent_is_there(&state.tree, &path) => say("550 no")?,
            "MKD" => {
                state.tree.insert(path.clone(), None);
                say(&format!("257 \"/{path}\" made"))?;
            }
            "DELE" | "RMD" => {
                let gone = state.tree.remove(&path).is_some();
                say(if gone { "250 gone" } else { "550 nothing" })?;
            }
            "RNFR" => {
                from = path;
                say("350 to what?")?;
            }
            "RNTO" => {
                let entry = state.tree.remove(&from).unwrap();
                state.tree.insert(path, entry);
                say("250 done")?;
            }
            "TYPE" | "MODE" | "STRU" | "OPTS" | "NOOP" => say("200 yes")?,
            "SYST" => say("215 UNIX Type: L8")?,
            "QUIT" => return say("221 bye"),
            "CWD" => say("550 no directory")?,
            _ => say("502 what?")?,
        }
    }
}

fn on_wire(text: &str, latin1: bool) -> Vec<u8> {
    if latin1 { text.chars().map(|c| u8::try_from(c).unwrap()).collect() } else { text.as_bytes().to_vec() }
}

fn parent_is_there(tree: &Tree, path: &str) -> bool {
    path.rsplit_once('/').is_none_or(|(parent, _)| tree.contains_key(parent))
}

fn facts(name: &str, entry: &Option<Vec<u8>>) -> String {
    match entry {
        Some(content) => format!("type=file;size={};modify=20010909014640; {name}", content.len()),
        None => format!("type=dir; {name}"),
    }
}

fn listing(state: &State, path: &str) -> String {
    if let Some(listing) = state.listings.get(path).or(state.everywhere.as_ref()) {
        return listing.clone();
    }
    let start = if path.is_empty() { String::new() } else { format!("{path}/") };
    let below = state.tree.iter().filter_map(|(name, entry)| Some((name.strip_prefix(&start)?, entry)));
    below.filter(|(name, _)| !name.contains('/')).map(|(name, entry)| facts(name, entry) + "\r\n").collect()
}
