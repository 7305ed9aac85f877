//! How datagrams leave for a group: by each interface, but once only into each network.

use std::io;
use std::net::SocketAddrV6;

use super::super::group::{GroupOperation, Refusal};
use super::super::interfaces::Interface;
use super::super::kernel::Egress;
use super::files::{FileSockets, Group};
use super::{Families, GroupSockets};
use crate::clock;

impl GroupSockets {
    /// Sends datagrams to all members and returns the refusals: once on each interface, but once
    /// only from each subnet of one network. An interface with neither an IPv4 address nor a way
    /// out by IPv6 may stay so for long; its refusal is returned once, until something can be sent
    /// there.
    pub fn send_to_group(&mut self, datagrams: &[&[u8]], families: Families) -> Vec<Refusal> {
        let families = self.probe(datagrams, families);
        self.send_to_each(self.frames(), datagrams, families)
    }

    /// The same to those who take or give files.
    pub fn send_to_files(&mut self, datagrams: &[&[u8]]) -> Vec<Refusal> {
        match self.files.as_ref().map(FileSockets::group) {
            Some(group) => self.send_to_each(group, datagrams, Families::Preferred),
            None => Vec::new(),
        }
    }

    fn frames(&self) -> Group {
        Group {
            v4: self.address.frames,
            v6: self.address.frames_v6,
        }
    }

    fn send_to_each(
        &mut self,
        group: Group,
        datagrams: &[&[u8]],
        families: Families,
    ) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        let interfaces = std::mem::take(&mut self.interfaces);
        let now = clock::monotonic();
        let mut served: Vec<&Interface> = Vec::new();
        for interface in &interfaces {
            let is_served = |by: &&Interface| {
                by.shares_subnet(interface) && self.networks.is_one(now, by, interface)
            };
            if served.iter().any(is_served) {
                continue;
            }
            let refused = refusals.len();
            self.send_by(interface, group, (datagrams, families), &mut refusals);
            if refusals.len() == refused {
                served.push(interface);
            }
        }
        self.interfaces = interfaces;
        refusals
    }

    /// Where there are several interfaces, some frames leave by IPv6 too: see
    /// [`Networks`](crate::net::networks::Networks).
    fn probe(&mut self, datagrams: &[&[u8]], families: Families) -> Families {
        if self.interfaces.len() < 2 {
            return families;
        }
        self.networks.send(datagrams);
        match self.networks.is_probe_due(clock::monotonic()) {
            true => Families::Both,
            false => families,
        }
    }

    fn send_by(
        &mut self,
        interface: &Interface,
        group: Group,
        (datagrams, families): (&[&[u8]], Families),
        refusals: &mut Vec<Refusal>,
    ) {
        let address = interface.addresses.first().copied();
        if address.is_some() {
            let egress = Egress {
                index: interface.index,
                address,
            };
            let to = group.v4.into();
            let sent = self.v4.send(to, Some(egress), datagrams);
            refusals.extend(sent.err().map(Refusal::on(GroupOperation::Send, interface)));
        }
        if families == Families::Preferred && address.is_some() {
            return;
        }
        let sent = self.send_by_v6(interface, group, datagrams);
        // Where IPv4 was sent as well, a refusal by IPv6 is not worth a report.
        if address.is_none() {
            let was_reported = self.reported.contains(&interface.index);
            match sent {
                Ok(()) => self.reported.retain(|index| *index != interface.index),
                Err(_) if was_reported => {}
                Err(error) => {
                    self.reported.push(interface.index);
                    refusals.push(Refusal::on(GroupOperation::Send, interface)(error));
                }
            }
        }
    }

    fn send_by_v6(
        &self,
        interface: &Interface,
        group: Group,
        datagrams: &[&[u8]],
    ) -> io::Result<()> {
        let v6 = self.v6.as_ref().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let to = SocketAddrV6::new(group.v6, group.v4.port(), 0, interface.index);
        let egress = Egress {
            index: interface.index,
            address: None,
        };
        v6.send(to.into(), Some(egress), datagrams)
    }
}
