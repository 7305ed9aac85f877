//! The operations of TR2.23: what a client may send, and how the hub answers.

use std::time::Duration;

use super::client::ClientState;
use super::event::{HubEvent, LeaveReason, Refusal};
use super::outgoing::MessageKind;
use super::proof::question;
use super::{Hub, NAME_WAIT};
use crate::protocol::lookalike::Looks;
use crate::protocol::message::Name;
use crate::protocol::wire::tr2::{
    MESSAGE_MAX_BYTES, Message, OFFER, SEPARATOR, SERVER, data_room, in_the_name_of, operation,
};

/// The text before the names of a list.
const LIST_HEAD: &str = "clients connected: ";

/// The text after each name of a list. The report's program takes the last two characters off the
/// whole list, so that the first of the last separator stays.
const LIST_SEPARATOR: &str = " , ";

const UNSUPPORTED: &str = "Operation not supported!";
const TAKEN: &str = "This username is already taken. You need to connect again and use another one";
const ONLY_MODERATORS: &str = "Only a moderator may do this";
const GOODBYE: &str = "You are now disconnected from the server";
const TOO_LONG: &str = "The end of a message over 1024 bytes was dropped";

impl Hub {
    pub(super) fn on_message(&mut self, now: Duration, id: u32, text: &str) {
        match self.clients.get(&id).map(|client| &client.state) {
            Some(ClientState::Nameless { .. }) => self.on_name(now, id, text),
            Some(ClientState::Proving { challenge, .. }) => {
                let challenge = challenge.clone();
                self.on_proof(now, id, &challenge, text);
            }
            Some(ClientState::Joined) => self.on_operation(now, id, text),
            Some(ClientState::Leaving { .. }) | None => {}
        }
    }

    /// Notifies a client that the rest of a message was dropped, because it was too long.
    pub(super) fn on_tail(&mut self, id: u32) {
        self.reply(id, operation::UNKNOWN_REPLY, TOO_LONG);
    }

    fn on_name(&mut self, now: Duration, id: u32, text: &str) {
        let data = Message::read(text).and_then(|message| message.data);
        let offered = data.and_then(|data| data.strip_suffix(OFFER)?.strip_suffix(SEPARATOR));
        let asked = offered.or(data);
        let name = asked.and_then(|asked| Name::parse(asked).ok());
        // A bar at the end of a name would merge with the separator behind it.
        let fit = |name: &Name| {
            let looks = Looks::of(name.as_str());
            let is_seen = looks.0.iter().all(|look| !look.is_empty());
            is_seen && !looks.is_like(&Looks::of(SERVER)) && !name.as_str().contains('|')
        };
        let Some(name) = name.filter(fit) else {
            let asked = asked.unwrap_or(text).to_owned();
            return self.refuse(now, id, Refusal::NameForbidden(asked));
        };
        if self.names.is_taken(name.as_str()) || self.passes_for_moderator(&name) {
            return self.refuse(now, id, Refusal::NameTaken(name.to_string()));
        }
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        name.as_str().clone_into(&mut client.name);
        if offered.is_some() {
            client.outgoing.begin_frames();
            client.incoming.expect_frames(MESSAGE_MAX_BYTES);
        }
        if !self.rules.moderators.contains(&name) {
            return self.admit(now, id);
        }
        if offered.is_none() {
            return self.refuse(now, id, Refusal::Unproven(name.to_string()));
        }
        let Some(key) = &self.rules.moderator_key else {
            return self.refuse(now, id, Refusal::Unproven(name.to_string()));
        };
        let challenge = self.challenges.next();
        let question = question(key.salt(), &challenge);
        self.send_as_hub(id, name.as_str(), operation::MODERATOR, Some(&question));
        if let Some(client) = self.clients.get_mut(&id) {
            let until = now + NAME_WAIT;
            client.state = ClientState::Proving { challenge, until };
        }
    }

    /// Whether a name only looks like a moderator's.
    fn passes_for_moderator(&self, name: &Name) -> bool {
        let looks = Looks::of(name.as_str());
        let moderators = &self.rules.moderators;
        let is_like = |other: &Name| looks.is_like(&Looks::of(other.as_str()));
        !moderators.contains(name) && moderators.iter().any(is_like)
    }

    fn on_proof(&mut self, now: Duration, id: u32, challenge: &str, text: &str) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        let proof = Message::read(text).filter(|m| m.operation == operation::MODERATOR);
        let proof = proof.and_then(|message| message.data).unwrap_or_default();
        let key = self.rules.moderator_key.as_ref();
        let name = client.name.clone();
        if !key.is_some_and(|key| key.proves(challenge, &name, proof)) {
            return self.refuse(now, id, Refusal::Unproven(name));
        }
        client.is_moderator = true;
        // Another moderator may have joined under this name in the meantime.
        match self.names.is_taken(&name) {
            true => self.refuse(now, id, Refusal::NameTaken(name)),
            false => self.admit(now, id),
        }
    }

    /// Lets a client in whose name is free, and proven if it is a moderator's.
    fn admit(&mut self, now: Duration, id: u32) {
        let Some(address) = self.clients.get(&id).map(|client| client.address) else {
            return;
        };
        if let Some(why) = self.refusal_for(address) {
            return self.refuse(now, id, why);
        }
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        client.state = ClientState::Joined;
        self.places.join(address.ip(), id);
        let name = client.name.clone();
        self.events.push_back(HubEvent::Joined {
            name: name.clone(),
            address,
            is_framed: client.outgoing.is_framed(),
            is_moderator: client.is_moderator,
        });
        self.names.insert(&name, id);
        // Written as Python writes an address.
        let written = match address {
            core::net::SocketAddr::V4(v4) => format!("('{}', {})", v4.ip(), v4.port()),
            core::net::SocketAddr::V6(v6) => {
                let (ip, port) = (v6.ip(), v6.port());
                format!("('{ip}', {port}, {}, {})", v6.flowinfo(), v6.scope_id())
            }
        };
        let data = format!("You are now connected to the server in {written}");
        self.send_as_hub(id, &name, operation::CONFIRMATION, Some(&data));
    }

    /// Refuses a client, sends it the reason, and begins to close its connection.
    pub(super) fn refuse(&mut self, now: Duration, id: u32, why: Refusal) {
        let Some(address) = self.clients.get(&id).map(|client| client.address) else {
            return;
        };
        let (name, data) = match &why {
            Refusal::NameTaken(name) => (name.as_str(), TAKEN),
            Refusal::NameForbidden(_) => ("", "This username cannot be used"),
            Refusal::Unproven(name) => (name.as_str(), "This username is a moderator's"),
            Refusal::NoName => ("", "No username was told in time"),
            Refusal::Full => ("", "The server is full"),
            Refusal::AddressFull => ("", "Too many connections from this address"),
            Refusal::Gone => ("", "Goodbye"),
        };
        let to = format!("new_client: {name}");
        self.send_as_hub(id, to.trim_end(), operation::CONNECTION_ERROR, Some(data));
        self.begin_leaving(now, id);
        self.events.push_back(HubEvent::Refused { address, why });
    }

    /// Carries out an operation of a client that has joined.
    fn on_operation(&mut self, now: Duration, id: u32, text: &str) {
        let Some(client) = self.clients.get(&id) else {
            return;
        };
        let text = in_the_name_of(&client.name, text);
        let Some(message) = Message::read(&text) else {
            return self.reply(id, operation::UNKNOWN_REPLY, UNSUPPORTED);
        };
        match message.operation {
            operation::ECHO => {
                let message = self.round.add(&text, MessageKind::Chat);
                self.send(id, &message);
            }
            operation::BROADCAST => self.broadcast(&text, None),
            operation::BROADCAST_NOT_ME => self.broadcast(&text, Some(id)),
            operation::PRIVATE => match self.client_named(message.to) {
                Some(to) => {
                    let message = self.round.add(&text, MessageKind::Chat);
                    self.send(to, &message);
                }
                None => self.reply_not_found(id, operation::PRIVATE, message.to),
            },
            operation::LIST => self.on_list(id),
            operation::EXIT => {
                self.reply(id, operation::EXIT, GOODBYE);
                self.leave(now, id, LeaveReason::Exit);
            }
            operation::CLOSE if self.rules.moderators.is_empty() || client.is_moderator => {
                let name = client.name.clone();
                self.close(now, Some(&name));
            }
            operation::REMOVE if client.is_moderator => {
                let whom = message.data.unwrap_or_default().to_owned();
                self.on_remove(now, id, &whom);
            }
            operation::CLOSE | operation::REMOVE => {
                self.reply(id, operation::UNKNOWN_REPLY, ONLY_MODERATORS);
            }
            _ => self.reply(id, operation::UNKNOWN_REPLY, UNSUPPORTED),
        }
    }

    /// Sends a text to every client that has joined, but for one.
    fn broadcast(&mut self, text: &str, except: Option<u32>) {
        let message = self.round.add(text, MessageKind::Chat);
        let joined = self
            .clients
            .iter_mut()
            .filter(|(_, client)| client.is_joined());
        for (id, client) in joined.filter(|(id, _)| Some(**id) != except) {
            client.outgoing.queue(&message);
            if !std::mem::replace(&mut client.is_queued, true) {
                self.to_write.push_back(*id);
            }
        }
    }

    fn on_remove(&mut self, now: Duration, id: u32, whom: &str) {
        let by = self.clients.get(&id).map(|client| client.name.clone());
        let Some(target) = self.client_named(whom) else {
            return self.reply_not_found(id, operation::REMOVE, whom);
        };
        let by = by.unwrap_or_default();
        self.reply(
            target,
            operation::EXIT,
            &format!("You were removed by {by}"),
        );
        self.leave(now, target, LeaveReason::Removed { by });
        if target != id {
            self.reply(id, operation::REMOVE, &format!("{whom} was removed"));
        }
    }

    /// Sends the names of all clients, in the order in which they connected. A naive client's list
    /// must fit one message; it ends with the number of names that did not fit.
    fn on_list(&mut self, id: u32) {
        let Some(client) = self.clients.get(&id) else {
            return;
        };
        let name = client.name.clone();
        let room = match client.outgoing.is_framed() {
            true => usize::MAX,
            false => data_room(SERVER, &name, operation::LIST),
        };
        let mut list = LIST_HEAD.to_owned();
        let mut left = self.names.len();
        let more = |left: usize| format!("and {left} more");
        for client in self.clients.values().filter(|client| client.is_joined()) {
            let needed = list.len() + client.name.len() + LIST_SEPARATOR.len();
            if needed + more(left).len() > room {
                list += &more(left);
                break;
            }
            list += &client.name;
            list += LIST_SEPARATOR;
            left -= 1;
        }
        if left == 0 {
            list.truncate(list.len() - 2);
        }
        // Not by `Message::write`: in a frame, a list may be longer than a message of the report.
        let fields = [SERVER, &name, operation::LIST, &list];
        let text = fields.join(SEPARATOR);
        let message = self.round.add(&text, MessageKind::Reply);
        self.send(id, &message);
        // A long answer is work that its asker has caused, and counts as as many messages.
        if let Some(client) = self.clients.get_mut(&id) {
            let cost = text.len() / MESSAGE_MAX_BYTES;
            client.budget.spend(cost as f64);
        }
    }

    /// The client with this name. A name that is spelled with other code points and looks the same
    /// is the same name.
    fn client_named(&self, name: &str) -> Option<u32> {
        let name = Name::parse(name).ok()?;
        self.names.get(name.as_str())
    }

    fn reply(&mut self, id: u32, operation: &str, data: &str) {
        if let Some(name) = self.clients.get(&id).map(|client| client.name.clone()) {
            self.send_as_hub(id, &name, operation, Some(data));
        }
    }

    fn reply_not_found(&mut self, id: u32, operation: &str, whom: &str) {
        let data = format!("Destination client ({whom}) not found!");
        self.reply(id, operation, &data);
    }
}
