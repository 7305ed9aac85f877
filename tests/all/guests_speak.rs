//! Guests who come by https, to the real program: its certificate is the one that was announced,
//! clients that stall or talk nonsense take nobody's place, and a guest who speaks is heard.

use crate::support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned,
};

use super::page::{Host, waits_for_room};
use super::page_call::{browser_with, browser_with_devices, clicks_on, mark, opens_call};
use super::page_call_hosts::waits_for_voice;
use support::page::Page;
use support::place::Place;
use support::webdriver::keys;
use support::{DEADLINE, Need, available};

/// Takes any certificate whose owner has its key, and keeps it, as a person does who goes on in
/// spite of a warning.
#[derive(Debug, Default)]
struct Curious(Mutex<Option<Vec<u8>>>);

impl ServerCertVerifier for Curious {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        *self.0.lock().unwrap() = Some(certificate.to_vec());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = default_provider().signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = default_provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = default_provider().signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

/// A member whose guests can speak: the member, the plain page, and the line about it.
fn host(place: &Place) -> (Host, Page, String) {
    let mut ana = Host::start(place, "ana", &["--guests=127.0.0.1:0", "--guests-tls"]);
    let line = ana.program.notes("guests enter at http://127.0.0.1:");
    (ana, Page::in_line(&line), line)
}

fn word(line: &str, is_meant: impl Fn(&str) -> bool) -> &str {
    line.split_whitespace().find(|word| is_meant(word)).unwrap()
}

/// A connection by TLS, and the fingerprint of the certificate there.
fn connect(stream: TcpStream) -> (StreamOwned<ClientConnection, TcpStream>, String) {
    let curious = Arc::new(Curious::default());
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&curious) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(client, stream);
    stream.conn.complete_io(&mut stream.sock).unwrap();
    let certificate = curious.0.lock().unwrap().take().unwrap();
    let hash = ring::digest::digest(&ring::digest::SHA256, &certificate);
    let pairs = hash.as_ref().iter().map(|byte| format!("{byte:02X}"));
    (stream, pairs.collect::<Vec<_>>().join(":"))
}

/// Sends a body by TLS; gives the status and the body of the answer.
fn posts(page: &Page, target: &str, body: &str, header: &str) -> (u16, String) {
    let (mut stream, _) = connect(page.connect());
    let head = page.head("POST", target, body.len());
    let head = head.replace(
        "Connection: close\r\n",
        &format!("Connection: close\r\n{header}"),
    );
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A server that closes without a farewell has said all the same.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    (status, body.to_owned())
}

fn session(body: &str) -> String {
    let first: Value = serde_json::from_str(body.lines().next().unwrap()).unwrap();
    first["session"].as_str().unwrap().to_owned()
}

#[test]
fn the_certificate_is_the_announced_one_and_sessions_of_http_do_not_speak() {
    let place = Place::on_loopback();
    let (mut ana, plain, line) = host(&place);
    let announced = word(&line, |word| word.split(':').count() == 32);
    let (_, fingerprint) = connect(plain.connect());
    assert_eq!(fingerprint, announced);
    assert!(
        line.contains(&format!("https://127.0.0.1:{}/#", plain.port)),
        "{line}"
    );
    // A guest of each kind.
    let name = |name: &str| json!({ "name": name }).to_string();
    let by_http = plain.posts("/guest/enter", &name("rui"));
    let by_http = plain.knowing(&session(&by_http.body));
    let (status, entered) = posts(&plain, "/guest/enter", &name("lia"), "");
    assert_eq!(status, 200, "{entered}");
    let by_https = plain.knowing(&session(&entered));
    let says = json!({ "say": "oi por https" }).to_string();
    let (status, said) = posts(&by_https, "/guest/say", &says, "");
    assert_eq!(status, 200, "{said}");
    ana.program.shows("~lia (by ana): oi por https");
    // Neither secret is worth anything on the other way.
    assert_eq!(by_https.posts("/guest/say", &says).status, 401);
    assert_eq!(posts(&by_http, "/guest/say", &says, "").0, 401);
    // Pages of other origins, plain ones of this very port too, are refused.
    let origin = |scheme: &str| format!("Origin: {scheme}://127.0.0.1:{}\r\n", plain.port);
    assert_eq!(
        posts(&by_https, "/guest/say", &says, &origin("http")).0,
        403
    );
    assert_eq!(
        posts(&by_https, "/guest/say", &says, &origin("https")).0,
        200
    );
    // By plain http nobody speaks, whatever the page does.
    let offer = json!({ "sdp": include_str!("../vectors/offer.sdp") }).to_string();
    let begin = |answer: &str| {
        let answer: Value = serde_json::from_str(answer.lines().next().unwrap()).unwrap();
        json!({ "peer": answer["peer"], "begin": "sound" }).to_string()
    };
    let connected = by_http.posts("/guest/offer", &offer);
    assert_eq!(connected.status, 200, "{connected:?}");
    let refused = by_http.posts("/guest/call", &begin(&connected.body));
    assert_eq!(refused.status, 400, "{refused:?}");
    assert!(refused.body.contains("https"), "{refused:?}");
    let (status, connected) = posts(&by_https, "/guest/offer", &offer, "");
    assert_eq!(status, 200, "{connected}");
    let begin = begin(&connected);
    let (status, answer) = posts(&by_https, "/guest/call", &begin, "");
    assert_eq!(status, 200, "{answer}");
    let camera = begin.replace("sound", "camera");
    assert_eq!(posts(&by_https, "/guest/call", &camera, "").0, 400);
    // The host silences one.
    ana.program.says("/guests mute lia");
    ana.program.notes("~lia is muted");
    assert_eq!(posts(&by_https, "/guest/call", &begin, "").0, 400);
}

#[test]
fn clients_that_stall_in_their_handshake_shut_nobody_out() {
    let place = Place::on_loopback();
    let (mut ana, plain, _) = host(&place);
    // Half of a handshake, nothing at all, and nonsense.
    let begun = [0x16, 0x03, 0x01, 0x40, 0x00, 0x01];
    let mut stalled: Vec<TcpStream> = (0..300).map(|_| plain.connect()).collect();
    for (number, stream) in stalled.iter_mut().enumerate() {
        let _ = match number % 3 {
            0 => stream.write_all(&begun),
            1 => Ok(()),
            _ => stream.write_all(&[[0x16, 0x03, 0x03, 0xff, 0xff].as_slice(), &[7; 99]].concat()),
        };
    }
    let name = json!({ "name": "lia" }).to_string();
    // This address has spent its handshakes; others have theirs.
    connect(plain.connect_from([127, 0, 0, 2]));
    let entered = plain.posts("/guest/enter", &name);
    assert_eq!(entered.status, 200, "{entered:?}");
    let guest = plain.knowing(&session(&entered.body));
    let said = guest.posts("/guest/say", &json!({ "say": "ainda entro" }).to_string());
    assert_eq!(said.status, 200, "{said:?}");
    ana.program.shows("~lia (by ana): ainda entro");
    // Whoever stalls is closed within a time.
    for mut stream in stalled {
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let mut rest = Vec::new();
        let read = stream.read_to_end(&mut rest);
        let is_closed = match &read {
            Ok(_) => true,
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        };
        assert!(is_closed, "{read:?}");
    }
}

#[test]
fn a_guest_by_https_is_heard_by_members_until_muted_or_gone() {
    if !available(&[Need::Browser]) {
        return;
    }
    let place = Place::on_loopback();
    let (mut ana, plain, line) = host(&place);
    let link = word(&line, |word| word.starts_with("https://"));
    let mut bia = Host::start(&place, "bia", &[]);
    let of_bia = browser_with_devices(None, 1000);
    of_bia.opens(&bia.link);
    waits_for_room(&of_bia);
    opens_call(&of_bia);
    // By plain http the page says how to get to the other one.
    let of_rui = browser_with(None, 500, &["--ignore-certificate-errors"]);
    of_rui.opens(&format!("http://127.0.0.1:{}/#{}", plain.port, plain.token));
    of_rui.waits_for("!document.querySelector('#by-https').hidden");
    let shown = of_rui.runs("return document.querySelector('#by-https a').href", &[]);
    assert_eq!(shown, json!(link));
    of_rui.opens(link);
    of_rui.types("#name", &format!("rui{}", keys::ENTER));
    of_rui.waits_for("!document.querySelector('#call').hidden");
    // Nothing is on before a click.
    assert_eq!(mark(&of_rui), "");
    clicks_on(&of_rui, "Speak");
    of_rui.waits_for("!document.querySelector('#call .air').hidden");
    assert!(mark(&of_rui).contains("voice"), "{}", mark(&of_rui));
    bia.program.notes("~rui (by ana) turned the microphone on");
    ana.program.notes("~rui (by ana) turned the microphone on");
    clicks_on(&of_bia, "Watch and listen");
    of_bia.waits_for("document.querySelector('#call .voices li')");
    let voice = "return document.querySelector('#call .voices li .who').textContent";
    assert_eq!(of_bia.runs(voice, &[]), json!("~rui (by ana)"));
    waits_for_voice(&of_bia);
    ana.program.says("/guests mute rui");
    bia.program.notes("~rui (by ana) turned the microphone off");
    of_rui.waits_for("document.querySelector('#call .air').hidden");
    ana.program.says("/guests unmute rui");
    ana.program.notes("~rui may speak again");
    clicks_on(&of_rui, "Speak");
    bia.program.notes("~rui (by ana) turned the microphone on");
    // A telephone that is switched off says no farewell.
    drop(of_rui);
    bia.program.notes("~rui (by ana) turned the microphone off");
    of_bia.waits_for("!document.querySelector('#call .voices li')");
}
