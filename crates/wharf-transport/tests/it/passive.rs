//! Passive ports: leases, and who gets in.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wharf_transport::{DataChannel, DataFailure, Net as _, PassiveError, PassivePool, PeerRule, TokioNet};

use crate::support::*;

/// Ports in a row that are free just now.
async fn free_range(count: u16) -> std::ops::RangeInclusive<u16> {
    loop {
        let first = listen().await.local_addr().port();
        let Some(last) = first.checked_add(count - 1) else { continue };
        let mut all_free = true;
        for port in first..=last {
            all_free &= TokioNet.bind(SocketAddr::new(LOCALHOST, port)).await.is_ok();
        }
        if all_free {
            return first..=last;
        }
    }
}

#[tokio::test]
async fn a_range_is_used_up_and_given_back() {
    // DAT-11
    let range = free_range(3).await;
    let pool = PassivePool::new(net(), Some(range.clone()));
    let mut held = Vec::new();
    for _ in 0..3 {
        let listener = pool.listen(LOCALHOST).await.unwrap();
        assert!(range.contains(&listener.local_addr().port()));
        held.push(listener);
    }
    let none = pool.listen(LOCALHOST).await.unwrap_err();
    assert!(matches!(&none, PassiveError::NoPortFree { range: whole } if *whole == range), "{none:?}");
    assert!(none.to_string().contains(&range.start().to_string()));
    let port = held.remove(1).local_addr().port();
    assert_eq!(pool.listen(LOCALHOST).await.unwrap().local_addr().port(), port);
}

/// Who has seen some ports does not know the next one.
#[tokio::test]
async fn ports_are_not_taken_in_turn() {
    // DAT-11
    let pool = PassivePool::new(net(), Some(free_range(20).await));
    let mut turns = Vec::new();
    for _ in 0..3 {
        let mut held = Vec::new();
        for _ in 0..8 {
            held.push(pool.listen(LOCALHOST).await.unwrap());
        }
        turns.push(held.iter().map(|listener| listener.local_addr().port()).collect::<Vec<_>>());
    }
    // By chance once in some 10^17 runs.
    assert!(turns[0] != turns[1] || turns[1] != turns[2], "{turns:?}");
    assert!(turns.iter().any(|turn| !turn.is_sorted()), "{turns:?}");
}

/// The port listens on when the wrong address knocks first.
#[tokio::test]
async fn strangers_are_dropped_and_the_port_listens_on() {
    // DAT-10
    let listener = listen().await;
    let to = listener.local_addr();
    let stranger = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), 0);
    let mut stranger = TokioNet.connect(to, Some(stranger)).await.unwrap();
    let mut friend = TokioNet.connect(to, None).await.unwrap();
    friend.write_all(b"mine").await.unwrap();
    friend.shutdown().await.unwrap();

    let mut channel = DataChannel::passive(listener, PeerRule::Only(LOCALHOST));
    assert_eq!(channel.connect().await.unwrap(), friend.local_addr().unwrap());
    assert_eq!(&receive(channel.into_stream()).await.0[..], b"mine");
    assert_eq!(stranger.read(&mut [0]).await.ok().unwrap_or(0), 0);
}

/// An active connection leaves from the port it is told, or from any if that one is taken.
#[tokio::test]
async fn active_mode_falls_back_to_any_port() {
    // DAT-12
    let listener = listen().await;
    let to = listener.local_addr();
    let taken = TokioNet.bind(SocketAddr::new(LOCALHOST, 0)).await.unwrap();
    let from = taken.local_addr().unwrap();
    let mut active = DataChannel::active(net(), to, Some(from));
    assert_eq!(active.connect().await.unwrap(), to);
    let mut passive = DataChannel::passive(listener, PeerRule::Any);
    let peer = passive.connect().await.unwrap();
    assert_eq!(peer.ip(), LOCALHOST);
    assert_ne!(peer.port(), from.port());

    drop(taken);
    let listener = listen().await;
    let mut active = DataChannel::active(net(), listener.local_addr(), Some(from));
    active.connect().await.unwrap();
    let mut passive = DataChannel::passive(listener, PeerRule::Any);
    assert_eq!(passive.connect().await.unwrap(), from);
}

#[tokio::test]
async fn nobody_to_connect_with_is_a_failure_and_no_empty_file() {
    let listener = listen().await;
    let to = listener.local_addr();
    drop(listener);
    let mut channel = DataChannel::active(net(), to, None);
    assert!(matches!(channel.connect().await, Err(DataFailure::Connect(_))));
    let mut stream = channel.into_stream();
    assert!(stream.read_chunk(&mut bytes::BytesMut::new(), 10).await.is_err());
}

/// A listener for both families reports IPv4 peers plainly.
#[tokio::test]
async fn addresses_are_plain() {
    let v6: SocketAddr = "[::]:0".parse().unwrap();
    let Ok(listener) = TokioNet.bind(v6).await else { return };
    let to = SocketAddr::new(LOCALHOST, listener.local_addr().unwrap().port());
    let (accepted, dialled) = tokio::join!(listener.accept(), TokioNet.connect(to, None));
    let ((stream, peer), dialled) = (accepted.unwrap(), dialled.unwrap());
    assert_eq!(peer, dialled.local_addr().unwrap());
    assert_eq!((stream.peer_addr().unwrap(), stream.local_addr().unwrap()), (peer, to));
    let tcp = stream.tcp().unwrap();
    // CTL-24
    assert!(tcp.nodelay().unwrap() && rustix::net::sockopt::socket_keepalive(tcp).unwrap());
}
