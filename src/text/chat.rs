//! The sentences of `chat`.

use super::{Lang, row, say};
use crate::chat::event::Interface;
use crate::protocol::message::FAREWELL;

/// The input object of a program, as it is shown in help.
const SAYING: &str = r#"{"say": "…"}"#;

/// A member in the lobby is ready; `leaves` is how it ends.
#[must_use]
pub fn in_lobby(lang: Lang, name: &str, interfaces: &[Interface], leaves: &str) -> String {
    let on = on(lang, interfaces);
    say!(
        lang,
        "you are {name}, in the lobby, {on}; {leaves}",
        "você é {name}, no saguão, {on}; {leaves}",
    )
}

/// How somebody leaves, and finds out more if what is typed is read.
#[must_use]
pub fn leaves(lang: Lang, is_read: bool) -> String {
    if !is_read {
        return say!(lang, "Ctrl-C leaves", "Ctrl-C sai");
    }
    say!(
        lang,
        "/help lists the commands, {FAREWELL} leaves",
        "/ajuda lista os comandos; para sair, digite {FAREWELL}",
    )
}

/// A member in a named room is ready; `leaves` is how it ends.
#[must_use]
pub fn in_room(
    lang: Lang,
    name: &str,
    room: &str,
    interfaces: &[Interface],
    leaves: &str,
) -> String {
    let on = on(lang, interfaces);
    say!(
        lang,
        "you are {name}, in the room {room}, {on}; {leaves}",
        "você é {name}, na sala {room}, {on}; {leaves}",
    )
}

/// Where a member is.
fn on(lang: Lang, interfaces: &[Interface]) -> String {
    if interfaces.is_empty() {
        return say!(lang, "on no network yet", "ainda sem rede");
    }
    let interfaces = row(interfaces);
    say!(lang, "on {interfaces}", "em {interfaces}")
}

/// The room has no key.
#[must_use]
pub fn room_is_public(lang: Lang, room: &str) -> String {
    say!(
        lang,
        "the room {room} is public: anyone on this network who knows its name can enter",
        "a sala {room} é pública: qualquer pessoa desta rede que saiba o nome dela pode entrar",
    )
}

/// Only people with the room's key are in it.
#[must_use]
pub fn room_is_keyed(lang: Lang, room: &str) -> String {
    say!(
        lang,
        "only people with the key of {room} can read and write here",
        "só quem tem a chave de {room} lê e escreve aqui",
    )
}

/// No network interface can be used now.
#[must_use]
pub fn no_network(lang: Lang) -> String {
    say!(
        lang,
        "there is no network to use yet: connect the cable or the Wi-Fi, or start again with \
        another --interface; the chat goes on as soon as there is one",
        "ainda não há rede para usar: conecte o cabo ou o Wi-Fi, ou entre de novo com outra \
        --interface; a conversa continua assim que houver uma",
    )
}

/// From now on, this interface is used too.
#[must_use]
pub fn interface_joined(lang: Lang, interface: &Interface) -> String {
    say!(
        lang,
        "now also on {interface}",
        "agora também em {interface}"
    )
}

/// An interface is no longer there.
#[must_use]
pub fn interface_lost(lang: Lang, name: &str) -> String {
    say!(lang, "{name} is gone", "{name} caiu")
}

/// The machine slept and has woken up.
#[must_use]
pub fn woke_up(lang: Lang) -> String {
    say!(
        lang,
        "this machine slept; looking for the others again",
        "esta máquina ficou suspensa; procurando os outros de novo",
    )
}

/// The identity cannot be stored and lasts for this session only.
#[must_use]
pub fn identity_is_passing(lang: Lang, cause: &str) -> String {
    say!(
        lang,
        "your identity cannot be saved ({cause}): it lasts only until you leave",
        "a sua identidade não pode ser salva ({cause}): ela só dura até você sair",
    )
}

/// Nobody else has appeared after a while, though this member hears itself: what to
/// check.
#[must_use]
pub fn alone(lang: Lang, interfaces: &[Interface]) -> String {
    let on = row(interfaces);
    say!(
        lang,
        "nobody else is here yet. This machine hears what it sends on {on}, so it is in order. \
        Check that the others are on the same network and in the same room, that no firewall \
        blocks UDP, and that the Wi-Fi lets its clients reach each other. To use another network: \
        --interface",
        "ainda não há mais ninguém aqui. Esta máquina ouve o que ela mesma envia por {on}, então \
        está em ordem. Confira se os outros estão na mesma rede e na mesma sala, se nenhum \
        firewall bloqueia UDP e se o Wi-Fi deixa os aparelhos falarem entre si. Para usar outra \
        rede: --interface",
    )
}

/// Nobody else has appeared after a while, and this member does not hear itself either.
#[must_use]
pub fn alone_and_unheard(lang: Lang, interfaces: &[Interface]) -> String {
    let on = row(interfaces);
    say!(
        lang,
        "nobody else is here yet, and this machine does not even hear itself on {on}: a firewall \
        here may block UDP, or another network may be the right one (--interface)",
        "ainda não há mais ninguém aqui, e esta máquina não ouve nem a si mesma em {on}: um \
        firewall daqui pode bloquear UDP, ou a rede certa pode ser outra (--interface)",
    )
}

/// A person entered.
#[must_use]
pub fn entered(lang: Lang, who: &str) -> String {
    say!(lang, "{who} entered", "{who} entrou")
}

/// A person was here before us.
#[must_use]
pub fn is_here(lang: Lang, who: &str) -> String {
    say!(lang, "{who} is here", "{who} está aqui")
}

/// A person said farewell.
#[must_use]
pub fn member_left(lang: Lang, who: &str) -> String {
    say!(lang, "{who} left", "{who} saiu")
}

/// A person is gone without a farewell.
#[must_use]
pub fn member_gone(lang: Lang, who: &str) -> String {
    say!(lang, "{who} is gone", "{who} sumiu")
}

/// A person has stopped answering.
#[must_use]
pub fn silent(lang: Lang, who: &str) -> String {
    say!(lang, "{who} is not answering", "{who} não responde")
}

/// A person's machine receives too slowly for the sender to wait.
#[must_use]
pub fn slow(lang: Lang, who: &str) -> String {
    say!(
        lang,
        "{who}'s machine is slow: it gets the rest of your messages later, when it asks for them",
        "a máquina de {who} está lenta: ela recebe o resto das suas mensagens mais tarde, quando \
        pedir",
    )
}

/// A person answers again.
#[must_use]
pub fn back(lang: Lang, who: &str) -> String {
    say!(lang, "{who} answers again", "{who} voltou a responder")
}

/// A gap: a message has not arrived, and later ones are shown without it.
#[must_use]
pub fn gap(lang: Lang, who: &str) -> String {
    say!(
        lang,
        "a message from {who} has not arrived yet; the later ones are shown now",
        "uma mensagem de {who} ainda não chegou; as seguintes aparecem agora",
    )
}

/// Some members have not received everything that we said.
#[must_use]
pub fn waiting_for(lang: Lang, by: usize, of: usize, waiting: &[String]) -> String {
    let waiting = row(waiting);
    say!(
        lang,
        "delivered {by}/{of}, waiting for {waiting}",
        "entregue a {by} de {of}, falta {waiting}",
    )
}

/// All members have received what we said.
#[must_use]
pub fn delivered(lang: Lang, by: usize, of: usize) -> String {
    say!(lang, "delivered {by}/{of}", "entregue a {by} de {of}",)
}

/// Another person uses a known name.
#[must_use]
pub fn namesake(lang: Lang, name: &str, who: &str) -> String {
    say!(
        lang,
        "WARNING: this is not the {name} you know: somebody else uses that name, or one that \
        looks like it, and appears as {who}",
        "ATENÇÃO: este não é o {name} que você conhece: outra pessoa usa esse nome, ou um \
        parecido, e aparece como {who}",
    )
}

/// Somebody else was here under this person's name.
#[must_use]
pub fn name_taken(lang: Lang, name: &str, shown: &str) -> String {
    say!(
        lang,
        "{name} is taken here: you appear as {shown}; choose another name with /nick or --name",
        "o nome {name} já está em uso aqui: você aparece como {shown}; escolha outro com /apelido \
        ou --name",
    )
}

/// A member sent two different frames with the same sequence number.
#[must_use]
pub fn equivocation(lang: Lang, who: &str) -> String {
    say!(
        lang,
        "{who} sent two different messages with the same number; only the first counts",
        "{who} enviou duas mensagens diferentes com o mesmo número; só a primeira vale",
    )
}

/// Some lines were not copied to the plain wire, because it is slower than the room.
#[must_use]
pub fn unmirrored(lang: Lang, lines: usize) -> String {
    match lines {
        1 => say!(
            lang,
            "1 line came too fast for the course's programs (multicast receive), which did not \
            get it",
            "1 linha veio rápido demais para os programas da disciplina (multicast receive), que \
            não a receberam",
        ),
        n => say!(
            lang,
            "{n} lines came too fast for the course's programs (multicast receive), which did not \
            get them",
            "{n} linhas vieram rápido demais para os programas da disciplina (multicast receive), \
            que não as receberam",
        ),
    }
}

/// The members of the room.
#[must_use]
pub fn who_is_here(lang: Lang, me: &str, others: &[String]) -> String {
    match others {
        [] => say!(lang, "only {me} (you)", "só {me} (você)"),
        others => {
            let others = row(others);
            say!(lang, "{me} (you), {others}", "{me} (você), {others}")
        }
    }
}

/// A member in that list who does not answer.
#[must_use]
pub fn not_answering(lang: Lang, who: &str) -> String {
    say!(lang, "{who} (not answering)", "{who} (não responde)")
}

/// The typed command does not exist.
#[must_use]
pub fn unknown_command(lang: Lang, command: &str, meant: Option<&str>) -> String {
    let rest = command.trim_start_matches('/');
    match meant {
        Some(meant) => say!(
            lang,
            "Unknown command {command} (did you mean {meant}?). To send it as text: //{rest}",
            "Comando desconhecido: {command} (você quis dizer {meant}?). Para enviar como texto: \
            //{rest}",
        ),
        None => say!(
            lang,
            "Unknown command {command}; /help lists them. To send it as text: //{rest}",
            "Comando desconhecido: {command}; /ajuda mostra todos. Para enviar como texto: \
            //{rest}",
        ),
    }
}

/// The typed number of messages is invalid.
#[must_use]
pub fn no_count(lang: Lang, given: &str) -> String {
    say!(
        lang,
        "'{given}' is not valid: use a number of messages or a time: /history 50, /history 2h",
        "'{given}' não é válido: use um número de mensagens ou uma hora: /history 50, /history 2h",
    )
}

/// The input line begins like JSON, but is not the object that is expected.
#[must_use]
pub fn not_say(lang: Lang) -> String {
    say!(
        lang,
        "not sent: this line begins like JSON, but is not {SAYING}",
        "não enviada: esta linha começa como JSON, mas não é {SAYING}",
    )
}

/// Asks whether to send a paste of several lines as one message.
#[must_use]
pub fn paste_question(lang: Lang, lines: usize) -> String {
    say!(
        lang,
        "send {lines} lines as one message? [y/N] ",
        "enviar {lines} linhas como uma mensagem? [s/N] "
    )
}

/// Whether an answer means yes, in either language.
#[must_use]
pub fn is_yes(answer: &str) -> bool {
    ["y", "yes", "s", "sim"].contains(&answer.trim().to_lowercase().as_str())
}

/// The user left before everything was delivered.
#[must_use]
pub fn left_undelivered(lang: Lang, waiting: &[String]) -> String {
    let waiting = row(waiting);
    say!(
        lang,
        "you left before {waiting} had received everything; the others can still pass it on",
        "você saiu antes de {waiting} receber tudo; os outros ainda podem repassar",
    )
}

/// Messages did not leave this machine before the end.
#[must_use]
pub fn left_unsent(lang: Lang, messages: usize) -> String {
    match messages {
        1 => say!(
            lang,
            "1 message was not sent before the end",
            "1 mensagem não foi enviada antes do fim",
        ),
        n => say!(
            lang,
            "{n} messages were not sent before the end",
            "{n} mensagens não foram enviadas antes do fim",
        ),
    }
}

/// Nobody was there to receive what was said.
#[must_use]
pub fn nobody_received(lang: Lang) -> String {
    say!(
        lang,
        "nobody received what you said: nobody else is in this room; --wait-for 1 waits for \
        somebody",
        "ninguém recebeu o que você disse: não há mais ninguém nesta sala; --wait-for 1 espera por \
        alguém",
    )
}

/// Fewer people than wished received what was said.
#[must_use]
pub fn too_few_received(lang: Lang, persons: usize, wanted: usize) -> String {
    say!(
        lang,
        "only {persons} of {wanted} people received what you said",
        "só {persons} de {wanted} pessoas receberam o que você disse",
    )
}
