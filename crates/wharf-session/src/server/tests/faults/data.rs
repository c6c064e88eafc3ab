//! Section B: data connections.

use super::{log_in, tolerant};

/// Targets that are not the client, or not for it: this one is at 192.0.2.7.
const FOREIGN: [&str; 12] = [
    "PORT 192,0,2,8,200,0",
    "PORT 127,0,0,1,31,64",
    "PORT 0,0,0,0,31,64",
    "PORT 192,0,2,1,8,73",
    "PORT 192,0,2,7,0,25",
    "PORT 192,0,2,7,3,255",
    "EPRT |1|10.0.0.1|8022|",
    "EPRT |1|192.0.2.7|25|",
    "EPRT |2|::1|8022|",
    "EPRT |2|::ffff:10.0.0.1|8022|",
    "LPRT 4,4,10,0,0,1,2,31,64",
    "LPRT 4,4,192,0,2,7,2,0,25",
];

/// Lines that are no target at all.
const MALFORMED: [&str; 16] = [
    "PORT 256,0,2,7,200,0",
    "PORT 192,0,2,7,256,0",
    "PORT 192,0,2,-1,200,0",
    "PORT 192,0,2,7,200",
    "PORT 192,0,2,7,200,0,0",
    "PORT 192.0.2.7:51200",
    "PORT",
    "EPRT |1|192.0.2.7|51200",
    "EPRT |1|192.0.2.7|65536|",
    "EPRT |1|192.0.2.256|51200|",
    "EPRT",
    "LPRT 4,4,192,0,2,7,2,200",
    "LPRT",
    "EPSV x",
    "EPSV 2",
    "PASV x",
];

#[test]
fn b1_nobody_but_the_client_is_ever_connected_to() {
    // DAT-09, SEC-01
    for target in FOREIGN {
        let mut driver = tolerant();
        log_in(&mut driver);
        let code = driver.code(target);
        assert!(matches!(code, 501 | 504 | 522), "{target}: {code}");
        for transfer in ["LIST", "RETR x", "STOR x"] {
            assert_eq!(driver.code(transfer), 425, "{transfer} behind {target}");
        }
        assert_eq!(driver.record.dialled + driver.record.started, 0, "{target}");
    }
}

#[test]
fn b2_a_failed_port_clears_the_target() {
    // DAT-02
    for good in ["PORT 192,0,2,7,200,0", "EPRT |1|192.0.2.7|51200|", "PASV", "EPSV"] {
        for bad in FOREIGN.into_iter().chain(MALFORMED) {
            let mut driver = tolerant();
            log_in(&mut driver);
            assert!(driver.code(good) < 300);
            let code = driver.code(bad);
            assert!((500..600).contains(&code), "{bad}: {code}");
            assert_eq!(driver.code("LIST"), 425, "{good}, {bad}: the old target is still there");
            assert_eq!(driver.record.dialled + driver.record.started, 0, "{good}, {bad}");
        }
    }
}

#[test]
fn b2_one_target_serves_one_transfer() {
    // DAT-02
    for good in ["PORT 192,0,2,7,200,0", "PASV"] {
        for transfer in ["LIST", "RETR x", "STOR x", "RETR"] {
            let mut driver = tolerant();
            log_in(&mut driver);
            driver.code(good);
            driver.code(transfer);
            let started = driver.record.started;
            let malformed = transfer == "RETR";
            assert_eq!(driver.code("NLST"), if malformed { 226 } else { 425 }, "{good}, {transfer}");
            assert_eq!(driver.record.started, started + usize::from(malformed));
        }
    }
}

#[test]
fn b4_a_session_holds_one_passive_port() {
    // DAT-02
    let mut driver = tolerant();
    log_in(&mut driver);
    for round in 0..100 {
        assert_eq!(driver.code(["PASV", "EPSV", "LPSV"][round % 3]) / 10, 22);
        assert_eq!(driver.record.cancelled, round, "each one takes the place of the one before");
    }
    assert_eq!(driver.code("PORT 192,0,2,7,200,0"), 200);
    assert_eq!(driver.record.cancelled, 100);
}
