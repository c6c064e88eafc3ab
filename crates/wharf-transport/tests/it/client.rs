//! What a client shows of itself: names, protocols, certificates, versions. The server is the TLS library bare.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, HandshakeKind, ServerConfig, SignatureScheme};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use wharf_transport::{
    ClientControlTls, ClientTlsOptions, ControlEvent, ControlStream, DataChannel, DataRole, Fingerprint,
    Identity, TicketPlan, TlsFailure, TlsVersion, Trust,
};

use crate::support::*;

/// Takes any certificate of a client, or wants none.
#[derive(Debug)]
struct Judge {
    wanted: bool,
}

impl ClientCertVerifier for Judge {
    fn offer_client_auth(&self) -> bool {
        self.wanted
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
        verify_tls12_signature(message, leaf, signed, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
        verify_tls13_signature(message, leaf, signed, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

struct BareServer {
    listener: TcpListener,
    config: Arc<ServerConfig>,
}

impl BareServer {
    async fn start(version: TlsVersion, alpn: &[&str], wanted: bool) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let cert = params.self_signed(&key).unwrap();
        let version = match version {
            TlsVersion::V1_2 => &rustls::version::TLS12,
            TlsVersion::V1_3 => &rustls::version::TLS13,
        };
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_client_cert_verifier(Arc::new(Judge { wanted }))
            .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        config.ticketer = aws_lc_rs::Ticketer::new().unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let listener = TcpListener::bind((LOCALHOST, 0)).await.unwrap();
        Self { listener, config: Arc::new(config) }
    }

    /// The next client, told something, so that it reads its tickets.
    async fn accept(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let (tcp, _) = self.listener.accept().await.unwrap();
        let mut tls = TlsAcceptor::from(Arc::clone(&self.config)).accept(tcp).await?;
        tls.write_all(b"220 Ready\r\n").await?;
        Ok(tls)
    }

    async fn stream(&self) -> ControlStream {
        let to = self.listener.local_addr().unwrap();
        ControlStream::clear(net().connect(to, None).await.unwrap())
    }
}

/// What a server saw of one connection.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    resumed: bool,
    sni: Option<String>,
    alpn: Option<String>,
    certificate: Option<Fingerprint>,
}

impl Shown {
    fn on(tls: &TlsStream<TcpStream>) -> Self {
        let connection = tls.get_ref().1;
        let alpn = connection.alpn_protocol().map(|name| String::from_utf8(name.to_vec()).unwrap());
        let leaf = connection.peer_certificates().and_then(|chain| chain.first());
        Self {
            resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
            sni: connection.server_name().map(str::to_owned),
            alpn,
            certificate: leaf.map(|leaf| Fingerprint::of_der(leaf)),
        }
    }
}

/// A control connection and then two data connections, as the server sees them.
async fn visits(server: &BareServer, options: ClientTlsOptions) -> Vec<Shown> {
    let client = ClientControlTls::new(options).unwrap();
    let mut control = server.stream().await;
    control.upgrade_client(&client).unwrap();
    let (accepted, secured) = tokio::join!(server.accept(), outcome(&mut control));
    assert!(matches!(secured, ControlEvent::Secured(_)), "{secured:?}");
    read_until(&mut control, b"\r\n").await;
    let mut shown = vec![Shown::on(&accepted.unwrap())];
    for _ in 0..2 {
        let mut channel = DataChannel::active(net(), server.listener.local_addr().unwrap(), None);
        channel.connect().await.unwrap();
        let role = DataRole::Client(client.clone());
        let (accepted, secured) = tokio::join!(server.accept(), channel.secure(&role, TicketPlan::None));
        assert!(secured.unwrap().bound);
        let mut accepted = accepted.unwrap();
        let ended = async { accepted.shutdown().await.unwrap() };
        let ((), (bytes, _)) = tokio::join!(ended, receive(channel.into_stream()));
        assert_eq!(&bytes[..], b"220 Ready\r\n");
        shown.push(Shown::on(&accepted));
    }
    shown
}

fn options(name: &str) -> ClientTlsOptions {
    ClientTlsOptions::new(Trust::DangerousInsecure, name, 21)
}

#[tokio::test]
async fn the_name_is_sent_on_control_and_data_connections() {
    // TLS-09
    for version in VERSIONS {
        let server = BareServer::start(version, &[], false).await;
        for (name, sni) in [
            ("localhost", Some("localhost")),
            ("ftp.example.org.", Some("ftp.example.org")),
            ("127.0.0.1", None),
            ("[::1]", None),
        ] {
            for shown in visits(&server, options(name)).await {
                assert_eq!(shown.sni.as_deref(), sni, "{version} {name}: {shown:?}");
            }
        }
    }
}

#[tokio::test]
async fn each_kind_of_connection_has_its_protocol_and_all_resume() {
    // TLS-09, TLS-20
    for version in VERSIONS {
        for (known, control, data) in [
            (&[][..], None, None),
            (&["ftp"][..], Some("ftp"), Some("ftp")),
            (&["ftp-data", "ftp"][..], Some("ftp"), Some("ftp-data")),
        ] {
            let server = BareServer::start(version, known, false).await;
            let shown = visits(&server, options("localhost")).await;
            let protocols: Vec<_> = shown.iter().map(|shown| shown.alpn.as_deref()).collect();
            assert_eq!(protocols, [control, data, data], "{version} {known:?}");
            let resumed: Vec<_> = shown.iter().map(|shown| shown.resumed).collect();
            assert_eq!(resumed, [false, true, true], "{version} {known:?}");
        }
    }
}

#[tokio::test]
async fn one_certificate_is_shown_on_control_and_data_connections() {
    // RFC 4217 §15.1.2
    let identity = Identity::self_signed(&["alice".to_owned()]).unwrap();
    for version in VERSIONS {
        for (wanted, seen) in [(true, Some(identity.fingerprint())), (false, None)] {
            let server = BareServer::start(version, &[], wanted).await;
            let mut options = options("localhost");
            options.identity = Some(identity.clone());
            let shown = visits(&server, options).await;
            assert!(shown.iter().all(|shown| shown.certificate == seen), "{version}: {shown:?}");
            assert!(shown[1].resumed && shown[2].resumed, "{version}: {shown:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_is_understood() {
    for version in VERSIONS {
        let server = BareServer::start(version, &[], true).await;
        let mut control = server.stream().await;
        control.upgrade_client(&ClientControlTls::new(options("localhost")).unwrap()).unwrap();
        let client = async {
            loop {
                match outcome(&mut control).await {
                    // With TLS 1.3 the refusal comes behind this side's end of the handshake.
                    ControlEvent::Secured(_) => {}
                    ControlEvent::SecureFailed(failure) => break failure,
                    ControlEvent::Failed(error) => break error.downcast::<TlsFailure>().unwrap(),
                    event => panic!("{event:?}"),
                }
            }
        };
        let (accepted, failure) = tokio::join!(server.accept(), client);
        accepted.unwrap_err();
        let text = failure.to_string();
        // TLS 1.2 has no alert of its own for this.
        assert!(
            text.contains(if version == TlsVersion::V1_3 { "client certificate" } else { "refuse" }),
            "{version}: {text}"
        );
    }
}

#[tokio::test]
async fn versions_that_are_not_shared_are_named() {
    // TLS-07
    for (server, offered) in [(TlsVersion::V1_2, TlsVersion::V1_3), (TlsVersion::V1_3, TlsVersion::V1_2)] {
        let server = BareServer::start(server, &[], false).await;
        let mut options = options("localhost");
        (options.min_version, options.max_version) = (offered, offered);
        let mut control = server.stream().await;
        control.upgrade_client(&ClientControlTls::new(options).unwrap()).unwrap();
        let (accepted, event) = tokio::join!(server.accept(), outcome(&mut control));
        accepted.unwrap_err();
        let ControlEvent::SecureFailed(failure) = event else { panic!("{event:?}") };
        let text = failure.to_string();
        let only = if offered == TlsVersion::V1_2 { "TLS 1.2 only" } else { "TLS 1.3 only" };
        assert!(text.contains("version") && text.contains(only), "{text}");
    }
}
