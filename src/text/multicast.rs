//! The sentences of `multicast send` and `multicast receive`.

use std::net::{SocketAddr, SocketAddrV4};

use super::{Lang, fault, row, say};
use crate::net::interfaces::{Choice, Interface, Reason};
use crate::protocol::message::{FAREWELL, Name};
use crate::protocol::wire::Fault;

/// A receiver is ready.
#[must_use]
pub fn listening(
    lang: Lang,
    name: Option<&Name>,
    group: SocketAddrV4,
    interfaces: &[Interface],
) -> String {
    let on = row(interfaces);
    let who = name.map(|name| format!("{name}, ")).unwrap_or_default();
    say!(
        lang,
        "{who}listening to {group} on {on}",
        "{who}ouvindo {group} em {on}"
    )
}

/// How a receiver that farewells do not end can be ended.
#[must_use]
pub fn ends_by_signal(lang: Lang) -> String {
    say!(lang, "only Ctrl-C ends this", "só Ctrl-C encerra",)
}

/// How a receiver can be ended.
#[must_use]
pub fn ends_by_farewell(lang: Lang) -> String {
    say!(
        lang,
        "Ctrl-C ends this, and so does {FAREWELL} from anyone",
        "Ctrl-C encerra, e {FAREWELL} de qualquer pessoa também",
    )
}

/// A sender is ready.
#[must_use]
pub fn sending(lang: Lang, group: SocketAddrV4, interfaces: &[Interface]) -> String {
    let on = row(interfaces);
    say!(
        lang,
        "sending to {group} on {on}",
        "enviando para {group} em {on}"
    )
}

/// How a sender can be ended.
#[must_use]
pub fn sending_ends(lang: Lang) -> String {
    say!(
        lang,
        "{FAREWELL} ends the chat for everybody, Ctrl-D only for you",
        "{FAREWELL} encerra a conversa para todos, Ctrl-D só para você",
    )
}

/// Neither the user nor a route chose the interfaces.
#[must_use]
pub fn chosen_without_route(lang: Lang, group: SocketAddrV4, choice: &Choice) -> Option<String> {
    let on = row(&choice.interfaces);
    match choice.reason {
        Reason::Named | Reason::Routed => None,
        Reason::NoRoute => Some(say!(
            lang,
            "this machine has no route to {group}: using every interface that can multicast \
            ({on}); choose one with --interface",
            "esta máquina não tem rota para {group}: usando todas as interfaces capazes de \
            multicast ({on}); escolha uma com --interface",
        )),
        Reason::OnlyLoopback => Some(say!(
            lang,
            "this machine has no network but loopback ({on}): only programs on this machine take \
            part; connect a network and start again to reach others",
            "esta máquina não tem rede além do loopback ({on}): só programas desta máquina \
            participam; conecte uma rede e comece de novo para alcançar outras",
        )),
    }
}

/// Only interfaces that usually lead to virtual machines are there.
#[must_use]
pub fn only_inner(lang: Lang, interfaces: &[Interface]) -> String {
    let on = row(interfaces);
    say!(
        lang,
        "there is no other network: using {on}, which usually leads only to virtual machines or \
        containers; choose another with --interface",
        "não há outra rede: usando {on}, que em geral só leva a máquinas virtuais ou contêineres; \
        escolha outra com --interface",
    )
}

/// An interface that was named, or is all there is, is not set up for multicast.
#[must_use]
pub fn cannot_multicast(lang: Lang, interface: &Interface) -> String {
    let name = &interface.name;
    say!(
        lang,
        "{interface} is not set up for multicast; on Linux: ip link set {name} multicast on",
        "{interface} não está configurada para multicast; no Linux: ip link set {name} multicast \
        on",
    )
}

/// The port of the frames, and the interfaces that are not used: for a member that is alone.
#[must_use]
pub fn network_hint(lang: Lang, group: &str, left_out: &[Interface]) -> String {
    let names = row(left_out);
    if names.is_empty() {
        return say!(
            lang,
            "a firewall must let UDP to {group} pass",
            "um firewall precisa deixar passar UDP para {group}",
        );
    }
    say!(
        lang,
        "a firewall must let UDP to {group} pass; not used: {names} (--interface NAME uses one)",
        "um firewall precisa deixar passar UDP para {group}; fora de uso: {names} \
        (--interface NOME usa uma)",
    )
}

/// A member goes on without the plain wire.
#[must_use]
pub fn without_plain(lang: Lang, port: u16) -> String {
    say!(
        lang,
        "the chat goes on without UDP {port}: the course's programs (multicast send and receive) \
        neither hear it nor are heard here; `ss -ulnp` shows which program has the port",
        "a conversa segue sem UDP {port}: os programas da disciplina (multicast send e receive) \
        não a ouvem nem são ouvidos aqui; `ss -ulnp` mostra que programa ocupa a porta",
    )
}

/// The size of the receive buffer that the system granted.
#[must_use]
pub fn receive_buffer(lang: Lang, granted_bytes: usize, asked_bytes: usize) -> String {
    let (granted, asked) = (granted_bytes >> 10, asked_bytes >> 10);
    if granted_bytes >= asked_bytes {
        return say!(
            lang,
            "receive buffer: {granted} KiB",
            "buffer de recepção: {granted} KiB",
        );
    }
    let half = asked_bytes / 2;
    say!(
        lang,
        "receive buffer: {granted} KiB of {asked} KiB asked for; bursts may be lost (Linux: \
        sysctl net.core.rmem_max={half})",
        "buffer de recepção: {granted} KiB de {asked} KiB pedidos; rajadas podem se perder \
        (Linux: sysctl net.core.rmem_max={half})",
    )
}

/// Somebody said the farewell word.
#[must_use]
pub fn ended_by(lang: Lang, user: &str) -> String {
    say!(lang, "{user} ended the chat", "{user} encerrou a conversa")
}

/// Stands for this person, who has no name, before their own lines.
#[must_use]
pub fn me(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "(me)",
        Lang::Pt => "(eu)",
    }
}

/// A datagram was dropped. Counts the drops since the last such notice, including this one.
#[must_use]
pub fn dropped(lang: Lang, why: Fault, source: SocketAddr, since_last_notice: u64) -> String {
    let why = fault(lang, why);
    match since_last_notice {
        1 => say!(
            lang,
            "dropped a datagram from {source}: {why}",
            "datagrama de {source} descartado: {why}",
        ),
        n => say!(
            lang,
            "dropped {n} datagrams, the last from {source}: {why}",
            "{n} datagramas descartados, o último de {source}: {why}",
        ),
    }
}

/// A receiver's counts: messages, datagrams dropped for each reason, and datagrams that the kernel
/// dropped, if it says so.
#[must_use]
pub fn received(lang: Lang, messages: u64, dropped: &[(Fault, u64)], lost: Option<u64>) -> String {
    let total: u64 = dropped.iter().map(|(_, count)| count).sum();
    let reasons: Vec<String> = dropped
        .iter()
        .map(|(why, count)| format!("{} {count}", fault(lang, *why)))
        .collect();
    let reasons = match row(&reasons) {
        none if none.is_empty() => none,
        some => format!(" ({some})"),
    };
    let shown = counted(
        lang,
        messages,
        ["message", "messages"],
        ["mensagem", "mensagens"],
    );
    let lost = match lost {
        Some(lost) => {
            say!(
                lang,
                "; lost by this machine: {lost}",
                "; perdidos por esta máquina: {lost}",
            )
        }
        None => String::new(),
    };
    say!(
        lang,
        "{shown} shown; datagrams dropped: {total}{reasons}{lost}",
        "{shown} na tela; datagramas descartados: {total}{reasons}{lost}",
    )
}

/// A line could not be sent on any interface.
#[must_use]
pub fn not_sent(lang: Lang, line_number: u64) -> String {
    say!(
        lang,
        "line {line_number} was not sent",
        "a linha {line_number} não foi enviada"
    )
}

/// Further refusals of the same kind, which were not shown one by one.
#[must_use]
pub fn not_sent_in_all(lang: Lang, lines: u64) -> String {
    let lines = counted(lang, lines, ["line", "lines"], ["linha", "linhas"]);
    say!(
        lang,
        "not sent in total: {lines}",
        "não enviadas no total: {lines}",
    )
}

/// A typed line contained bytes that are not UTF-8.
#[must_use]
pub fn not_utf8(lang: Lang, line: Option<u64>) -> String {
    let line = this_line(lang, line);
    say!(
        lang,
        "{line} was not UTF-8: the invalid bytes are sent as \u{fffd}",
        "{line} não era UTF-8: os bytes inválidos vão como \u{fffd}",
    )
}

/// A typed line was too long and continues as another line.
#[must_use]
pub fn line_cut(lang: Lang, line: Option<u64>, limit_bytes: usize) -> String {
    let (line, limit) = (this_line(lang, line), limit_bytes >> 10);
    say!(
        lang,
        "{line} is longer than {limit} KiB: it is sent as several lines",
        "{line} tem mais de {limit} KiB: vai como várias linhas",
    )
}

/// A typed line was too long, and is nothing that may be sent as several lines.
#[must_use]
pub fn command_cut(lang: Lang, line: Option<u64>, limit_bytes: usize) -> String {
    let (line, limit) = (this_line(lang, line), limit_bytes >> 10);
    say!(
        lang,
        "not sent: {line} is longer than {limit} KiB, and only a text for everybody may be that \
        long",
        "não enviada: {line} tem mais de {limit} KiB, e só um texto para todos pode ser tão longo",
    )
}

/// A line of the input, by its number where lines are counted.
fn this_line(lang: Lang, number: Option<u64>) -> String {
    match number {
        Some(number) => say!(lang, "line {number}", "a linha {number}"),
        None => say!(lang, "this line", "esta linha"),
    }
}

/// Stands for a sender whose name is `null`.
#[must_use]
pub fn anonymous(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "(anonymous)",
        Lang::Pt => "(anônimo)",
    }
}

/// A number with its noun: `1 line`, `2 lines`.
fn counted(lang: Lang, count: u64, en: [&str; 2], pt: [&str; 2]) -> String {
    let [one, many] = match lang {
        Lang::En => en,
        Lang::Pt => pt,
    };
    format!("{count} {}", if count == 1 { one } else { many })
}
