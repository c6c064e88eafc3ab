//! The decisions themselves; what the machine makes of them stands in its truth table.

use super::*;

const CONTROL: [ControlPolicy; 4] =
    [ControlPolicy::Allow, ControlPolicy::Credentials, ControlPolicy::Require, ControlPolicy::Deny];
const DATA: [DataPolicy; 4] = [DataPolicy::Allow, DataPolicy::Require, DataPolicy::Deny, DataPolicy::Neither];
const DIALECTS: [Dialect; 3] = [Dialect::Rfc4217, Dialect::Iis, Dialect::Vsftpd];
const ACTIONS: [Action; 9] = [
    Action::StartTls,
    Action::ClearControl,
    Action::TakeCredentials,
    Action::SetDataLevel(DataLevel::Clear),
    Action::SetDataLevel(DataLevel::Private),
    Action::MoveData(DataLevel::Clear),
    Action::MoveData(DataLevel::Private),
    Action::Greet,
    Action::Converse,
];

fn policies() -> impl Iterator<Item = Policy> {
    CONTROL.into_iter().flat_map(|control| {
        DATA.into_iter().flat_map(move |data| {
            DIALECTS.into_iter().map(move |dialect| Policy { control, data, dialect, report_only: false })
        })
    })
}

fn views() -> impl Iterator<Item = SessionView> {
    [ControlLevel::Clear, ControlLevel::Secured, ControlLevel::Cleared].into_iter().flat_map(|control| {
        (0..16_u8).map(move |bits| SessionView {
            control,
            implicit: bits & 1 != 0,
            logged_in: bits & 2 != 0,
            tls_available: bits & 4 != 0,
            tls_denied: bits & 8 != 0,
        })
    })
}

#[test]
fn what_is_only_reported_is_what_would_be_refused() {
    for policy in policies() {
        let shadow = Policy { report_only: true, ..policy };
        for view in views() {
            for action in ACTIONS {
                let cell = format!("{policy:?} {view:?} {action:?}");
                match (decide(&policy, &view, action), decide(&shadow, &view, action)) {
                    (Verdict::Refuse(refused), Verdict::Report(reported)) => {
                        assert_eq!(refused, reported, "{cell}");
                    }
                    // What cannot be done is refused in both, or reported by neither.
                    (Verdict::Refuse(refused), Verdict::Refuse(shadow)) => {
                        let cannot = !view.tls_available && action == Action::StartTls;
                        assert!(refused == shadow || cannot || action == Action::ClearControl, "{cell}");
                    }
                    (one, other) => assert_eq!((one, other), (Verdict::Allow, Verdict::Allow), "{cell}"),
                }
            }
        }
    }
}

#[test]
fn a_stricter_policy_never_permits_more() {
    for policy in policies() {
        for control in CONTROL {
            for data in DATA {
                let tighter = policy.and(TlsRule { control: Some(control), data: Some(data) });
                for view in views() {
                    for action in ACTIONS {
                        // A scope that forbids TLS altogether says nothing about leaving it.
                        if action == Action::ClearControl && policy.control == ControlPolicy::Deny {
                            continue;
                        }
                        if matches!(decide(&policy, &view, action), Verdict::Refuse(_)) {
                            assert!(
                                matches!(decide(&tighter, &view, action), Verdict::Refuse(_)),
                                "{policy:?} {tighter:?} {view:?} {action:?}"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn no_dialect_changes_what_is_refused() {
    for policy in policies() {
        let plain = Policy { dialect: Dialect::Rfc4217, ..policy };
        for view in views() {
            for action in ACTIONS {
                let refused = |policy| matches!(decide(policy, &view, action), Verdict::Refuse(_));
                assert_eq!(refused(&policy), refused(&plain), "{policy:?} {view:?} {action:?}");
            }
        }
    }
}

#[test]
fn every_refusal_is_listed_with_its_code() {
    for policy in policies() {
        for view in views() {
            for action in ACTIONS {
                if let Verdict::Refuse(refusal) = decide(&policy, &view, action) {
                    let cell = format!("{policy:?} {view:?} {action:?}: {refusal:?}");
                    assert!(refusal.substatus.codes().contains(&refusal.code), "{cell}");
                }
            }
        }
    }
}
