//! What somebody on the same network can see of a keyed room, and do to it. Needs Linux, root and
//! iproute2; says so loudly where it may not.

use crate::support;

use std::fs;

use serde_json::Value;
use support::Need;
use support::network::Network;
use support::place::Home;

/// The datagrams of the frame wire among what a sniffer showed, as hex.
fn frames(shown: &[String]) -> Vec<String> {
    let packets = shown.iter().map(|line| serde_json::from_str(line).unwrap());
    let frames = packets.filter(|packet: &Value| packet["port"] == 5008);
    frames
        .map(|frame| frame["payload"].as_str().unwrap().to_owned())
        .collect()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_recorder_sees_no_name_and_no_word_and_its_replay_of_the_whole_session_shows_nothing() {
    let Some((_network, [host_a, host_b, eva])) = Network::of_hosts(&[Need::Python]) else {
        return;
    };
    let (home_a, home_b) = (Home::new(), Home::new());
    let folder = support::folder();
    let key = folder.path().join("key");
    fs::write(&key, "correto cavalo bateria grampo janela vento").unwrap();
    let room = ["--room", "turma-a", "--key-file", key.to_str().unwrap()];
    let mut wire = eva.python("sniff.py", &["v0"]);
    wire.notes("sniffing");
    let mut ana = host_a.member(&home_a, "anamaria", &room);
    let mut bia = host_b.member(&home_b, "beatriz", &room);
    ana.notes("beatriz");
    bia.notes("anamaria");
    for line in 0..20 {
        // One by one, so that each has a frame of its own.
        ana.says(&format!("a prova {line} é na sexta"));
        bia.shows(&format!("a prova {line} é na sexta"));
    }
    ana.says("/msg beatriz o gabarito");
    bia.shows("anamaria ✉: o gabarito");
    bia.says("entendido");
    ana.shows("entendido");

    let recorded = frames(&wire.stops().shown);
    assert!(recorded.len() > 10, "{} frames", recorded.len());
    let all = recorded.concat();
    for word in ["anamaria", "beatriz", "prova", "sexta", "gabarito", "turma"] {
        assert!(!all.contains(&hex(word)), "{word} is seen");
    }

    let mut replay = eva.python("replay.py", &[&eva.address(0), "224.3.29.71", "5008"]);
    for frame in &recorded {
        replay.says(frame);
    }
    replay.falls_silent();
    replay.ends_with(0);
    ana.says("e agora?");
    bia.shows("e agora?");
    bia.says("/stats");
    let dropped = bia.notes("packets that came twice: ");
    assert!(!dropped.contains("packets that came twice: 0"), "{dropped}");
    ana.falls_silent();
    bia.falls_silent();
    ana.ends_with(0);
    let shown = bia.ends_with(0).shown;
    let texts: Vec<&str> = shown
        .iter()
        .map(|line| line.split_once(": ").unwrap().1)
        .collect();
    let once = texts.iter().filter(|text| text.contains("prova")).count();
    assert_eq!(once, 20, "{texts:?}");
    assert_eq!(texts.len(), 22, "{texts:?}");
}
