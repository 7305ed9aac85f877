//! TLS for the page of guests: browsers give a microphone to pages of https alone. Nobody certifies
//! computers of a LAN, so that the certificate is made here: for one day, for the addresses of this
//! computer, and for a server alone. Its key is in memory and nowhere else. Whoever wants to know
//! that it is the right one compares its fingerprint.
//!
//! The port is that of plain http: the first byte of a connection says which of the two it is.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType,
};
use ring::digest::{SHA256, digest};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::version::TLS13;

use super::tcp_acceptor::Accepted;

/// How long a certificate is valid, and for how long before its making: clocks differ.
const VALID_FOR: Duration = Duration::from_secs(24 * 3600);
const VALID_BEFORE: Duration = Duration::from_secs(3600);

/// How long the first byte and the handshake may take.
const HANDSHAKE_WAIT: Duration = Duration::from_secs(10);

/// The first byte of TLS: a record of the handshake (RFC 8446, 5.1). No method of HTTP begins so.
const HANDSHAKE: u8 = 22;

/// What is spoken inside.
const HTTP: &[u8] = b"http/1.1";

/// A certificate, and what shows to others that this program has it.
#[derive(Clone)]
pub struct Certificate {
    acceptor: TlsAcceptor,
    fingerprint: String,
}

/// What a connection turned out to be.
pub enum Opened<P, T> {
    /// Plain bytes.
    Plain(P),
    /// TLS, whose handshake is done.
    Tls(T),
}

impl Certificate {
    /// A new one, with a new key, for these addresses. `wall_ms` is the time now, in milliseconds
    /// since 1970.
    ///
    /// # Errors
    /// No randomness, or no memory.
    pub fn for_a_day(addresses: &[IpAddr], wall_ms: u64) -> io::Result<Self> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params(addresses, wall_ms).self_signed(&key);
        let certificate = certificate.map_err(io::Error::other)?.der().clone();
        let fingerprint = fingerprint(&certificate);
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&TLS13])
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key.into());
        let mut config = config.map_err(io::Error::other)?;
        config.alpn_protocols = vec![HTTP.to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            fingerprint,
        })
    }

    /// The SHA-256 of the certificate, as browsers show it: pairs of hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Waits for the first byte of a connection, and for the handshake if it is TLS; `None` if that
    /// fails or takes too long. `may_begin` is asked before anything is computed.
    pub async fn open(
        &self,
        accepted: Accepted,
        may_begin: impl FnOnce() -> bool,
    ) -> Option<
        Opened<
            impl AsyncRead + AsyncWrite + Unpin + 'static,
            impl AsyncRead + AsyncWrite + Unpin + 'static,
        >,
    > {
        let opening = async {
            let mut first = [0];
            let length = accepted.stream.peek(&mut first).await.ok()?;
            if length > 0 && first == [HANDSHAKE] {
                if !may_begin() {
                    return None;
                }
                let stream = self.acceptor.accept(accepted.stream).await.ok()?;
                return Some(Opened::Tls(stream));
            }
            Some(Opened::Plain(accepted.stream))
        };
        timeout(HANDSHAKE_WAIT, opening).await.ok().flatten()
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

/// What it certifies: these addresses for a day, and nothing else. Whoever trusts it trusts no
/// other certificate by that.
fn params(addresses: &[IpAddr], wall_ms: u64) -> CertificateParams {
    let mut params = CertificateParams::default();
    let addresses = addresses.iter().copied();
    params.subject_alt_names = addresses.map(SanType::IpAddress).collect();
    params.distinguished_name.push(DnType::CommonName, "roda");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = rcgen::date_time_ymd(1970, 1, 1) + Duration::from_millis(wall_ms);
    params.not_before = now - VALID_BEFORE;
    params.not_after = now + VALID_FOR;
    params
}

fn fingerprint(certificate: &[u8]) -> String {
    let hash = digest(&SHA256, certificate);
    let pairs = hash.as_ref().iter().map(|byte| format!("{byte:02X}"));
    pairs.collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn each_certificate_is_another_and_its_key_can_be_used() {
        let addresses = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([0; 16])];
        let now = Clock::start().now().wall_ms;
        let made = [0, 1].map(|_| Certificate::for_a_day(&addresses, now).unwrap());
        assert_ne!(made[0].fingerprint(), made[1].fingerprint());
        assert_eq!(made[0].fingerprint().split(':').count(), 32);
        let shown = format!("{:?}", made[0]);
        assert!(!shown.contains("key"), "{shown}");
    }

    #[test]
    fn it_is_for_a_server_at_these_addresses_and_for_a_day() {
        let params = params(&[IpAddr::from([10, 0, 0, 7])], 1_000_000_000_000);
        assert_eq!(params.is_ca, IsCa::ExplicitNoCa);
        assert_eq!(params.subject_alt_names.len(), 1);
        assert_eq!(
            params.extended_key_usages,
            [ExtendedKeyUsagePurpose::ServerAuth]
        );
        let valid = params.not_after - params.not_before;
        assert_eq!(valid.whole_hours(), 25);
        assert_eq!(params.not_before.unix_timestamp(), 1_000_000_000 - 3600);
    }
}
