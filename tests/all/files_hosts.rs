//! Files between several hosts: loss, a full disk, a group that only takers join. Needs Linux, root
//! and iproute2; says so loudly where it may not.

use crate::support;

use std::fs;
use std::path::PathBuf;

use super::files::{are_equal, file, part_has_begun};
use support::network::Network;
use support::place::Home;
use support::program::Program;
use support::{Need, folder, run};

#[test]
fn three_hosts_that_lose_datagrams_take_a_file_whole_that_leaves_about_once() {
    let Some((_network, [host_a, host_b, host_c, host_d])) = Network::of_hosts(&[Need::Nft]) else {
        return;
    };
    let from = folder();
    let length = 3_000_000;
    let path = file(&from, "imagem.iso", length);
    let (hosts, intos) = ([&host_b, &host_c, &host_d], [folder(), folder(), folder()]);
    let mut takers: Vec<Program> = Vec::new();
    for ((host, into), name) in hosts.iter().zip(&intos).zip(["bia", "caio", "duda"]) {
        let taker = host.takes(&Home::new(), name, into.path(), &["--yes", "--once"]);
        takers.push(taker);
    }
    for taker in &mut takers {
        taker.notes("you are");
    }
    hosts.iter().for_each(|host| host.loses(50));
    let before = host_a.sent_bytes();
    let path_typed = path.to_str().unwrap();
    let giver = host_a.gives(&Home::new(), "ana", &[path_typed, "--wait-for", "3"]);
    for (taker, into) in takers.into_iter().zip(&intos) {
        taker.ends_with(0);
        assert!(are_equal(&into.path().join("imagem.iso"), &path));
    }
    giver.ends_with(0);
    let sent = host_a.sent_bytes() - before;
    // Three times it would be by unicast; parity for losses, and headers, are a part of once.
    assert!(sent < 2 * length as u64, "{sent} bytes for {length}");
}

#[test]
fn a_cable_that_is_pulled_delays_a_file_and_no_more() {
    let Some((_network, [host_a, host_b])) = Network::of_hosts(&[Need::Nft]) else {
        return;
    };
    let (from, into) = (folder(), folder());
    let path = file(&from, "imagem.iso", 40_000_000);
    let args = ["--yes", "--once", "--json"];
    let mut taker = host_b.takes(&Home::new(), "bia", into.path(), &args);
    taker.shows(r#""event":"ready""#);
    let giver = host_a.gives(&Home::new(), "ana", &[path.to_str().unwrap()]);
    part_has_begun(into.path());
    host_b.is_deaf_to(&host_a);
    taker.shows(r#""state":"waiting""#);
    host_b.hears_all();
    taker.ends_with(0);
    giver.ends_with(0);
    assert!(are_equal(&into.path().join("imagem.iso"), &path));
}

/// A small file system in memory, which vanishes when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: PathBuf, bytes: usize) -> Self {
        fs::create_dir(&at).unwrap();
        run(&format!(
            "mount -t tmpfs -o size={bytes} tmpfs {}",
            at.display()
        ));
        Self(at)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = support::try_run(&format!("umount {}", self.0.display()));
    }
}

#[test]
fn a_full_disk_is_told_and_gone_on_with_once_there_is_room() {
    let Some((_network, [host_a, host_b])) = Network::of_hosts(&[]) else {
        return;
    };
    let (from, into) = (folder(), folder());
    let path = file(&from, "imagem.iso", 6_000_000);
    let disk = SmallDisk::mount(into.path().join("disk"), 8 << 20);
    let filler = disk.0.join("filler");
    fs::write(&filler, vec![1; 4_000_000]).unwrap();
    let home = Home::new();
    let mut giver = host_a.gives(&Home::new(), "ana", &[path.to_str().unwrap()]);
    giver.notes("you offer");
    let full = host_b.takes(&home, "bia", &disk.0, &["--yes", "--once"]);
    let noted = full.ends_with(1).noted;
    let told = noted
        .iter()
        .find(|line| line.contains("the disk is full: 6.0 MB needed"));
    assert!(told.is_some(), "{noted:?}");
    fs::remove_file(filler).unwrap();
    host_b
        .takes(&home, "bia", &disk.0, &["--yes", "--once"])
        .ends_with(0);
    giver.ends_with(0);
    assert!(are_equal(&disk.0.join("imagem.iso"), &path));
}
