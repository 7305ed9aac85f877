//! The sentences of errors: the act, the object, the cause, and what to try.

mod cause;

use std::io::{self, ErrorKind};

use self::cause::{Cause, classify};
use super::room::room_fault;
use super::{Lang, row, say};
use crate::error::{Error, StoreError, Usage};
use crate::net::group::{GroupOperation, Refusal};
use crate::net::interfaces::ChoiceError;
use crate::net::tcp::CallError;
use crate::protocol::encoding::TextFault;
use crate::protocol::message::clean;
use crate::protocol::wire::Fault;

/// An error as one line.
#[must_use]
pub fn error(lang: Lang, error: &Error) -> String {
    match error {
        Error::Usage(wrong) => usage(lang, wrong),
        Error::Config(error) => super::config::config_error(lang, error),
        Error::Interfaces(error) => choice(lang, error),
        Error::Group {
            group,
            refusal: refused,
        } => refusal(lang, group, refused),
        Error::Listen { address, cause } => listen(lang, address, cause),
        Error::Call { address, cause } => call(lang, address, cause),
        Error::Identity(why) => {
            let why = cause(lang, why);
            say!(
                lang,
                "cannot create your identity: {why}",
                "não foi possível criar a sua identidade: {why}",
            )
        }
        Error::Connection(why) => {
            let why = cause(lang, why);
            say!(
                lang,
                "cannot serve the connection: {why}",
                "não foi possível atender a conexão: {why}",
            )
        }
        Error::Input(why) => {
            let why = cause(lang, why);
            say!(
                lang,
                "cannot read the input: {why}",
                "não foi possível ler a entrada: {why}"
            )
        }
        Error::Output(why) => {
            let why = cause(lang, why);
            say!(
                lang,
                "cannot write the output: {why}",
                "não foi possível escrever a saída: {why}",
            )
        }
        Error::Signals(why) => {
            let why = cause(lang, why);
            say!(
                lang,
                "cannot receive Ctrl-C and other signals: {why}",
                "não foi possível receber o Ctrl-C e outros sinais: {why}",
            )
        }
        Error::Room(fault) => room_fault(lang, fault),
        Error::History { path, fault } => super::history::history_failed(lang, path, fault),
        Error::Store(error) => store(lang, error),
    }
}

fn store(lang: Lang, error: &StoreError) -> String {
    match error {
        StoreError::Secret { path, cause: why } if why.kind() == ErrorKind::TimedOut => {
            let path = path.display();
            say!(
                lang,
                "the secret file {path} delivers nothing: is it a pipe that nobody writes to?",
                "o arquivo de segredo {path} não entrega nada: é um pipe em que ninguém escreve?",
            )
        }
        StoreError::Secret { path, cause: why } => {
            let (path, why) = (path.display(), cause(lang, why));
            say!(
                lang,
                "cannot read the secret file {path}: {why}",
                "não foi possível ler o arquivo de segredo {path}: {why}",
            )
        }
        StoreError::WriteFile { path, cause: why } if why.kind() == ErrorKind::AlreadyExists => {
            let path = path.display();
            say!(
                lang,
                "{path} exists already and stays as it is: choose another file",
                "{path} já existe e fica como está: escolha outro arquivo",
            )
        }
        StoreError::WriteFile { path, cause: why } => {
            let (path, why) = (path.display(), cause(lang, why));
            say!(
                lang,
                "cannot write {path}: {why}",
                "não foi possível escrever {path}: {why}",
            )
        }
        StoreError::ReadFile { path, cause: why } => {
            let (path, why) = (path.display(), cause(lang, why));
            say!(
                lang,
                "cannot read {path}: {why}",
                "não foi possível ler {path}: {why}",
            )
        }
        StoreError::Questions { path, fault } => {
            let (path, why) = (path.display(), super::lab::bank_fault(lang, fault));
            say!(
                lang,
                "cannot import questions from {path}: {why}",
                "não foi possível importar as questões de {path}: {why}",
            )
        }
        StoreError::Database { name, why } => {
            let (name, why) = (clean(name), clean(why));
            say!(
                lang,
                "cannot use the database {name}: {why}; choose another with --database",
                "não foi possível usar o banco de dados {name}: {why}; escolha outro com \
                --database",
            )
        }
    }
}

fn usage(lang: Lang, wrong: &Usage) -> String {
    match wrong {
        Usage::Group(given) => say!(
            lang,
            "'{given}' is not a multicast group: --group expects an IPv4 address from 224.0.0.0 \
            to 239.255.255.255",
            "'{given}' não é um grupo multicast: em --group, use um endereço IPv4 de 224.0.0.0 a \
            239.255.255.255",
        ),
        Usage::Port(given) => say!(
            lang,
            "'{given}' is not valid for --port: expected a number from 1 to 65535",
            "'{given}' não é válido para --port: use um número de 1 a 65535",
        ),
        Usage::Ttl(given) => say!(
            lang,
            "'{given}' is not valid for --ttl: expected a number from 0 (this machine only) to \
            255",
            "'{given}' não é válido para --ttl: use um número de 0 (só esta máquina) a 255",
        ),
        Usage::Listen(given) => say!(
            lang,
            "'{given}' is not valid for --listen: expected PORT, ADDRESS:PORT or *:PORT (all \
            interfaces); port 0 picks a free one",
            "'{given}' não é válido para --listen: use PORTA, ENDEREÇO:PORTA ou *:PORTA (todas as \
            interfaces); a porta 0 escolhe uma livre",
        ),
        Usage::Connect(given) => say!(
            lang,
            "'{given}' is not valid for --connect: expected HOST or HOST:PORT, such as \
            192.168.0.7:12345",
            "'{given}' não é válido para --connect: use HOST ou HOST:PORTA, como \
            192.168.0.7:12345",
        ),
        Usage::Hub(given) => say!(
            lang,
            "'{given}' is not the address of a hub: expected HOST or HOST:PORT, such as \
            192.168.0.7:1234",
            "'{given}' não é o endereço de um hub: use HOST ou HOST:PORTA, como 192.168.0.7:1234",
        ),
        Usage::Room(given, why) => super::name::room_refused(lang, given, *why),
        Usage::Name(given, why) => super::name::name_refused(lang, given, *why),
        Usage::OddName(given, odd) => super::name::name_is_odd(lang, given, *odd),
        Usage::PublicBridge(room) => super::public_is_not_carried(lang, room),
        Usage::NoNats => super::no_nats(lang),
        Usage::SecretInUrl(server) => super::secret_in_url(lang, server),
        Usage::Guests(given) => say!(
            lang,
            "'{given}' is not valid for --guests: expected a port, or an address of this machine \
            with one, as 192.168.0.7:5090",
            "'{given}' não é válido para --guests: use uma porta, ou um endereço desta máquina com \
            uma, como 192.168.0.7:5090",
        ),
        Usage::Number {
            typed,
            least,
            most,
            option,
        } => say!(
            lang,
            "'{typed}' is not valid for {option}: expected a number from {least} to {most}",
            "'{typed}' não é válido para {option}: use um número de {least} a {most}",
        ),
        Usage::Bytes { typed, option } => super::history::no_size(lang, typed, option),
        Usage::Files(wrong) => super::files::files_misused(lang, wrong),
        Usage::History(wrong) => super::history::history_misused(lang, wrong),
        Usage::Lab(wrong) => super::lab::usage_fault(lang, wrong),
    }
}

fn choice(lang: Lang, error: &ChoiceError) -> String {
    match error {
        ChoiceError::Unknown { asked, have } => {
            let have = row(have);
            say!(
                lang,
                "this machine has no network interface with the name or address '{asked}'; \
                choose one of {have}",
                "esta máquina não tem interface de rede com o nome ou o endereço '{asked}'; \
                escolha uma destas: {have}",
            )
        }
        ChoiceError::List(why) => {
            let why = cause(lang, why);
            say!(
                lang,
                "cannot list the network interfaces: {why}",
                "não foi possível listar as interfaces de rede: {why}",
            )
        }
        ChoiceError::None => say!(
            lang,
            "no network interface is up, not even loopback; try: ip link set lo up",
            "nenhuma interface de rede está ativa, nem o loopback; tente: ip link set lo up",
        ),
    }
}

fn listen(lang: Lang, address: &str, why: &io::Error) -> String {
    let cure = match classify(why) {
        Cause::PortTaken => say!(
            lang,
            "; end that program, choose another port, or let --listen :0 pick one",
            "; encerre esse programa, escolha outra porta, ou deixe --listen :0 escolher",
        ),
        Cause::Firewall => say!(
            lang,
            "; ports below 1024 belong to the administrator: choose a higher one",
            "; portas abaixo de 1024 são do administrador: escolha uma maior",
        ),
        Cause::DeviceGone => {
            return say!(
                lang,
                "cannot listen on {address}: this machine does not have that address; leave it \
                off to listen on all",
                "não foi possível escutar em {address}: esta máquina não tem esse endereço; tire-o \
                para escutar em todos",
            );
        }
        _ => String::new(),
    };
    let why = cause(lang, why);
    say!(
        lang,
        "cannot listen on {address}: {why}{cure}",
        "não foi possível escutar em {address}: {why}{cure}",
    )
}

fn call(lang: Lang, address: &str, why: &CallError) -> String {
    let why = match why {
        CallError::UnknownHost(_) => say!(
            lang,
            "no machine has this name; check the spelling, or use its address",
            "nenhuma máquina tem esse nome; confira como está escrito, ou use o endereço",
        ),
        CallError::Refused => say!(
            lang,
            "no program is listening there; start the other side first, or add --wait 60",
            "nenhum programa está escutando lá; inicie o outro lado antes, ou use --wait 60",
        ),
        CallError::Unreachable(_) => say!(
            lang,
            "that network cannot be reached; check the cable or the Wi-Fi, and the address",
            "não há caminho até essa rede; confira o cabo ou o Wi-Fi, e o endereço",
        ),
        CallError::Scope { have } => {
            let have = row(have);
            say!(
                lang,
                "an fe80:: address needs the interface that leads there, as in \
                [fe80::1%eth0]:12345; here: {have}",
                "um endereço fe80:: precisa da interface que leva até lá, como em \
                [fe80::1%eth0]:12345; aqui: {have}",
            )
        }
        CallError::TimedOut => say!(
            lang,
            "no answer; check the address, and whether a firewall there blocks the port",
            "sem resposta; confira o endereço, e se um firewall de lá bloqueia a porta",
        ),
        CallError::Other(why) => cause(lang, why),
    };
    say!(
        lang,
        "cannot connect to {address}: {why}",
        "não foi possível conectar a {address}: {why}",
    )
}

/// A peer is gone without a farewell, and for what reason.
#[must_use]
pub fn lost(lang: Lang, who: &str, why: &io::Error) -> String {
    let why = match why.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
            say!(lang, "it closed the connection", "encerrou a conexão")
        }
        ErrorKind::TimedOut => say!(
            lang,
            "no sign of life; check the cable or the Wi-Fi on both sides",
            "sem sinal de vida; confira o cabo ou o Wi-Fi dos dois lados",
        ),
        _ => cause(lang, why),
    };
    say!(lang, "{who} is gone: {why}", "{who} sumiu: {why}")
}

/// What the system refused about a group, as one line.
#[must_use]
pub fn refusal(lang: Lang, group: &str, refused: &Refusal) -> String {
    let on = match &refused.interface {
        Some(name) => say!(lang, " on {name}", " em {name}"),
        None => String::new(),
    };
    let why = cause(lang, &refused.cause);
    let cure = cure(lang, refused)
        .map(|cure| format!("; {cure}"))
        .unwrap_or_default();
    match refused.act {
        GroupOperation::Open => say!(
            lang,
            "cannot open a socket for {group}{on}: {why}{cure}",
            "não foi possível abrir um socket para {group}{on}: {why}{cure}",
        ),
        GroupOperation::Bind => say!(
            lang,
            "cannot take the port of {group}{on}: {why}{cure}",
            "não foi possível usar a porta de {group}{on}: {why}{cure}",
        ),
        GroupOperation::Join => say!(
            lang,
            "cannot join {group}{on}: {why}{cure}",
            "não foi possível entrar em {group}{on}: {why}{cure}",
        ),
        GroupOperation::Send => say!(
            lang,
            "cannot send to {group}{on}: {why}{cure}",
            "não foi possível enviar para {group}{on}: {why}{cure}",
        ),
        GroupOperation::Receive => say!(
            lang,
            "cannot receive from {group}{on}: {why}{cure}",
            "não foi possível receber de {group}{on}: {why}{cure}",
        ),
        GroupOperation::Files => say!(
            lang,
            "files can be neither given nor taken here, until roda is started again: the group of \
            files has no socket: {why}{cure}",
            "arquivos não podem ser dados nem baixados aqui, até que o roda comece de novo: o \
            grupo dos arquivos não tem socket: {why}{cure}",
        ),
    }
}

/// The cause, in the reader's language where we have words for it.
#[must_use]
pub fn cause(lang: Lang, error: &io::Error) -> String {
    if let Some(fault) = error.get_ref().and_then(|fault| fault.downcast_ref()) {
        return text_fault(lang, *fault);
    }
    match classify(error) {
        Cause::NoRoute => say!(
            lang,
            "this machine has no route to that network",
            "esta máquina não tem rota para essa rede",
        ),
        Cause::DeviceGone => say!(
            lang,
            "the interface is down, gone, or without an address",
            "a interface está inativa, sumiu ou não tem endereço",
        ),
        Cause::Firewall => say!(
            lang,
            "the system does not allow it",
            "o sistema não permite"
        ),
        Cause::QueueFull => say!(
            lang,
            "the system's queue is full",
            "a fila do sistema está cheia",
        ),
        Cause::PortTaken => say!(
            lang,
            "another program is using this port",
            "outro programa está usando esta porta",
        ),
        Cause::DiskFull => say!(lang, "the disk is full", "o disco está cheio"),
        Cause::Other if error.kind() == ErrorKind::NotFound => {
            say!(lang, "no such file", "arquivo não encontrado",)
        }
        Cause::Other if error.kind() == ErrorKind::IsADirectory => say!(
            lang,
            "it is a folder, not a file",
            "é uma pasta, não um arquivo",
        ),
        Cause::Other if error.kind() == ErrorKind::NotADirectory => say!(
            lang,
            "a part of this path is a file, not a folder",
            "uma parte deste caminho é um arquivo, não uma pasta",
        ),
        Cause::Other => error.to_string(),
    }
}

/// Why bytes are not the text that is expected.
fn text_fault(lang: Lang, fault: TextFault) -> String {
    match fault {
        TextFault::Utf16 => say!(
            lang,
            "it is UTF-16; save it as UTF-8",
            "está em UTF-16; salve como UTF-8",
        ),
        TextFault::NotUtf8 => say!(
            lang,
            "it is not UTF-8 text; save it as UTF-8",
            "não é texto UTF-8; salve como UTF-8",
        ),
        TextFault::TooLong { bytes_max } => say!(
            lang,
            "it is longer than {bytes_max} bytes",
            "tem mais de {bytes_max} bytes",
        ),
        TextFault::Empty => say!(lang, "it is empty", "está vazio"),
    }
}

/// What to try, if there is anything.
fn cure(lang: Lang, refused: &Refusal) -> Option<String> {
    Some(match (classify(&refused.cause), refused.act) {
        (Cause::NoRoute | Cause::DeviceGone, _) => say!(
            lang,
            "check the cable or the Wi-Fi, or name another with --interface",
            "confira o cabo ou o Wi-Fi, ou escolha outra com --interface",
        ),
        (Cause::Firewall, GroupOperation::Bind) => say!(
            lang,
            "ports below 1024 belong to the administrator: choose another with --port",
            "portas abaixo de 1024 são do administrador: escolha outra com --port",
        ),
        (Cause::Firewall, _) => say!(
            lang,
            "allow UDP in this machine's firewall",
            "libere UDP no firewall desta máquina",
        ),
        (Cause::QueueFull, GroupOperation::Join) => say!(
            lang,
            "this machine has joined as many groups as the system allows: leave one, or raise \
            net.ipv4.igmp_max_memberships",
            "esta máquina já está em tantos grupos quanto o sistema permite: saia de um, ou \
            aumente net.ipv4.igmp_max_memberships",
        ),
        (Cause::QueueFull, _) => say!(
            lang,
            "send more slowly, for example with --rate 1000",
            "envie mais devagar, por exemplo com --rate 1000",
        ),
        (Cause::PortTaken, _) => say!(
            lang,
            "end that program or choose another with --port",
            "encerre esse programa ou escolha outra com --port",
        ),
        (Cause::DiskFull | Cause::Other, _) => return None,
    })
}

/// Why a datagram was dropped.
#[must_use]
pub fn fault(lang: Lang, fault: Fault) -> String {
    match fault {
        Fault::NotUtf8 => say!(lang, "not UTF-8", "não é UTF-8"),
        Fault::NotJson => say!(lang, "not JSON", "não é JSON"),
        Fault::NotObject => say!(lang, "not a JSON object", "não é um objeto JSON"),
        Fault::KeyMissing => say!(lang, "user or data missing", "falta user ou data"),
        Fault::TooDeep => say!(lang, "nested too deeply", "aninhado demais"),
    }
}
