//! The log tells apart what the client is not told.

use super::driver::{Driver, config};
use crate::{
    SubStatus,
    policy::{ControlPolicy, DataPolicy},
};

fn reasons(driver: &mut Driver, lines: &[(&str, u16, Option<SubStatus>)]) {
    for (line, code, substatus) in lines {
        assert_eq!(driver.code(line), *code, "{line}");
        assert_eq!(driver.record.substatus, *substatus, "{line}");
    }
}

#[test]
fn each_530_has_its_reason() {
    let mut driver = Driver::new(config(ControlPolicy::Credentials, DataPolicy::Require, false));
    driver.take();
    reasons(
        &mut driver,
        &[
            ("PWD", 530, Some(SubStatus::NotLoggedIn)),
            ("USER alice", 530, Some(SubStatus::CredentialsNeedTls)),
            ("AUTH TLS", 234, None),
            ("PASS secret", 503, Some(SubStatus::UserFirst)),
            ("USER alice", 331, None),
            ("PASS wrong", 530, Some(SubStatus::LoginIncorrect)),
            ("USER anonymous", 331, None),
            ("PASS guess@", 530, Some(SubStatus::AnonymousRefused)),
            ("USER alice", 331, None),
            ("PASS secret", 230, None),
            ("PASS secret", 503, Some(SubStatus::AlreadyLoggedIn)),
        ],
    );
    let mut driver = Driver::new(config(ControlPolicy::Require, DataPolicy::Require, false));
    driver.take();
    reasons(&mut driver, &[("PWD", 530, Some(SubStatus::CommandsNeedTls))]);
}

#[test]
fn each_refused_transfer_has_its_reason() {
    let mut driver = Driver::new(config(ControlPolicy::Allow, DataPolicy::Require, false));
    driver.take();
    reasons(
        &mut driver,
        &[
            ("AUTH TLS", 234, None),
            ("USER alice", 331, None),
            ("PASS secret", 230, None),
            ("RETR x", 521, Some(SubStatus::DataNeedsTls)),
            ("PBSZ 0", 200, None),
            ("PROT C", 534, Some(SubStatus::DataNeedsTls)),
            ("PROT P", 200, None),
            ("RETR x", 425, Some(SubStatus::DataNotPrepared)),
            ("EPSV", 229, None),
            ("RETR x/", 550, Some(SubStatus::NameIsDirectory)),
            ("PORT 198,51,100,1,200,0", 501, Some(SubStatus::ForeignAddress)),
            ("PORT 192,0,2,7,0,25", 504, Some(SubStatus::LowPort)),
            ("RNTO x", 503, Some(SubStatus::WrongOrder)),
            ("XYZZY", 500, Some(SubStatus::UnknownCommand)),
        ],
    );
}
