//! Who may log in, and what is said of each account.

use std::{collections::HashMap, fmt::Write as _, sync::Arc};

use wharf_server::{
    AccountRules, Anonymous, Authenticator, ByHost, Chain, TlsRule, UsersFile, UsersFileError,
};

use super::{
    model::{At, Host, Model, Rule, User},
    problem::{Problem, quoted},
};
use crate::failure::shown;

/// All accounts.
#[derive(Debug)]
pub(super) struct Accounts {
    pub(super) authenticator: Arc<dyn Authenticator>,
    /// By name, in rising order.
    pub(super) known: Vec<Known>,
    pub(super) anonymous: Option<Known>,
    /// In the order of the hosts; `None` where the usual accounts log in.
    pub(super) hosts: Vec<Option<Own>>,
}

/// The accounts of a virtual host that has its own.
#[derive(Debug)]
pub(super) struct Own {
    authenticator: Arc<dyn Authenticator>,
    known: Vec<Known>,
    anonymous: Option<Known>,
}

impl Own {
    fn load(model: &Model, host: &Host, problems: &mut Vec<Problem>) -> Option<Self> {
        let anonymous = host.anonymous.filter(|at| at.value);
        if host.users.is_none() && anonymous.is_none() {
            return None;
        }
        let mut chain: Vec<Arc<dyn Authenticator>> = Vec::new();
        let mut known = Vec::new();
        if let Some(At { line, value: file }) = &host.users {
            match UsersFile::load(file) {
                Ok(users) => {
                    let rule = [&model.accounts.rule];
                    known.extend(users.names().map(|name| settle(name, TlsRule::NONE, &rule, *line)));
                    known.sort_by(|one, other| one.name.cmp(&other.name));
                    chain.push(Arc::new(users));
                }
                Err(error) => {
                    let number = error.line.map_or_else(String::new, |number| format!(", line {number}"));
                    let cause = format!("the users file {}{number}: {}", shown(file), error.cause);
                    problems.push(Problem::at(*line, cause, error.cure));
                }
            }
        }
        let anonymous = anonymous.map(|at| {
            chain.push(Arc::new(Anonymous::new("")));
            let own = model.anonymous.as_ref().map(|anonymous| &anonymous.rule);
            let scopes: Vec<&Rule> = own.into_iter().chain([&model.accounts.rule]).collect();
            settle("anonymous", TlsRule::NONE, &scopes, at.line)
        });
        let authenticator = model.certified(Arc::new(Chain::new(chain)), &[]);
        Some(Self { authenticator, known, anonymous })
    }

    /// What sessions are told.
    pub(super) fn rules(&self) -> AccountRules {
        rules(&self.known, self.anonymous.as_ref())
    }

    /// Who may log in, in words.
    pub(super) fn count(&self) -> String {
        let anonymous = if self.anonymous.is_some() { ", and anonymous may read" } else { "" };
        let count = self.known.len();
        let accounts = if count == 1 { "account" } else { "accounts" };
        format!("{count} {accounts} of its own{anonymous}")
    }
}

/// An account, and what holds for it besides what listeners, networks and hosts say.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) rule: TlsRule,
    /// Where its rule for the control connection is said, or else the account itself.
    pub(super) control_line: usize,
    /// The same for data connections.
    pub(super) data_line: usize,
}

impl Accounts {
    /// The accounts of the file and of the users file that it names.
    pub(super) fn load(model: &Model, problems: &mut Vec<Problem>) -> Option<Self> {
        let at = |line: usize, cause, cure: &str| Problem::at(line, cause, cure);
        let mut text = String::new();
        let mut lines = Vec::new();
        for user in &model.users {
            if let Some(hash) = &user.hash {
                let part = |at: &Option<At<String>>, or: &str| {
                    at.as_ref().map_or_else(|| or.to_owned(), |at| at.value.clone())
                };
                let (root, permissions) = (part(&user.root, ""), part(&user.permissions, "full"));
                _ = writeln!(text, "{}:{}:{root}:{permissions}", user.name.value, hash.value);
                lines.push(hash.line);
            }
        }
        let before = problems.len();
        if let Some(file) = &model.accounts.file {
            match UsersFile::text(&file.value) {
                Ok(stored) => {
                    compare(model, &stored, problems);
                    text.push_str(&stored);
                }
                Err(error) => problems.push(at(
                    file.line,
                    format!("the users file {}: {}", shown(&file.value), error.cause),
                    &error.cure,
                )),
            }
        }
        if problems.len() > before {
            return None;
        }
        // One file, so that one set of threads checks all passwords and all refusals take the same time.
        let users = match UsersFile::parse(&text) {
            Ok(users) => users,
            Err(error) => {
                problems.push(wrong(model, &lines, &error));
                return None;
            }
        };
        let mut chain: Vec<Arc<dyn Authenticator>> = Vec::new();
        let known = known(model, &users);
        let before = problems.len();
        let hosts: Vec<Option<Own>> =
            model.hosts.iter().map(|host| Own::load(model, host, problems)).collect();
        if problems.len() > before {
            return None;
        }
        if users.count() > 0 {
            chain.push(Arc::new(users));
        }
        let anonymous = model.anonymous.as_ref().map(|anonymous| {
            let root = anonymous.root.as_ref().map_or("", |at| at.value.as_str());
            chain.push(Arc::new(Anonymous::new(root)));
            let scopes = [&anonymous.rule, &model.accounts.rule];
            settle("anonymous", TlsRule::NONE, &scopes, anonymous.line)
        });
        let mut authenticator = model.certified(Arc::new(Chain::new(chain)), &model.users);
        if hosts.iter().any(Option::is_some) {
            let mut by_host = ByHost::new(authenticator);
            for (host, own) in model.hosts.iter().zip(&hosts) {
                if let Some(own) = own {
                    by_host.add(host.name.value.as_str(), Arc::clone(&own.authenticator));
                }
            }
            authenticator = Arc::new(by_host);
        }
        Some(Self { authenticator, known, anonymous, hosts })
    }

    /// Every account of every host.
    pub(super) fn all(&self) -> impl Iterator<Item = &Known> {
        let own = self.hosts.iter().flatten().flat_map(|own| own.known.iter().chain(&own.anonymous));
        self.usual().chain(own)
    }

    /// Every account but those of hosts that have their own, the anonymous one last.
    pub(super) fn usual(&self) -> impl Iterator<Item = &Known> {
        self.known.iter().chain(&self.anonymous)
    }

    /// What sessions are told.
    pub(super) fn rules(&self) -> AccountRules {
        rules(&self.known, self.anonymous.as_ref())
    }
}

fn rules(known: &[Known], anonymous: Option<&Known>) -> AccountRules {
    let mut rules = AccountRules::new();
    for account in known {
        rules.add(account.name.as_bytes(), account.rule);
    }
    if let Some(anonymous) = anonymous {
        rules.allow_anonymous(anonymous.rule);
    }
    rules
}

/// Compares `[[user]]` and `[anonymous]` with the users file.
fn compare(model: &Model, stored: &str, problems: &mut Vec<Problem>) {
    let stored: HashMap<&str, usize> = (1..)
        .zip(stored.lines())
        .filter(|(_, line)| !line.starts_with('#'))
        .filter_map(|(number, line)| Some((line.split_once(':')?.0, number)))
        .collect();
    for user in &model.users {
        let name = quoted(&user.name.value);
        let problem = match (&user.hash, stored.get(user.name.value.as_str())) {
            (Some(_), Some(number)) => Problem::at(
                user.name.line,
                format!("the user {name} has a hash here and one in line {number} of accounts.file"),
                "remove one of the two",
            ),
            (None, None) => Problem::at(
                user.name.line,
                format!("the user {name} has no hash here and is not in accounts.file"),
                "add the account with `wharfd passwd --users FILE NAME`, or write its hash here",
            ),
            (Some(_), None) | (None, Some(_)) => continue,
        };
        problems.push(problem);
    }
    if let Some(anonymous) = &model.anonymous {
        for (name, number) in stored.iter().filter(|(name, _)| Anonymous::is_anonymous(name.as_bytes())) {
            problems.push(Problem::at(
                anonymous.line,
                format!("line {number} of accounts.file holds {}, whom [anonymous] lets in", quoted(name)),
                "remove one of the two",
            ));
        }
    }
}

/// What is wrong with the joined accounts, where it stands.
fn wrong(model: &Model, lines: &[usize], error: &UsersFileError) -> Problem {
    let number = error.line.unwrap_or(0);
    if let Some(line) = number.checked_sub(1).and_then(|index| lines.get(index)) {
        return Problem::at(*line, error.cause.clone(), error.cure.clone());
    }
    match &model.accounts.file {
        Some(file) if number > 0 => Problem::at(
            file.line,
            format!("the users file {}, line {}: {}", shown(&file.value), number - lines.len(), error.cause),
            error.cure.clone(),
        ),
        Some(_) | None => Problem::whole(error.cause.clone(), error.cure.clone()),
    }
}

fn known(model: &Model, users: &UsersFile) -> Vec<Known> {
    let own: HashMap<&str, &User> = model.users.iter().map(|user| (user.name.value.as_str(), user)).collect();
    let file = model.accounts.file.as_ref().map_or(0, |file| file.line);
    let mut known: Vec<Known> = users
        .names()
        .map(|name| match own.get(name) {
            Some(user) => of_user(model, user),
            None => settle(name, TlsRule::NONE, &[&model.accounts.rule], file),
        })
        .collect();
    known.sort_by(|one, other| one.name.cmp(&other.name));
    known
}

fn of_user(model: &Model, user: &User) -> Known {
    let names = &user.groups;
    let groups: Vec<&Rule> = model
        .groups
        .iter()
        .filter(|group| names.iter().any(|name| name.value == group.name.value))
        .map(|group| &group.rule)
        .collect();
    let strictest = groups.iter().fold(TlsRule::NONE, |all, rule| all.and(rule.tls()));
    let scopes: Vec<&Rule> =
        std::iter::once(&user.rule).chain(groups).chain([&model.accounts.rule]).collect();
    settle(&user.name.value, strictest, &scopes, user.name.line)
}

/// The account's own words (the first scope), else its groups', else those for all accounts (the last scope).
fn settle(name: &str, groups: TlsRule, scopes: &[&Rule], line: usize) -> Known {
    let said = |scope: Option<&&Rule>| scope.map_or(TlsRule::NONE, |rule| rule.tls());
    let control_line = scopes.iter().find_map(|rule| Some(rule.control?.line)).unwrap_or(line);
    let data_line = scopes.iter().find_map(|rule| Some(rule.data?.line)).unwrap_or(line);
    let rule = said(scopes.first()).or(groups).or(said(scopes.last()));
    Known { name: name.to_owned(), rule, control_line, data_line }
}
